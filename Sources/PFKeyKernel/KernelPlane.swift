import LinuxIO
package import Netlink
package import PFKey
import Wire
import XFRM

/// PF_KEY over the kernel's SAD and SPD of one network namespace.
///
/// Each request is asked of the kernel over a socket that the client itself opened, and each client hears the kernel's
/// events over another one of its own: what one does to its sockets is nobody else's loss. What Linux sends to
/// everybody is such an event, in which the number and the process of the request come back.
package final class KernelPlane: PFKeyPlane {
    private var seats: [PFKeyClientID: KernelSeat] = [:]
    private var probe = AlgorithmProbe()
    /// The request whose event is waited for.
    private var expected: Asking?
    /// Policies that clients made: Linux lets none of their acquires propose algorithms.
    private var clientPolicies: Set<UInt32> = []
    private let report: @Sendable (String) -> Void

    /// Octets of a dump that are kept for one client.
    private static var dumpLimit: Int { 64 << 20 }

    /// - Parameter report: is told what an administrator should know.
    package init(report: @escaping @Sendable (String) -> Void = { _ in }) {
        self.report = report
    }

    /// One of these is readable when there are events.
    package var eventDescriptors: [Int32] { seats.values.map(\.events.descriptor) }

    /// Gives a client the sockets that its requests and its events go over.
    package func seat(
        _ client: PFKeyClientID, requests: AdoptedNetlinkSocket, events: AdoptedNetlinkSocket
    ) throws(NetlinkRefusal) {
        seats[client] = try KernelSeat(requests: requests, events: events)
    }

    package func forget(_ client: PFKeyClientID) {
        seats[client] = nil
    }

    package func listen(_ isWanted: Bool, for client: PFKeyClientID) {
        seats[client]?.listen(isWanted)
    }

    package func algorithms(for client: PFKeyClientID) -> SADBAlgorithms {
        if let seat = seats[client] { probe.look(seat.requests) }
        return probe.algorithms
    }

    package func takeEvents() -> [PFKeyNotice] {
        var notices: [PFKeyNotice] = []
        for (client, seat) in seats {
            seat.takeEvents { header, payload in
                if let notice = self.notice(header, payload, client, seat) { notices.append(notice) }
            }
        }
        return notices
    }

    /// The message for an event; nil for what PF_KEY does not tell, and what it has no form for.
    private func notice(
        _ header: NetlinkHeader, _ payload: Span<UInt8>, _ client: PFKeyClientID, _ seat: KernelSeat
    ) -> PFKeyNotice? {
        let told = try? KernelEvent(header: header).notice(payload, &seat.memory) {
            clientPolicies.contains($0)
                ? SADBAlgorithms(authentication: [], encryption: []) : probe.algorithms
        }
        guard var notice = told ?? nil else { return nil }
        notice.listener = client
        if let expected, header.sequence == expected.header.sequence, header.port == expected.header.process {
            notice.requester = expected.client
        }
        remember(notice)
        return notice
    }

    private func remember(_ notice: PFKeyNotice) {
        let index = notice.message.policy?.index ?? 0
        switch notice.message.header.type {
        case .policyAdd, .policyUpdate:
            if notice.requester == nil { clientPolicies.remove(index) } else { clientPolicies.insert(index) }
        case .policyDelete, .policyDeleteByIndex: clientPolicies.remove(index)
        case .policyFlush: clientPolicies = []
        default: break
        }
    }
}

/// Requests.
extension KernelPlane {
    package func perform(
        _ request: SADBMessage, of client: PFKeyClientID, _ dialect: SADBDialect
    ) throws(SADBError) -> PFKeyOutcome {
        guard let seat = seats[client] else { throw .unreadable }
        let asking = Asking(request: request, client: client, seat: seat, dialect: dialect)
        switch request.header.type {
        case .add, .update, .delete, .get, .getSPI, .flush, .dump: return try associations(asking)
        case .policyAdd, .policyUpdate, .policySetIndex, .policyDelete, .policyDeleteByIndex, .policyGet,
            .policyFlush, .policyDump:
            return try policies(asking)
        case .migrate: return try change(try MigrationRequest(message: request).whole(), asking)
        case .acquire:
            guard request.extensions.isEmpty else {
                throw .refusal(.notSupported, "Programs cannot start an acquire.")
            }
            // The kernel cannot be told that an acquire failed: its larval SA ends by itself.
            return .told([])
        case .register, .promiscuous, .expire, .pchange, .policyAcquire, .policyExpire, .mappingChanged:
            throw .refusal(.notSupported, "This is not for programs to send.")
        }
    }

    /// A request, and by whom and how it is asked.
    struct Asking {
        let request: SADBMessage
        let client: PFKeyClientID
        let seat: KernelSeat
        let dialect: SADBDialect

