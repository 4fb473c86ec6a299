/// Why a database did not do what it was asked.
package struct DatabaseFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// An SA with that SPI, or a policy with that selector, is there already.
        case alreadyExists
        /// There is no such SA or policy.
        case notFound
        /// The algorithm, mode or protocol is not available.
        case unsupported
        /// We lack the privilege.
        case notPermitted
        /// Anything else.
        case other
    }

    package var kind: Kind
    /// A sentence for the person at the terminal: what failed, what was found, what to do.
    package var explanation: String

    package init(_ kind: Kind, _ explanation: String) {
        self.kind = kind
        self.explanation = explanation
    }

    package var description: String { explanation }
}

/// The answer to a database request; called once, on a thread of the database's.
package typealias DatabaseCompletion<Value> = @Sendable (Result<Value, DatabaseFailure>) -> Void

/// A security association database (RFC 4301 section 4.4.2), the kernel's or ours.
///
/// Requests never block the caller; they are carried out in the order they were made.
package protocol SecurityAssociationDatabase: Sendable {
    func add(_ association: SecurityAssociation, completion: @escaping DatabaseCompletion<Void>)
    /// Changes the ports of an SA's UDP encapsulation after the peer's NAT mapping moved.
    func updateEncapsulation(
        of association: SecurityAssociation, to encapsulation: UDPEncapsulation,
        completion: @escaping DatabaseCompletion<Void>)
    func delete(_ id: SecurityAssociationID, completion: @escaping DatabaseCompletion<Void>)
    func usage(
        of id: SecurityAssociationID, completion: @escaping DatabaseCompletion<SecurityAssociationUsage>)
}

/// A security policy database (RFC 4301 section 4.4.1), the kernel's or ours.
package protocol SecurityPolicyDatabase: Sendable {
    /// Adds a policy, or replaces the one with the same selector and direction.
    func set(_ policy: SecurityPolicy, completion: @escaping DatabaseCompletion<Void>)
    func delete(_ id: SecurityPolicyID, completion: @escaping DatabaseCompletion<Void>)
    /// All policies, per-socket ones left out.
    func policies(completion: @escaping DatabaseCompletion<[SecurityPolicy]>)
}

/// What the socket that is being prepared is for.
package enum IKESocketPurpose: Hashable, Sendable {
    /// Port 500: IKE alone.
    case ike
    /// Port 4500: IKE behind the non-ESP marker, and ESP in UDP.
    case natTraversal
}

/// Everything between the negotiation and the packets.
package protocol DataPlane: SecurityAssociationDatabase, SecurityPolicyDatabase {
    /// One line for the log: which plane this is and, if it was a second choice, why.
    var summary: String { get }

    /// Whether policies can name a network device of their own.
    var hasNamedDevices: Bool { get }

    /// Sets who is told of acquires, expiries and mapping changes; called once, before any request.
    func observe(_ observer: @escaping @Sendable (DatabaseNotification) -> Void)

    /// Makes a bound IKE socket safe and useful: never subject to policies itself, and, where the plane is the
    /// kernel's, delivering ESP in UDP to it. Synchronous; the descriptor stays the caller's.
    func prepare(socket descriptor: Int32, family: AddressFamily, purpose: IKESocketPurpose)
        throws(DatabaseFailure)

    /// Offers a prepared NAT traversal socket to the plane, before anybody has read from it.
    ///
    /// A plane that does ESP itself reads the socket and calls `deliver` with each IKE message, its non-ESP marker
    /// taken off, and the path it came; on a thread of the plane's, which it must not keep waiting. Other planes leave
    /// the socket to the caller. Synchronous; the descriptor stays the caller's, who still sends through it.
    func takeOver(
        socket descriptor: Int32, deliver: @escaping @Sendable (_ message: [UInt8], _ path: Path) -> Void
    ) throws(DatabaseFailure) -> SocketReader

    /// The reasons for which packets were dropped so far; a plane that does not count them has none.
    var drops: [DropCount] { get }

    /// The last packets dropped, oldest first, a few for each reason; a plane that does not see them has none.
    var droppedPackets: [DroppedPacket] { get }

    /// An SA as it is at this moment, with counters and place in the replay window as far as the plane knows.
    func record(of id: SecurityAssociationID, completion: @escaping DatabaseCompletion<SADRecord>)

    /// Removes what this plane put in place itself and stops. Called once, last; synchronous.
    func shutDown()
}

/// Who reads a NAT traversal socket.
package enum SocketReader: Hashable, Sendable {
    case caller
    case plane
}

extension DataPlane {
    package func takeOver(
        socket descriptor: Int32, deliver: @escaping @Sendable (_ message: [UInt8], _ path: Path) -> Void
    ) -> SocketReader { .caller }

    package var hasNamedDevices: Bool { false }
    package var drops: [DropCount] { [] }
    package var droppedPackets: [DroppedPacket] { [] }
}
