import IPsec

/// A program that is connected to a `PFKeyService`.
package struct PFKeyClientID: Hashable, Sendable {
    let number: UInt64
}

/// What the service keeps of one client: whom it listens to, and what it has not read yet.
struct PFKeyClient {
    /// Octets that may wait; beyond them the client is dropped, as nothing in PF_KEY could tell it of a loss.
    let maximumOctets: Int

    private(set) var registrations: Set<UInt8> = []
    var isPromiscuous = false
    private(set) var isOverflowing = false
    var dump: PFKeyDump?
    private var queue: [[UInt8]] = []
    /// The first of `queue` that is not sent.
    private var head = 0
    private var octets = 0

    init(maximumOctets: Int) {
        self.maximumOctets = maximumOctets
    }

    var isRegistered: Bool { !registrations.isEmpty }
    var hasOutput: Bool { head < queue.count || dump != nil }

    /// Registers for a kind of SA; false if it is registered already.
    mutating func register(_ satype: SADBSatype) -> Bool {
        registrations.insert(satype.value).inserted
    }

    /// Takes a message for an audience; a promiscuous client gets a copy beside what is for it.
    mutating func enqueue(_ message: [UInt8], for audience: PFKeyAudience, _ id: PFKeyClientID) {
        if isPromiscuous { enqueue(message) }
        if audience.includes(id, isRegistered: isRegistered) { enqueue(message) }
    }

    mutating func enqueue(_ message: [UInt8]) {
        guard octets + message.count <= maximumOctets else {
            isOverflowing = true
            return
        }
        octets += message.count
        queue.append(message)
    }

    /// The next message that waits, dumps apart.
    mutating func dequeue() -> [UInt8]? {
        guard head < queue.count else { return nil }
        let message = queue[head]
        queue[head] = []
        head += 1
        octets -= message.count
        if head == queue.count {
            queue = []
            head = 0
        }
        return message
    }
}

/// A dump that is under way: entries as they were when it began, sent as fast as they are read.
struct PFKeyDump {
    private enum Entries {
        case associations([SADRecord])
        case policies([SPDRecord])
    }

    private let header: SADBHeader
    private let entries: Entries
    private var next = 0

    init(_ header: SADBHeader, associations: [SADRecord]) {
        self.header = header
        entries = .associations(associations)
    }

    init(_ header: SADBHeader, policies: [SPDRecord]) {
        self.header = header
        entries = .policies(policies)
    }

    private var count: Int {
        switch entries {
        case .associations(let records): records.count
        case .policies(let records): records.count
        }
    }

    var isFinished: Bool { next >= count }

    /// The next message; they count 1, 2, 3, and the last is 0.
    mutating func message(_ reply: SADBReply) throws(SADBError) -> SADBMessage {
        var header = header
        next += 1
        header.sequence = next == count ? 0 : UInt32(truncatingIfNeeded: next)
        switch entries {
        case .associations(let records): return try reply.association(records[next - 1], header)
        case .policies(let records): return reply.policy(records[next - 1], header)
        }
    }
}
