internal import CaptureFile
internal import ESP
package import IPsec

/// What the packets of a capture came to, apart from those of known SAs.
package struct AuditTotals: Sendable {
    /// Protected packets that no SA is for.
    package struct Stranger: Hashable, Sendable {
        package let destination: IPAddress
        package let `protocol`: SecurityProtocol
        package let spi: SPI
        package var packets: UInt64 = 0
        package var octets: UInt64 = 0
    }

    /// SPIs that are counted apart.
    private static let maximumStrangers = 1000

    package var packets: UInt64 = 0
    /// IP packets that are not protected.
    package var plain: UInt64 = 0
    /// Frames that hold no IP packet.
    package private(set) var notIP: UInt64 = 0
    /// Frames of link types that are not read.
    package private(set) var unreadable: UInt64 = 0
    package private(set) var keepalives: UInt64 = 0
    package private(set) var ike: UInt64 = 0
    package private(set) var fragments: UInt64 = 0
    package private(set) var cut: UInt64 = 0
    package private(set) var malformed: UInt64 = 0
    /// The first link type that is not read.
    package private(set) var unreadableLinkType: String?
    /// Layers that no SA is for, by SPI in the order they came.
    package private(set) var strangers: [Stranger] = []
    /// Packets of further SPIs that no SA is for.
    package private(set) var furtherStrangers: UInt64 = 0
    private var places: [SecurityAssociationID: Int] = [:]

    mutating func note(_ stranger: LinkFrame.Stranger) {
        switch stranger {
        case .linkType(let type):
            unreadable += 1
            if unreadableLinkType == nil { unreadableLinkType = "\(type)" }
        case .notIP: notIP += 1
        case .truncated: cut += 1
        }
    }

    mutating func note(_ finding: Finding) {
        switch finding.what {
        case .sealed: break
        case .keepalive: keepalives += 1
        case .ike: ike += 1
        case .fragment: fragments += 1
        case .cut: cut += 1
        case .malformed: malformed += 1
        }
    }

    mutating func noteUnknown(_ packet: ProtectedPacket) {
        let id = SecurityAssociationID(
            destination: packet.header.destination, protocol: packet.protocol, spi: packet.spi)
        guard let place = places[id] ?? newPlace(id) else {
            furtherStrangers += 1
            return
        }
        strangers[place].packets += 1
        strangers[place].octets += UInt64(packet.header.totalCount)
    }

    private mutating func newPlace(_ id: SecurityAssociationID) -> Int? {
        guard strangers.count < Self.maximumStrangers else { return nil }
        strangers.append(Stranger(destination: id.destination, protocol: id.protocol, spi: id.spi))
        places[id] = strangers.count - 1
        return strangers.count - 1
    }
}
