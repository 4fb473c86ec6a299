import ESP
import IPsec

/// The MTU of the TUN device: no packet read from it outgrows its path once it is protected.
enum DeviceMTU {
    /// Where nothing is known yet: fits every transform in UDP over IPv6 on an Ethernet.
    static let initial = 1400
    /// What IPv6 asks of every link (RFC 8200 section 5); smaller paths fragment the outer packet.
    static let minimum = 1280

    /// The smallest over all that packets may go through: bundles, and outbound SAs by themselves.
    ///
    /// - Parameter bundles: SAs that are applied one after the other, the innermost first.
    /// - Parameter pathMTU: octets that reach an address unfragmented.
    static func value(
        for bundles: [[SecurityAssociation]], pathMTU: (IPAddress) -> Int
    ) -> Int {
        let sizes = bundles.compactMap { bundle in
            bundle.last.map { outermost in
                bundle.reversed().reduce(pathMTU(outermost.id.destination)) { room, association in
                    PacketRoom.innerMTU(linkMTU: room, for: association)
                }
            }
        }
        return sizes.min().map { max($0, minimum) } ?? initial
    }
}
