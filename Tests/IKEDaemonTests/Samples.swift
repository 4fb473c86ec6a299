import Algorithms
import Calendar
import ControlProtocol
import IPsec
import KeyMaterial
import Negotiation
import Synchronization
import TestSupport

@testable import IKEDaemon

/// Values that several tests start from.
enum Samples {
    static let local = IPAddress(family: .ipv4, value: 0xc000_0201)
    static let remote = IPAddress(family: .ipv4, value: 0xc000_0202)
    static let path = Path(local: Endpoint(local, port: 500), remote: Endpoint(remote, port: 500))

    static func prefix(_ text: String) throws -> TrafficSelector {
        struct NotAPrefix: Error {}
        guard let prefix = IPPrefix(text) else { throw NotAPrefix() }
        return TrafficSelector(prefix)
    }

    static func tunnel(_ name: String = "hq", _ start: StartMode = .up, requestID: UInt32 = 1) -> Tunnel {
        Tunnel(
            name: name, peer: "gateway", remoteAddress: remote, local: try? prefix("10.1.0.0/24"),
            remote: try? prefix("10.2.0.0/24"), mode: .tunnel, start: start, requestID: requestID)
    }

    static func report(
        _ kind: ReportKind, level: ReportLevel = .info, tunnel: String? = "hq", ikeSA: UInt64? = nil,
        _ sentence: String = "because", details: [String] = [], failure: NegotiationFailure? = nil
    ) -> Report {
        Report(
            level, kind, ReportSubject(tunnel: tunnel, peer: "gateway", path: path, ikeSA: ikeSA), sentence,
            details: details, failure: failure)
    }

    static func moment(_ seconds: Int64) -> Moment {
        Moment(
            instant: Instant(nanoseconds: seconds * 1_000_000_000),
            wall: Timestamp(seconds: 1_000_000 + seconds))
    }

    static func log(_ lines: LogLines = LogLines()) -> Log {
        Log(
            threshold: .debug, clock: { moment(0).instant }, sink: { for line in $0 { lines.add(line.text) } }
        )
    }

    static func association(spi: UInt32) -> SecurityAssociation {
        let key = SecretKey(copying: [UInt8](repeating: 1, count: 16))
        return SecurityAssociation(
            id: SecurityAssociationID(destination: local, protocol: .esp, spi: SPI(spi)), source: remote,
            direction: .inbound, mode: .tunnel, requestID: 1,
            transform: ESPTransform(
                encryption: CipherChoice(.null), encryptionKey: key, integrity: nil, integrityKey: nil))
    }
}

/// Lines of a log, for looking at.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func add(_ line: String) {
        lines.withLock { $0.append(line) }
    }
}

extension Samples {
    /// Gives no addresses, and does nothing on the host.
    static func inner(
        _ plane: any DataPlane, scripts: PeerScripts = PeerScripts { _ in }
    ) -> InnerNetwork {
        InnerNetwork(
            leases: LeaseKeeper(
                storage: LeaseStorage(
                    read: { _ in .success([]) }, append: { _, _ in nil }, replace: { _, _ in nil }),
                log: log()), policies: BroughtPolicies(dataPlane: plane, log: log()),
            host: HostAddressing(
                add: { _ in nil }, remove: { _ in nil }, route: { _, _, _ in nil }, unroute: { _, _ in nil }),
            scripts: scripts, log: log())
    }

    /// Holds no keys, and believes nobody.
    static let signatures = SignatureAnswering(
        sign: { .failure(CredentialFailure("no key for \($0.peer)")) },
        verify: { $1(.failure(CredentialFailure("\($0.peer) is not believed"))) })
}
