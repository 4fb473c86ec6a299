package import IPsec
package import Negotiation

/// The machine of one IKE version: told of events and the time, it answers with what is to be done.
package protocol NegotiatingEndpoint {
    mutating func handle(_ event: Event, now: Instant) -> [Effect]
    /// When `Event.deadline` is due.
    var nextDeadline: Instant? { get }
    func status() -> EndpointStatus
    func keys() -> EndpointKeys
    /// How far this version has got with a peer that a request is to.
    func acquaintance(for request: ChildRequest) -> Acquaintance
}
