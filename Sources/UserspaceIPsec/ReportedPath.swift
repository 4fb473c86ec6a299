import ESP
import IPsec
import Synchronization

/// What routers told of an SA's path: one thread learns, another asks for each packet.
final class ReportedPath: Sendable {
    private let isKnown = Atomic(false)
    private let state = Mutex<PathMTU?>(nil)

    /// Takes a router's report.
    ///
    /// - Parameter link: octets that the path takes as far as was known before.
    /// - Returns: Whether packets have to be shorter than before.
    @discardableResult
    func learn(_ mtu: Int, link: Int, _ family: AddressFamily, now: Instant) -> Bool {
        let isShorter = state.withLock { state in
            // The link may have changed since; what was learned stays.
            var path = state ?? PathMTU(link: link, family: family)
            defer { state = path }
            return path.learn(mtu, now: now)
        }
        if isShorter { isKnown.store(true, ordering: .releasing) }
        return isShorter
    }

    /// Octets that reach the other end in one piece, if the way there takes `link`.
    func value(link: Int, now: Instant) -> Int {
        guard isKnown.load(ordering: .acquiring), let known = state.withLock({ $0?.value(now: now) }) else {
            return link
        }
        return min(link, known)
    }
}
