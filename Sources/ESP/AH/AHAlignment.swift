internal import IPsec

/// To how many octets the authentication header is padded over IPv4; over IPv6 it is always eight.
enum AHAlignment: Sendable {
    /// Four, as RFC 4302 section 3.3.3.2.1 says.
    case standard
    /// Eight, as Linux does unless its SA has the flag `align4`.
    case linux

    init(_ association: SecurityAssociation) {
        self = association.flags.contains(.align4) ? .standard : .linux
    }

    /// Octets of header for an ICV of `icvSize` octets.
    func headerCount(icvSize: Int, family: AddressFamily) -> Int {
        let unit = family == .ipv4 && self == .standard ? 4 : 8
        return (AHPacket.fixedCount + icvSize + unit - 1) / unit * unit
    }
}
