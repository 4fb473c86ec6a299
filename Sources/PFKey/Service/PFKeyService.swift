/// PF_KEY's server: messages of clients in, messages to clients out, the databases behind.
///
/// It does no I/O: whoever holds the sockets calls `receive` with what arrived and `next` when a client can take
/// more. Who is told what is as on Linux's own PF_KEY socket (RFC 2367 section 3).
package struct PFKeyService<Plane: PFKeyPlane> {
    package var plane: Plane
    private let limits: PFKeyLimits
    private var clients: [PFKeyClientID: PFKeyClient] = [:]
    private var connections: UInt64 = 0

    package init(_ plane: Plane, limits: PFKeyLimits = PFKeyLimits()) {
        self.plane = plane
        self.limits = limits
    }

    /// Takes a new client in.
    package mutating func connect(_ dialect: SADBDialect) -> PFKeyClientID {
        connections += 1
        let id = PFKeyClientID(number: connections)
        clients[id] = PFKeyClient(dialect, limits)
        return id
    }

    package mutating func disconnect(_ id: PFKeyClientID) {
        clients[id]?.wipe()
        clients[id] = nil
        plane.forget(id)
        noteListeners()
    }

    package var isEmpty: Bool { clients.isEmpty }

    /// Those that did not read what was sent them: they are to be disconnected.
    package var overflowing: [PFKeyClientID] { clients.filter(\.value.isOverflowing).map(\.key) }

    package func hasOutput(_ id: PFKeyClientID) -> Bool { clients[id]?.hasOutput ?? false }

    /// The next message for a client; wipe it once it is sent, it may hold keys.
    package mutating func next(for id: PFKeyClientID) -> [UInt8]? {
        if let message = clients[id]?.dequeue() { return message }
        guard let message = clients[id]?.dump?.next() else { return nil }
        copyToPromiscuous(message, of: id)
        return message
    }

    /// Takes a message of a client; its answers wait in `next` when this returns.
    ///
    /// - Throws: where the header is wrong, which on a socket of Linux makes `send` fail and nothing else.
    package mutating func receive(_ bytes: [UInt8], from id: PFKeyClientID) throws(SADBError) {
        let header = try SADBHeader(checking: bytes.span)
        guard let dialect = clients[id]?.dialect else { return }
        copyToPromiscuous(bytes, of: id)
        do throws(SADBError) {
            try answer(try SADBMessage(decoding: bytes.span), bytes, from: id, dialect)
        } catch {
            send(PFKeyNotice(SADBReply(dialect).refusal(error, header), to: .one(id)))
        }
    }

    /// Tells clients of what happened in the databases by other hands than theirs.
    package mutating func tellEvents() {
        for notice in plane.takeEvents() { send(notice) }
    }
}

/// How much may wait, and who sees keys.
package struct PFKeyLimits: Hashable, Sendable {
    /// What becomes of a client for which too much waits.
    package enum Overflow: Hashable, Sendable {
        /// It is disconnected, which tells it of the loss.
        case disconnect
        /// It loses the message, as Linux has it.
        case lose
    }

    /// Who is told keys.
    package enum Keys: Hashable, Sendable {
        /// Whoever asked for the answer they are in.
        case requester
        /// Everybody, as Linux has it.
        case everybody
    }

    /// Octets that may wait for one client.
    package var maximumQueue: Int
    package var overflow: Overflow
    package var keys: Keys

    package init(maximumQueue: Int = 4 << 20, overflow: Overflow = .disconnect, keys: Keys = .requester) {
        self.maximumQueue = maximumQueue
        self.overflow = overflow
        self.keys = keys
    }
}

extension PFKeyService {
    private mutating func answer(
        _ message: SADBMessage, _ bytes: [UInt8], from id: PFKeyClientID, _ dialect: SADBDialect
    ) throws(SADBError) {
        switch message.header.type {
        case .register: try register(message.header, id)
        case .promiscuous: try relay(message.header, bytes, from: id)
        case .dump, .policyDump:
            guard clients[id]?.isDumping != true else {
                throw SADBError(.unsupported, .busy, "The dump before this one is not read to its end.")
            }
            try perform(message, from: id, dialect)
        default: try perform(message, from: id, dialect)
        }
    }

