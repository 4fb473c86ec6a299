import IPsec

/// Which networks are to be routed into the TUN devices: every destination that an outbound policy protects or discards.
///
/// What a policy discards has to come into the device, too, to be discarded.
struct WantedRoutes: Sendable {
    struct Route: Hashable, Sendable {
        /// The address our own packets leave from; nil leaves that to the kernel.
        var source: IPAddress?
        /// The name of the device; nil for the plane's own.
        var device: String?
    }

    /// What policies to one destination ask for, by their numbers.
    private struct Claims: Sendable {
        var count = 0
        var sources = RadixTree<IPAddress>()
        var devices = RadixTree<String>()
    }

    /// The addresses of this host.
    let ownAddresses: [IPAddress]
    private var claims: [IPPrefix: Claims] = [:]

    init(ownAddresses: [IPAddress]) {
        self.ownAddresses = ownAddresses
    }

    init(_ policies: [PolicyChange], ownAddresses: [IPAddress]) {
        self.ownAddresses = ownAddresses
        for policy in policies { apply(policy) }
    }

    /// The networks that have a route.
    var destinations: [IPPrefix] { Array(claims.keys) }

    /// The route to a destination; nil if no policy asks for one.
    ///
    /// Of two policies to one network, the first that covers an address of ours decides about the source, and the first
    /// that names a device about the device.
    func route(to destination: IPPrefix) -> Route? {
        claims[destination].map { Route(source: $0.sources.first, device: $0.devices.first) }
    }

    /// Follows a policy; the destinations whose routes may be others now.
    @discardableResult
    mutating func apply(_ change: PolicyChange) -> [IPPrefix] {
        if let former = change.former, former.wantsRoute { remove(former, change.number) }
        if let present = change.present, present.wantsRoute { add(present, change.number) }
        return [change.former, change.present].compactMap { $0 }.filter(\.wantsRoute).map(
            \.selector.destination)
    }

    private mutating func add(_ policy: SecurityPolicy, _ number: UInt64) {
        let key = RadixKey(UInt128(number))
        let source = source(for: policy)
        var claim = claims.removeValue(forKey: policy.selector.destination) ?? Claims()
        claim.count += 1
        claim.sources.update(key) { _ in source }
        claim.devices.update(key) { _ in policy.device }
        claims[policy.selector.destination] = claim
    }

    private mutating func remove(_ policy: SecurityPolicy, _ number: UInt64) {
        let key = RadixKey(UInt128(number))
        guard var claim = claims.removeValue(forKey: policy.selector.destination) else { return }
        claim.count -= 1
        claim.sources.update(key) { _ in nil }
        claim.devices.update(key) { _ in nil }
        if claim.count > 0 { claims[policy.selector.destination] = claim }
    }

    /// An address of ours that the policy protects, so that our own packets are protected too.
    private func source(for policy: SecurityPolicy) -> IPAddress? {
        let prefix = policy.selector.source
        let covered = ownAddresses.filter { prefix.contains($0) && !$0.isLinkLocal && !$0.isLoopback }
        guard let outer = policy.templates.first?.tunnelSource, covered.contains(outer) else {
            return covered.first
        }
        return outer
    }
}

extension SecurityPolicy {
    fileprivate var wantsRoute: Bool { direction == .outbound && action != .bypass }
}

extension IPAddress {
    /// 127.0.0.0/8 or `::1`.
    fileprivate var isLoopback: Bool { family == .ipv4 ? value >> 24 == 127 : value == 1 }

    /// Whether packets to it concern one link or a group: 169.254/16, fe80::/10, 224/4, ff00::/8, broadcast.
    var staysOnLink: Bool {
        switch family {
        case .ipv4: value >> 28 == 0xe || value >> 16 == 0xa9fe || value == 0xffff_ffff
        case .ipv6: isLinkLocal || value >> 120 == 0xff
        }
    }
}