        var header: SADBHeader { request.header }
        var association: AssociationRequest { AssociationRequest(message: request, dialect: dialect) }
        var policy: PolicyRequest { PolicyRequest(message: request) }
    }

    private func associations(_ asking: Asking) throws(SADBError) -> PFKeyOutcome {
        switch asking.header.type {
        case .add: try change(try asking.association.whole(XFRMMessage.newState), asking)
        case .update:
            // What changes a mature SA is told otherwise than what makes one mature.
            try change(try asking.association.whole(XFRMMessage.updateState), asking, recalling: true)
        case .delete: try change(try asking.association.lookUp(XFRMMessage.deleteState), asking)
        case .get: try told(try asking.association.lookUp(XFRMMessage.getState), asking)
        case .getSPI: try told(try asking.association.larval(), asking)
        case .flush: try flush(try flushOfAssociations(asking), asking)
        default: try dumpAssociations(asking)
        }
    }

    private func policies(_ asking: Asking) throws(SADBError) -> PFKeyOutcome {
        switch asking.header.type {
        case .policyUpdate: try setPolicy(XFRMMessage.updatePolicy, asking)
        case .policyAdd, .policySetIndex: try setPolicy(XFRMMessage.newPolicy, asking)
        case .policyDelete: try change(try asking.policy.lookUpBySelector(XFRMMessage.deletePolicy), asking)
        case .policyDeleteByIndex: try change(try asking.policy.lookUp(XFRMMessage.deletePolicy), asking)
        case .policyGet:
            answer(
                try policy(
                    try asking.policy.lookUp(XFRMMessage.getPolicy), asking, asking.header.answered), asking)
        case .policyFlush: try flush(NetlinkRequest(type: XFRMMessage.flushPolicies), asking)
        default: try dumpPolicies(asking)
        }
    }

    private static var now: UInt64 { UInt64(clamping: WallClock.now) }

    /// A change is told to everybody by the kernel's event.
    private func change(
        _ request: NetlinkRequest, _ asking: Asking, recalling: Bool = false
    ) throws(SADBError) -> PFKeyOutcome {
        if recalling { asking.seat.recall() }
        try carryOut(request, asking)
        let notices = takeEvents(of: asking)
        let isTold = notices.contains { $0.listener == asking.client && $0.requester == asking.client }
        return .told(isTold ? notices : notices + substitute(asking))
    }

    private func takeEvents(of asking: Asking) -> [PFKeyNotice] {
        expected = asking
        defer { expected = nil }
        return takeEvents()
    }

    private func carryOut(
        _ request: NetlinkRequest, _ asking: Asking,
        _ reply: (NetlinkHeader, Span<UInt8>) -> Void = { _, _ in }
    ) throws(SADBError) {
        do throws(NetlinkRefusal) {
            try asking.seat.requests.carryOut(
                request, sequence: asking.header.sequence, port: asking.header.process, reply: reply)
        } catch {
            throw SADBError(error)
        }
    }

    /// The sender is told at once, and again with all others if there was something to flush.
    private func flush(_ request: NetlinkRequest, _ asking: Asking) throws(SADBError) -> PFKeyOutcome {
        try carryOut(request, asking)
        let answer = PFKeyNotice(SADBMessage(asking.header.answered), to: .one(asking.client))
        return .told([answer] + takeEvents(of: asking))
    }

    private func flushOfAssociations(_ asking: Asking) throws(SADBError) -> NetlinkRequest {
        var request = NetlinkRequest(type: XFRMMessage.flushStates)
        request.put(try protocolNumber(asking))
        return request
    }

    private func protocolNumber(_ asking: Asking) throws(SADBError) -> UInt8 {
        guard let number = asking.header.satype.protocolNumber else {
            throw .refusal(.invalid, "SA type \(asking.header.satype.value) is none of IPsec's.")
        }
        return number
    }

    private func association(
        _ request: NetlinkRequest, _ asking: Asking, _ header: SADBHeader
    ) throws(SADBError) -> SADBMessage {
        var found: KernelAssociation?
        try carryOut(request, asking) { _, payload in found = (try? KernelAssociation(payload)) ?? nil }
        guard let found else { throw .unreadable }
        return SADBMessage(header, try found.whole(asking.seat.memory.state(of: found, at: Self.now)))
    }

    private func policy(
        _ request: NetlinkRequest, _ asking: Asking, _ header: SADBHeader
    ) throws(SADBError) -> SADBMessage {
        var found: KernelPolicy?
        try carryOut(request, asking) { _, payload in found = (try? KernelPolicy(payload)) ?? nil }
        guard let found else { throw .unreadable }
        return SADBMessage(header.ofPolicy, try found.whole())
    }

    private func told(_ request: NetlinkRequest, _ asking: Asking) throws(SADBError) -> PFKeyOutcome {
        answer(try association(request, asking, asking.header.answered), asking)
    }

