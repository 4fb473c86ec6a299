internal import IPsec

/// What tunnel headers take from the packets they carry, and give back (RFC 4301 section 5.1.2, RFC 6040).
///
/// The time to live of the inner packet is left alone in both directions: whoever forwards the packet to the tunnel
/// or from it decrements it, as for any other link (note 2 of RFC 4301 section 5.1.2.1). The outer one begins at 64.
struct HeaderRules: Sendable {
    private let crossesECN: Bool
    private let copiesDSCPOutward: Bool
    private let copiesDSCPInward: Bool
    private let clearsDontFragment: Bool

    init(_ flags: Set<SAFlag>) {
        crossesECN = !flags.contains(.noECN)
        copiesDSCPOutward = !flags.contains(.noEncapsulateDSCP)
        copiesDSCPInward = flags.contains(.decapsulateDSCP)
        clearsDontFragment = flags.contains(.noPMTUDiscovery)
    }

    /// The outer header's DSCP and ECN: RFC 6040 section 4.1, normal mode, or compatibility mode with `noecn`.
    @inline(always)
    func outerTrafficClass(inner: UInt8) -> UInt8 {
        (copiesDSCPOutward ? inner & 0xfc : 0) | (crossesECN ? inner & 3 : 0)
    }

    /// The inner header's DSCP and ECN once it is out of the tunnel: RFC 6040 section 4.2.
    ///
    /// - Throws: `congestionMarkLost` for a mark on a packet whose transport would not see it.
    @inline(always)
    func innerTrafficClass(inner: UInt8, outer: UInt8) throws(DropReason) -> UInt8 {
        let dscp = (copiesDSCPInward ? outer : inner) & 0xfc
        guard crossesECN else { return dscp | inner & 3 }
        return dscp | (try TunnelHeader.decapsulatedECN(inner: inner, outer: outer))
    }

    /// The outer header's DF.
    @inline(always)
    func dontFragment(inner: Bool) -> Bool { inner && !clearsDontFragment }
}
