package import IPsec

/// PF_KEY's server: messages of clients in, messages to clients out, the databases behind.
///
/// It does no I/O: whoever holds the sockets calls `receive` with what arrived and `next` when a client can take
/// more. The answers, and who is told what, are those of Linux's own PF_KEY socket (RFC 2367 section 3).
/// The database must not tell the service, by `tell`, of what the service itself asked of it.
package struct PFKeyService<Database: AdministeredDatabase> {
    let store: PFKeyStore<Database>
    let reply: SADBReply
    let algorithms: SADBAlgorithms
    private let maximumQueue: Int
    private var clients: [PFKeyClientID: PFKeyClient] = [:]
    private var connections: UInt64 = 0
    private var nextRequestID: UInt32 = 0x4000

    /// - Parameters:
    ///   - algorithms: those that the database performs.
    ///   - maximumQueue: octets that may wait for one client.
    package init(
        _ database: Database, dialect: SADBDialect, algorithms: SADBAlgorithms, maximumQueue: Int = 4 << 20
    ) {
        self.maximumQueue = maximumQueue
        store = PFKeyStore(database)
        reply = SADBReply(dialect)
        self.algorithms = algorithms
    }

    /// Takes a new client in.
    package mutating func connect() -> PFKeyClientID {
        connections += 1
        let id = PFKeyClientID(number: connections)
        clients[id] = PFKeyClient(maximumOctets: maximumQueue)
        return id
    }

    package mutating func disconnect(_ id: PFKeyClientID) {
        clients[id] = nil
    }

    /// Whether anybody waits for acquires and expiries.
    package var hasListeners: Bool { clients.values.contains(where: \.isRegistered) }

    /// Those that did not read what was sent them: they are to be disconnected.
    package var overflowing: [PFKeyClientID] { clients.filter(\.value.isOverflowing).map(\.key) }

    package func hasOutput(_ id: PFKeyClientID) -> Bool { clients[id]?.hasOutput ?? false }

    /// The next message for a client; wipe it once it is sent, it may hold keys.
    package mutating func next(for id: PFKeyClientID) -> [UInt8]? {
        if let message = clients[id]?.dequeue() { return message }
        while var dump = clients[id]?.dump {
            let message = try? dump.message(reply).encoded()
            clients[id]?.dump = dump.isFinished ? nil : dump
            if let message { return message }
        }
        return nil
    }

    /// Takes a message of a client; its answers wait in `next` when this returns.
    ///
    /// - Throws: where the header is wrong, which on a socket of Linux makes `send` fail and nothing else.
    package mutating func receive(_ bytes: [UInt8], from id: PFKeyClientID) throws(SADBError) {
        var rest = bytes.span
        let header = try SADBHeader.take(from: &rest).header
        copyToPromiscuous(bytes)
        do throws(SADBError) {
            let message = try SADBMessage(decoding: bytes.span)
            try answer(try SADBRequest(message, reply.dialect), message.header, from: id)
        } catch {
            guard error.kind != .header else { throw error }
            send(reply.refusal(error, header), to: .one(id))
        }
    }

    /// Tells clients of what happened in the databases by other hands than theirs.
    package mutating func tell(_ event: DatabaseEvent) {
        do throws(SADBError) {
            guard let (message, audience) = try notice(event) else { return }
            send(message, to: audience)
        } catch {
            // A record too long for a message: there is nobody to answer.
        }
    }
}

/// Who gets a message.
enum PFKeyAudience {
    case one(PFKeyClientID)
    /// Every client that registered for anything, and one more.
    case registered(and: PFKeyClientID?)
    case all
}

extension PFKeyService {
    /// A promiscuous client gets a copy of every message beside those that are for it.
    mutating func send(_ message: SADBMessage, to audience: PFKeyAudience) {
        guard let bytes = try? message.encoded() else { return }
        // By place: a copy of a client would make its queue be copied when it grows.
        for place in clients.indices {
            clients.values[place].enqueue(bytes, for: audience, clients.keys[place])
        }
    }

    private mutating func copyToPromiscuous(_ bytes: [UInt8]) {
        for place in clients.indices where clients.values[place].isPromiscuous {
            clients.values[place].enqueue(bytes)
        }
    }

    mutating func register(_ satype: SADBSatype, _ id: PFKeyClientID) -> Bool {
        clients[id]?.register(satype) ?? false
    }

    mutating func setPromiscuity(_ promiscuity: SADBRequest.Promiscuity, _ id: PFKeyClientID) {
        clients[id]?.isPromiscuous = promiscuity == .on
    }

    /// Starts a dump.
    ///
    /// - Throws: `busy` while another is under way, `noEntry` where there is nothing.
    mutating func start(_ dump: PFKeyDump, _ id: PFKeyClientID) throws(SADBError) {
        guard clients[id]?.dump == nil else {
            throw SADBError(.unsupported, .busy, "The dump before this one is not read to its end.")
        }
        guard !dump.isFinished else {
            throw SADBError(.unsupported, .noEntry, "There is nothing to dump.")
        }
        clients[id]?.dump = dump
    }

    /// A request ID that no policy has.
    ///
    /// Above those that administrators may choose themselves.
    mutating func freshRequestID(_ used: Set<UInt32>) -> UInt32 {
        repeat {
            nextRequestID = nextRequestID == .max ? 0x4000 : nextRequestID + 1
        } while used.contains(nextRequestID - 1)
        return nextRequestID - 1
    }
}

extension PFKeyAudience {
    func includes(_ id: PFKeyClientID, isRegistered: Bool) -> Bool {
        switch self {
        case .one(let one): id == one
        case .registered(let one): isRegistered || id == one
        case .all: true
        }
    }
}
