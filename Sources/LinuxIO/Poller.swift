import Glibc
import IPsec

/// Waiting until one of several descriptors has something.
package struct Poller: Sendable {
    private var entries: [pollfd] = []

    package init() {}

    /// Watches one more descriptor for input; returns its place, for `isReady`.
    package mutating func watch(_ number: Int32) -> Int {
        entries.append(pollfd(fd: number, events: Int16(POLLIN), revents: 0))
        return entries.count - 1
    }

    /// Watches one more descriptor for room to write; returns its place, for `isReady`.
    package mutating func watchOutput(_ number: Int32) -> Int {
        entries.append(pollfd(fd: number, events: Int16(POLLOUT), revents: 0))
        return entries.count - 1
    }

    /// Watches one more descriptor for what is asked, and for its end; returns its place, for `isReady`.
    package mutating func watch(_ number: Int32, input: Bool, output: Bool) -> Int {
        let events = (input ? POLLIN : 0) | (output ? POLLOUT : 0)
        entries.append(pollfd(fd: number, events: Int16(events), revents: 0))
        return entries.count - 1
    }

    /// Waits for what is watched, an error or a hang-up on any; false when `timeout` passed first.
    ///
    /// - Parameter timeout: nil waits for ever.
    package mutating func wait(_ timeout: Duration? = nil) throws(SystemError) -> Bool {
        // Rounded up: waking early would only make the caller wait again.
        let milliseconds = timeout.map { Int32(clamping: ($0.wholeNanoseconds &+ 999_999) / 1_000_000) } ?? -1
        let count = unsafe poll(&entries, nfds_t(entries.count), milliseconds)
        if count >= 0 { return count > 0 }
        guard errno == EINTR else { throw SystemError("poll") }
        for index in entries.indices { entries[index].revents = 0 }
        return false
    }

    /// Whether what the descriptor at `place` belongs to was gone, or in an error, when `wait` returned.
    package func isBroken(_ place: Int) -> Bool {
        entries[place].revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
    }

    /// Watches the descriptor at `place` no more; the places of others stay.
    package mutating func ignore(_ place: Int) {
        // The kernel skips negative numbers.
        entries[place] = pollfd(fd: -1, events: 0, revents: 0)
    }

    /// Whether the descriptor at `place` had something when `wait` returned.
    package func isReady(_ place: Int) -> Bool {
        entries[place].revents != 0
    }
}