    /// What is for the sender alone.
    private func answer(_ message: SADBMessage, _ asking: Asking) -> PFKeyOutcome {
        .told([PFKeyNotice(message, to: .one(asking.client), askedBy: asking.client)])
    }

    private func setPolicy(_ type: UInt16, _ asking: Asking) throws(SADBError) -> PFKeyOutcome {
        let request = try asking.policy.whole(type) { () throws(SADBError) in try freshRequestID(asking) }
        return try change(request, asking)
    }

    /// A request ID that no policy has, above those that administrators may choose themselves.
    private func freshRequestID(_ asking: Asking) throws(SADBError) -> UInt32 {
        var used: Set<UInt32> = []
        try carryOut(NetlinkRequest(dump: XFRMMessage.getPolicy), asking) { _, payload in
            if let policy = (try? KernelPolicy(payload)) ?? nil { used.formUnion(policy.requestIDs) }
        }
        return RequestIDs.next(used)
    }
}

/// What the sender of a change is told where the kernel's event was lost: it waits for an answer.
extension KernelPlane {
    private func substitute(_ asking: Asking) -> [PFKeyNotice] {
        guard let message = try? confirmation(asking) else { return [] }
        return [PFKeyNotice(message, to: .one(asking.client), askedBy: asking.client)]
    }

    /// What is there now; of what is gone, no more than was asked.
    private func confirmation(_ asking: Asking) throws(SADBError) -> SADBMessage? {
        var header = asking.header.answered
        switch header.type {
        case .add, .update:
            return try association(try asking.association.lookUp(XFRMMessage.getState), asking, header)
        case .policyAdd, .policyUpdate, .policySetIndex:
            if header.type == .policySetIndex { header.type = .policyAdd }
            return try policy(try asking.policy.lookUpBySelector(XFRMMessage.getPolicy), asking, header)
        case .delete, .policyDelete, .policyDeleteByIndex:
            return SADBMessage(header, asking.request.extensions)
        default: return nil
        }
    }
}

/// Dumps.
extension KernelPlane {
    private func dumpAssociations(_ asking: Asking) throws(SADBError) -> PFKeyOutcome {
        var request = NetlinkRequest(dump: XFRMMessage.getState)
        let number = try protocolNumber(asking)
        request.putAttribute(XFRMAttribute.protocolFilter) { $0.put(number) }
        if let filter = asking.request.filter { try Self.put(filter, into: &request) }
        return try dump(request, asking) { payload in
            guard let association = (try? KernelAssociation(payload)) ?? nil,
                let extensions = try? association.whole(
                    asking.seat.memory.state(of: association, at: Self.now))
            else { return nil }
            var header = asking.header.answered
            header.satype = association.satype
            return SADBMessage(header, extensions)
        }
    }

    private static func put(_ filter: SADBFilter, into request: inout NetlinkRequest) throws(SADBError) {
        guard filter.isPossible else { throw .refusal(.invalid, "A prefix of the filter has over 128 bits.") }
        request.putAttribute(XFRMAttribute.addressFilter) { attribute in
            attribute.put(filter.source)
            attribute.put(filter.destination)
            attribute.put(filter.family)
            attribute.put(filter.sourceLength)
            attribute.put(filter.destinationLength)
        }
    }

    private func dumpPolicies(_ asking: Asking) throws(SADBError) -> PFKeyOutcome {
        try dump(NetlinkRequest(dump: XFRMMessage.getPolicy), asking) { payload in
            guard let policy = (try? KernelPolicy(payload)) ?? nil, policy.isMain,
                let extensions = try? policy.whole()
            else { return nil }
            return SADBMessage(asking.header.answered.ofPolicy, extensions)
        }
    }

    /// What PF_KEY has no form for is left out.
    private func dump(
        _ request: NetlinkRequest, _ asking: Asking, _ message: (Span<UInt8>) -> SADBMessage?
    ) throws(SADBError) -> PFKeyOutcome {
        var messages: [[UInt8]] = []
        var octets = 0
        try carryOut(request, asking) { _, payload in
            guard octets <= Self.dumpLimit, let bytes = try? message(payload)?.encoded() else { return }
            octets += bytes.count
            messages.append(bytes)
        }
        guard octets <= Self.dumpLimit else {
            report("a dump of more than \(Self.dumpLimit >> 20) MiB was refused")
            throw .refusal(.noBuffers, "The table has more than \(Self.dumpLimit) octets.")
        }
        guard !messages.isEmpty else { throw .refusal(.noEntry, "There is nothing to dump.") }
        return .dump(messages)
    }
}

extension SADBHeader {
    /// The header of a message that tells of a policy.
    ///
    /// Where Linux counts references to it, we know but the table's own.
    var ofPolicy: SADBHeader {
        var header = self
        header.satype = .unspecified
        header.reserved = 1
        return header
    }
}
