internal import Algorithms
package import IPsec

/// How much room a buffer needs around a packet, and how much a packet grows.
///
/// ```
/// | headroom | packet as it came from the TUN device | tailroom |     before sealing
/// |   | IP | UDP | ESP | IV | payload | pad | ICV |   |             after sealing
/// ```
package enum PacketRoom {
    /// Octets before the packet: the longest outer header, UDP, ESP header and IV, rounded up.
    package static let headroom = 80
    /// Octets after the packet: the longest padding, trailer and ICV, rounded up.
    package static let tailroom = 64
    /// Octets before an ESP packet that comes without its IP header, so that transport and BEET mode can write one.
    ///
    /// BEET mode wants as many before a whole IP packet too: its inner header may be the longer one.
    package static let inboundHeadroom = 40

    /// Octets after the packet, for an SA that may pad to hide lengths.
    package static func tailroom(for association: SecurityAssociation) -> Int {
        tailroom + Int(clamping: association.trafficFlowPadding)
    }

    /// The largest inner packet whose sealed form fits into `linkMTU` octets: the MTU of a TUN device.
    package static func innerMTU(linkMTU: Int, for association: SecurityAssociation) -> Int {
        switch association.id.protocol {
        case .esp: return innerMTUOfESP(linkMTU: linkMTU, for: association)
        case .ah:
            let count = AHAlignment(association).headerCount(
                icvSize: association.transform.integrity?.icvSize ?? 0, family: association.source.family)
            return max(0, linkMTU - count - outerCount(association))
        case .ipcomp:
            // What does not shrink has the outer header alone; IPComp's own is never larger than what it saves.
            return max(0, linkMTU - outerCount(association))
        }
    }

    private static func outerCount(_ association: SecurityAssociation) -> Int {
        guard association.mode != .transport else { return 0 }
        return TunnelHeader.count(association.source.family)
    }

    private static func innerMTUOfESP(linkMTU: Int, for association: SecurityAssociation) -> Int {
        let algorithm = association.transform.encryption.algorithm
        let icv = algorithm.isAEAD ? algorithm.icvSize : association.transform.integrity?.icvSize ?? 0
        let header = association.source.family == .ipv4 ? 20 : 40
        let udp = association.encapsulation == nil ? 0 : 8
        let block = max(algorithm.blockSize, 4)
        let body = max(0, linkMTU - header - udp - 8 - algorithm.ivSize - icv) / block * block
        switch association.mode {
        case .tunnel, .iptfs: return max(0, body - 2)
        case .beet:
            // IPv4 options get a pseudo header of up to 8 octets.
            let inner = association.selector?.family == .ipv6 ? 40 : 12
            return max(0, body - 2 + inner)
        case .transport: return max(0, body - 2 + header)
        }
    }
}
