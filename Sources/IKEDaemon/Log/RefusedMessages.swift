package import IPsec
package import Negotiation

/// The last messages that no IKE SA came of: of unknown peers, without a proposal that is taken, not readable.
///
/// Anybody can send them, so that there is room for so many in all and for a few of each address; what an address sends
/// again for the same reason takes the place of what it sent before.
package struct RefusedMessages: Sendable {
    /// What to ask for to see all of them.
    package static let name = "refused"
    /// Messages kept, in all and of one address.
    package static let most = 256
    package static let mostOfAddress = 8
    /// Octets kept of all, and of one message; a longer one is only told of.
    package static let capacity = 256 << 10
    package static let longest = 8 << 10

    fileprivate struct Entry: Sendable {
        var message: RefusedMessage
        var first: Instant
        var newest: Instant
        var count = 1

        var size: Int {
            message.details.reduce(message.octets.count + message.sentence.utf8.count) { $0 + $1.utf8.count }
        }
    }

    /// By their last coming, the oldest first.
    private var entries: [Entry] = []
    private var size = 0
    /// Messages that nothing was kept of.
    private var untold = 0

    package init() {}

    package mutating func add(_ message: RefusedMessage, at now: Instant) {
        untold += message.untold
        var entry = Entry(message: message, first: now, newest: now)
        if message.octets.count > Self.longest { entry.message.octets = [] }
        var fellows = entries.indices.filter { isFellow($0, message) }
        if let same = fellows.first(where: { entries[$0].message.sentence == message.sentence }) {
            entry.first = entries[same].first
            entry.count += entries[same].count
            remove(at: same)
            fellows = []
        }
        if fellows.count >= Self.mostOfAddress { remove(at: fellows[0]) }
        entries.append(entry)
        size += entry.size
        while entries.count > Self.most || size > Self.capacity { remove(at: 0) }
    }

    private func isFellow(_ index: Int, _ message: RefusedMessage) -> Bool {
        entries[index].message.path.remote.address == message.path.remote.address
    }

    private mutating func remove(at index: Int) {
        size -= entries.remove(at: index).size
    }

    /// What is known of those from an address, or of all by their name.
    ///
    /// - Parameter time: when something was, in words.
    package func lines(about name: String, _ time: (Instant) -> String) -> [String] {
        let isAll = name == Self.name
        let wanted = entries.filter { isAll || "\($0.message.path.remote.address)" == name }
        guard !wanted.isEmpty else { return [] }
        let others = untold > 0 ? "; \(untold) others were too many to be looked at" : ""
        return ["messages that no IKE SA came of\(others)"]
            + wanted.flatMap { entry in
                let times = entry.count > 1 ? " (\(entry.count) times since \(time(entry.first)))" : ""
                return [
                    "  \(time(entry.newest)) \(entry.message.path.remote): \(entry.message.sentence)\(times)"
                ] + (entry.message.details + entry.words).map { "      " + $0 }
            }
    }
}

extension RefusedMessages.Entry {
    fileprivate var words: [String] { message.octets.isEmpty ? [] : message.words(message.octets) }
}