    private mutating func perform(
        _ message: SADBMessage, from id: PFKeyClientID, _ dialect: SADBDialect
    ) throws(SADBError) {
        switch try plane.perform(message, of: id, dialect) {
        case .told(let notices): for notice in notices { send(notice) }
        case .dump(let messages): start(PFKeyDump(messages), id)
        }
    }

    private mutating func register(_ header: SADBHeader, _ id: PFKeyClientID) throws(SADBError) {
        let satype = header.satype
        guard satype.value <= SADBSatype.maximum else {
            throw SADBError(.malformed, .invalid, "SA type \(satype.value) cannot be registered for.")
        }
        if satype != .unspecified {
            guard clients[id]?.register(satype) ?? false else {
                throw SADBError(.unsupported, .exists, "SA type \(satype.value) is registered already.")
            }
            noteListeners()
        }
        let supported = SADBReply.registered(plane.algorithms(for: id), header)
        send(PFKeyNotice(supported, to: .registered(and: id)))
    }

    /// A header alone turns promiscuity on or off; all else is relayed as it came, to everybody.
    private mutating func relay(
        _ header: SADBHeader, _ bytes: [UInt8], from id: PFKeyClientID
    ) throws(SADBError) {
        var bytes = bytes
        if bytes.count / 8 == SADBHeader.size / 8 {
            guard header.satype.value <= 1 else {
                throw SADBError(.malformed, .invalid, "Promiscuous mode is 1 for on or 0 for off.")
            }
            clients[id]?.isPromiscuous = header.satype.value == 1
            noteListeners()
            bytes[SADBHeader.errorOffset] = 0
        }
        deliver(bytes, to: .all, askedBy: id)
    }

    /// Acquires are for who registered, and while there is one, for who sees everything.
    private mutating func noteListeners() {
        let isAnyRegistered = clients.values.contains(where: \.isRegistered)
        for (id, client) in clients {
            let isWanted = client.isRegistered || client.isPromiscuous && isAnyRegistered
            guard client.isListening != isWanted else { continue }
            clients[id]?.isListening = isWanted
            plane.listen(isWanted, for: id)
        }
    }

    /// A promiscuous client gets a copy of every message beside those that are for it.
    private mutating func send(_ notice: PFKeyNotice) {
        // A record too long for a message: there is nothing that could be told.
        guard let bytes = try? notice.message.encoded() else { return }
        guard let listener = notice.listener else {
            return deliver(bytes, to: notice.audience, askedBy: notice.requester)
        }
        let seen = listener == notice.requester ? bytes : keyless(bytes)
        clients[listener]?.enqueue(seen, for: notice.audience, listener)
    }

    private mutating func deliver(
        _ bytes: [UInt8], to audience: PFKeyAudience, askedBy requester: PFKeyClientID?
    ) {
        let bare = keyless(bytes)
        // By place: a copy of a client would make its queue be copied when it grows.
        for place in clients.indices {
            let id = clients.keys[place]
            clients.values[place].enqueue(id == requester ? bytes : bare, for: audience, id)
        }
    }

    /// What those see who did not ask.
    private func keyless(_ bytes: [UInt8]) -> [UInt8] {
        limits.keys == .everybody ? bytes : SADBMessage.withoutKeys(bytes)
    }

    private mutating func copyToPromiscuous(_ bytes: [UInt8], of requester: PFKeyClientID) {
        guard clients.values.contains(where: \.isPromiscuous) else { return }
        let bare = keyless(bytes)
        for place in clients.indices where clients.values[place].isPromiscuous {
            clients.values[place].enqueue(clients.keys[place] == requester ? bytes : bare)
        }
    }

    /// Starts a dump: what Linux would have queued before `send` returns is queued, the rest goes as it is read.
    private mutating func start(_ dump: PFKeyDump, _ id: PFKeyClientID) {
        var dump = dump
        var octets = 0
        while octets < PFKeyDump.share, let message = dump.next() {
            octets += message.count
            copyToPromiscuous(message, of: id)
            clients[id]?.enqueue(message)
        }
        clients[id]?.dump = dump.isFinished ? nil : dump
    }
}
