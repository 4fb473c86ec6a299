import IKEDaemon
import IPsec
import Negotiation

/// Stands where no IKE version is built in: every wish fails with a reason, every datagram is dropped.
struct AbsentEndpoint: NegotiatingEndpoint {
    var nextDeadline: Instant? { nil }

    mutating func handle(_ event: Event, now: Instant) -> [Effect] {
        guard case .initiate(let request) = event else { return [] }
        let subject = ReportSubject(tunnel: request.tunnel, peer: request.peer, path: request.path)
        return [
            .report(Report(.error, .negotiationFailed, subject, "no IKE version is built into this program"))
        ]
    }

    func status() -> EndpointStatus { EndpointStatus() }
}
