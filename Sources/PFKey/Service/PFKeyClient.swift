import IPsec

/// A program that is connected to a `PFKeyService`.
package struct PFKeyClientID: Hashable, Sendable {
    let number: UInt64
}

/// What the service keeps of one client: whom it listens to, and what it has not read yet.
struct PFKeyClient {
    let dialect: SADBDialect
    private let limits: PFKeyLimits

    private(set) var registrations: Set<UInt8> = []
    var isPromiscuous = false
    /// Whether the plane was told that acquires are for it.
    var isListening = false
    private(set) var isOverflowing = false
    var dump: PFKeyDump?
    private var queue: [[UInt8]] = []
    /// The first of `queue` that is not sent.
    private var head = 0
    private var octets = 0

    init(_ dialect: SADBDialect, _ limits: PFKeyLimits) {
        self.dialect = dialect
        self.limits = limits
    }

    var isRegistered: Bool { !registrations.isEmpty }
    var isDumping: Bool { dump?.isFinished == false }
    var hasOutput: Bool { head < queue.count || isDumping }

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
        guard octets + message.count <= limits.maximumQueue else {
            isOverflowing = limits.overflow == .disconnect
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

    /// Wipes what waits: it may hold keys.
    mutating func wipe() {
        for index in queue.indices { queue[index].wipe() }
        dump?.wipe()
    }
}

/// A dump that is under way: messages as they were when it began, sent as fast as they are read.
struct PFKeyDump {
    /// Octets of a dump that are queued at once, which is about what a socket of Linux takes by default.
    static let share = 128 << 10

    private var messages: [[UInt8]]
    private var sent = 0

    init(_ messages: [[UInt8]]) {
        self.messages = messages
    }

    var isFinished: Bool { sent >= messages.count }

    /// The next message; they count 1, 2, 3, and the last is 0.
    mutating func next() -> [UInt8]? {
        guard !isFinished else { return nil }
        var message = messages[sent]
        messages[sent] = []
        sent += 1
        SADBHeader.setSequence(isFinished ? 0 : UInt32(truncatingIfNeeded: sent), in: &message)
        return message
    }

    mutating func wipe() {
        for index in messages.indices { messages[index].wipe() }
    }
}

extension [UInt8] {
    fileprivate mutating func wipe() {
        for index in indices { self[index] = 0 }
    }
}
