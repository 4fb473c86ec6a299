import IPsec
package import Negotiation

/// A request of ours that the peer has not answered.
package struct OutstandingRequest<Kind> {
    package let messageID: UInt32
    /// What it asks for, and what is needed to understand the answer.
    package var kind: Kind
    /// All of the request: several where it was cut into fragments.
    package var datagrams: [[UInt8]]
    package var schedule: RetransmissionSchedule
}

/// Which messages of an IKE SA are new, and what answers them (RFC 7296 sections 2.1 to 2.3).
///
/// We answer one request at a time and say so by saying nothing; the peer may let us send several.
package struct MessageWindow<Kind> {
    /// What an authentic request is.
    package enum RequestVerdict: Hashable {
        /// The next one.
        case new
        /// The one before, whose answer is sent again.
        case repeated([[UInt8]])
        /// It is being answered, or lies outside the window: nothing is to be done.
        case ignored
    }

    /// The requests under way, the oldest first.
    package private(set) var outstanding: [OutstandingRequest<Kind>] = []
    private var next: UInt32
    /// Requests that the peer takes at once (SET_WINDOW_SIZE).
    private var peerSize = 1
    private var expected: UInt32
    private var isAnswering = false
    /// What answered the last request; nothing while another one is being answered.
    package private(set) var lastAnswer: [[UInt8]] = []
    private var repeats = 0

    /// - Parameters:
    ///   - next: the message ID of our first request.
    ///   - expected: that of the peer's first one.
    package init(next: UInt32 = 0, expected: UInt32 = 0) {
        self.next = next
        self.expected = expected
    }

    /// The message ID for a request of ours; nil while the peer has to answer others first, or when they are used up.
    package var nextRequest: UInt32? {
        outstanding.count < peerSize && next < UInt32.max ? next : nil
    }

    /// Whether the SA is to be renewed before it runs out of message IDs.
    package var isNearlyExhausted: Bool { max(next, expected) >= Self.renewalThreshold }

    /// The message ID that the request being answered has.
    package var answered: UInt32 { expected }

    package mutating func setPeerSize(_ size: UInt32) {
        peerSize = max(peerSize, min(Int(size), Self.maximumPeerSize))
    }

    /// Notes a request that is on its way; its message ID is `nextRequest`.
    package mutating func send(_ kind: Kind, _ datagrams: [[UInt8]], _ schedule: RetransmissionSchedule) {
        outstanding.append(
            OutstandingRequest(messageID: next, kind: kind, datagrams: datagrams, schedule: schedule))
        next += 1
    }

    /// Takes out the request that an authentic response answers; nil if none is waiting for it.
    package mutating func takeRequest(answeredBy messageID: UInt32) -> OutstandingRequest<Kind>? {
        guard let index = outstanding.firstIndex(where: { $0.messageID == messageID }) else { return nil }
        return outstanding.remove(at: index)
    }

    /// Whether a response with this message ID is waited for.
    package func awaits(_ messageID: UInt32) -> Bool {
        outstanding.contains { $0.messageID == messageID }
    }

    /// Counts one more sending of a request; its datagrams, or nil where it was sent often enough.
    package mutating func sendAgain(_ messageID: UInt32) -> [[UInt8]]? {
        guard let index = outstanding.firstIndex(where: { $0.messageID == messageID }),
            !outstanding[index].schedule.isExhausted
        else { return nil }
        outstanding[index].schedule.sendAgain()
        return outstanding[index].datagrams
    }

    /// Whether a request with this message ID is the next one, and none is being worked on.
    package func isNext(_ messageID: UInt32) -> Bool { messageID == expected && !isAnswering }

    /// Whether a request with this message ID was the last one that was answered.
    package func isRepeated(_ messageID: UInt32) -> Bool {
        expected > 0 && messageID == expected - 1 && !isAnswering
    }

    /// What an authentic request with this message ID is.
    package mutating func judge(_ messageID: UInt32) -> RequestVerdict {
        if messageID == expected { return isAnswering ? .ignored : .new }
        guard isRepeated(messageID), !lastAnswer.isEmpty, repeats < Self.repeatedAnswers
        else { return .ignored }
        repeats += 1
        return .repeated(lastAnswer)
    }

    /// A new request is being worked on; the answer may take its time.
    package mutating func beginAnswer() {
        isAnswering = true
        lastAnswer = []
    }

    /// The answer is on its way, and the next request may come.
    package mutating func answer(_ datagrams: [[UInt8]]) {
        isAnswering = false
        lastAnswer = datagrams
        repeats = 0
        expected = expected < UInt32.max ? expected + 1 : expected
    }
}

extension MessageWindow {
    /// Requests sent at once, however many the peer takes.
    private static var maximumPeerSize: Int { 16 }
    /// An answer to a request that the peer repeats is sent again, at most, this many times.
    private static var repeatedAnswers: Int { 32 }
    private static var renewalThreshold: UInt32 { 0xffff_0000 }
}
