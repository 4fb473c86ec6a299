import IPsec
import LinuxIO

/// The kernel's strict check of where packets come from, loosened where our routes would make it refuse ESP itself.
///
/// When what a policy protects includes the peer's own address, the way to that address is the TUN device for all but
/// our sockets. The strict check (RFC 3704 section 2.2) would then drop what the peer sends, ESP and ARP alike, on the
/// interface it really comes through. The loose check (section 2.4) is set there, and the former one at the end.
struct ReversePathFilter: Sendable {
    private var originals: [String: String] = [:]

    private static let folder = "/proc/sys/net/ipv4/conf"
    private static let strict = 1
    private static let loose = 2

    /// Loosens the check on the interface towards each peer that a policy's own destination includes.
    mutating func loosen(for policies: [SecurityPolicy]) {
        for peer in Set(policies.compactMap(Self.coveredPeer)) {
            guard let local = try? LocalAddress.towards(peer, mark: RouteMessages.mark),
                let interface = (try? LocalAddress.interfaces())?.first(where: { $0.address == local })?.name
            else { continue }
            loosen(interface)
        }
    }

    /// Sets back what was found.
    mutating func restore() {
        for (interface, value) in originals {
            try? LocalFile.write(value, to: "\(Self.folder)/\(interface)/rp_filter")
        }
        originals = [:]
    }

    private mutating func loosen(_ interface: String) {
        guard originals[interface] == nil, let own = Self.value(interface) else { return }
        guard max(own, Self.value("all") ?? 0) == Self.strict else { return }
        guard (try? LocalFile.write("\(Self.loose)", to: "\(Self.folder)/\(interface)/rp_filter")) != nil
        else {
            return
        }
        originals[interface] = "\(own)"
    }

    private static func value(_ interface: String) -> Int? {
        (try? LocalFile.read("\(folder)/\(interface)/rp_filter").text).flatMap {
            Int($0.prefix { $0.isNumber })
        }
    }

    /// The IPv4 peer of an outbound policy whose destination includes the peer itself.
    static func coveredPeer(of policy: SecurityPolicy) -> IPAddress? {
        guard policy.direction == .outbound, let template = policy.templates.first else { return nil }
        let destination = policy.selector.destination
        // Transport mode with a whole network ends at each host of it; one of them shows the interface.
        let peer = template.tunnelDestination ?? destination.last
        return peer.family == .ipv4 && destination.contains(peer) ? peer : nil
    }
}
