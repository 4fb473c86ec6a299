import ESP
import IPsec

/// The MTU of the TUN device: no packet read from it outgrows its path once it is protected.
enum DeviceMTU {
    /// Where nothing is known yet: fits every transform in UDP over IPv6 on an Ethernet.
    static let initial = 1400
    /// What IPv6 asks of every link (RFC 8200 section 5); smaller paths fragment the outer packet.
    static let minimum = 1280

    /// The smallest over all outbound SAs.
    ///
    /// - Parameter pathMTU: octets that reach an address unfragmented.
    static func value(
        for associations: [SecurityAssociation], pathMTU: (IPAddress) -> Int
    ) -> Int {
        let sizes = associations.map {
            PacketRoom.innerMTU(linkMTU: pathMTU($0.id.destination), for: $0)
        }
        return sizes.min().map { max($0, minimum) } ?? initial
    }
}
