import Glibc
package import IPsec
package import LinuxIO
import PFKey

/// The databases behind a PF_KEY socket of a daemon of ours, as a program edits them.
package final class PFKeyDatabase: AdministeredDatabase {
    /// How long an answer may take.
    private static let patience = Duration.seconds(10)
    /// Octets of the longest message there can be.
    private static let maximumMessage = 524_280

    package let name: String
    private let socket: PacketSocket
    private let requests = SADBRequestWriting(process: UInt32(getpid()))
    private var sequence: UInt32 = 0

    /// Connects to the socket at `path`.
    package init(path: String) throws(SystemError) {
        socket = try PacketSocket(connectingTo: path)
        name = "the daemon at \(path)"
    }

    package func submit(
        _ request: DatabaseRequest, answer: @escaping (Result<DatabaseAnswer, DatabaseFailure>) -> Void
    ) {
        do throws(DatabaseFailure) {
            answer(.success(try perform(request)))
        } catch {
            answer(.failure(error))
        }
    }

    /// Every request is answered when `submit` returns.
    package func finish() throws(DatabaseFailure) {}

    private func perform(_ request: DatabaseRequest) throws(DatabaseFailure) -> DatabaseAnswer {
        if case .getPolicy(let key) = request { return .policy(try policy(key)) }
        let message = try requests.message(request, sequence: nextSequence())
        try send(message)
        switch try meaning(of: try answer(to: message.header, .sequence)) {
        case .refused(let failure): throw failure
        case .association(let record): return .association(record)
        case .policy(let record): return .policy(record)
        case .done: return .done
        }
    }

    /// PF_KEY finds policies by number alone.
    private func policy(_ key: SPDKey) throws(DatabaseFailure) -> SPDRecord {
        var found: SPDRecord?
        try dumpSPD { if $0.entry.key == key, !$0.isPerSocket { found = $0 } }
        guard let found else {
            throw DatabaseFailure(.notFound, "There is no \(key.id.direction) policy \(key.id.selector).")
        }
        return found
    }

    package func dumpSAD(
        _ protocol: SecurityProtocol?, _ each: (SADRecord) -> Void
    ) throws(DatabaseFailure) {
        try dump(requests.dump(.dump, `protocol`, sequence: nextSequence())) { answer in
            if case .association(let record) = answer { each(record) }
        }
    }

    package func dumpSPD(_ each: (SPDRecord) -> Void) throws(DatabaseFailure) {
        try dump(requests.dump(.policyDump, nil, sequence: nextSequence())) { answer in
            if case .policy(let record) = answer { each(record) }
        }
    }

    /// The entries count 1, 2, 3, and the last is 0; an empty database says that there is nothing.
    private func dump(_ request: SADBMessage, _ each: (SADBAnswer) -> Void) throws(DatabaseFailure) {
        try send(request)
        while true {
            let message = try answer(to: request.header, .anySequence)
            let answer = try meaning(of: message)
            if case .refused(let failure) = answer {
                guard failure.kind == .notFound else { throw failure }
                return
            }
            each(answer)
            guard message.header.sequence != 0 else { return }
        }
    }

    package func watch(_ each: (DatabaseEvent) -> Bool) throws(DatabaseFailure) {
        for message in try register() {
            guard tell(message, each) else { return }
        }
        while tell(try receive(until: nil), each) {}
    }

    /// Asks for events that are not told to everybody; what comes meanwhile is returned.
    private func register() throws(DatabaseFailure) -> [SADBMessage] {
        var early: [SADBMessage] = []
        for `protocol` in [SecurityProtocol.esp, .ah, .ipcomp] {
            let request = requests.register(`protocol`, sequence: nextSequence())
            try send(request)
            let answer = try answer(to: request.header, .sequence) { early.append($0) }
            guard case .done = try meaning(of: answer) else {
                throw DatabaseFailure(.other, "\(name) lets nobody listen.")
            }
        }
        return early
    }

    private func tell(_ message: SADBMessage, _ each: (DatabaseEvent) -> Bool) -> Bool {
        guard let event = try? SADBEvent(message, .own)?.event else { return true }
        return each(event)
    }
}

extension PFKeyDatabase {
    private enum Matching {
        case sequence
        case anySequence
    }

    private func nextSequence() -> UInt32 {
        sequence &+= 1
        return sequence
    }

    private func meaning(of message: SADBMessage) throws(DatabaseFailure) -> SADBAnswer {
        do throws(SADBError) {
            return try SADBAnswer(message, .own)
        } catch {
            throw DatabaseFailure(.other, "The answer of \(name) cannot be understood: \(error)")
        }
    }

    /// The next message that answers a request; `skip` gets what comes before it.
    private func answer(
        to request: SADBHeader, _ matching: Matching, skip: (SADBMessage) -> Void = { _ in }
    ) throws(DatabaseFailure) -> SADBMessage {
        let deadline = MonotonicClock.now + Self.patience
        while true {
            let message = try receive(until: deadline)
            let header = message.header
            if header.type == request.type, header.process == request.process,
                matching == .anySequence || header.sequence == request.sequence
            {
                return message
            }
            skip(message)
        }
    }

    private func send(_ message: SADBMessage) throws(DatabaseFailure) {
        do {
            var bytes = try message.encoded()
            let deadline = MonotonicClock.now + Self.patience
            while try socket.send(bytes) == .full {
                var poller = Poller()
                _ = poller.watchOutput(socket.number)
                try wait(&poller, until: deadline)
            }
            for index in bytes.indices { bytes[index] = 0 }
        } catch {
            throw failure(error)
        }
    }

    private func receive(until deadline: Instant?) throws(DatabaseFailure) -> SADBMessage {
        do {
            while true {
                switch try socket.receive(maximum: Self.maximumMessage) {
                case .message(let bytes): return try SADBMessage(decoding: bytes.span)
                case .nothing:
                    var poller = Poller()
                    _ = poller.watch(socket.number)
                    try wait(&poller, until: deadline)
                case .tooLong, .end: throw SystemError("recv", code: ECONNRESET)
                }
            }
        } catch {
            throw failure(error)
        }
    }

    private func wait(_ poller: inout Poller, until deadline: Instant?) throws {
        let left = deadline.map { $0 - MonotonicClock.now }
        if let left, left <= .zero { throw SystemError("recv", code: ETIMEDOUT) }
        _ = try poller.wait(left)
    }

    private func failure(_ error: any Error) -> DatabaseFailure {
        DatabaseFailure(.other, "No answer from \(name): \(error)")
    }
}
