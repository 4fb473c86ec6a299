package import LinuxIO
package import PFKey

/// What a program says first that stands in for a PF_KEY socket of another.
///
/// It is 16 octets: `SWPFKEY1`, flags, and zero. With it come open sockets: one on which the server says how each
/// message of the client fared, and, where the client could make them, two of netlink.
package struct PFKeyHello {
    package let flags: UInt32
    /// What came beside the socket for acknowledgements.
    package let descriptors: ReceivedDescriptors

    /// The truncations of HMAC-SHA2-256 that a client can ask for.
    private static let (truncatedTo96, truncatedTo128): (UInt32, UInt32) = (1, 2)
    private static let magic = Array("SWPFKEY1".utf8)

    /// nil for another message.
    init?(_ message: [UInt8], _ descriptors: ReceivedDescriptors) {
        guard message.count == 16, message.starts(with: Self.magic) else { return nil }
        var flags: UInt32 = 0
        for octet in message[8..<12] { flags = flags << 8 | UInt32(octet) }
        // In the byte order of this host, as on the other side of a Unix socket.
        self.flags = UInt32(bigEndian: flags)
        self.descriptors = descriptors
    }

    /// The dialect that the client asks for, or the server's own.
    package func dialect(_ usual: SADBDialect) -> SADBDialect {
        var dialect = usual
        if flags & Self.truncatedTo96 != 0 { dialect.hasShortSHA256 = true }
        if flags & Self.truncatedTo128 != 0 { dialect.hasShortSHA256 = false }
        return dialect
    }
}

/// Why a client is not served: the number that its `socket` call is to fail with, and a sentence.
package struct PFKeyRefusal: Error, Hashable, Sendable {
    package var number: SADBErrorNumber
    package var explanation: String

    package init(_ number: SADBErrorNumber, _ explanation: String) {
        self.number = number
        self.explanation = explanation
    }
}

/// Databases with the clients that share them.
package final class PFKeyRoom<Plane: PFKeyPlane> {
    package var service: PFKeyService<Plane>
    /// One of these is readable when the plane has events.
    private let descriptors: (Plane) -> [Int32]

    package init(_ service: PFKeyService<Plane>, eventDescriptors: @escaping (Plane) -> [Int32]) {
        self.service = service
        descriptors = eventDescriptors
    }

    var eventDescriptors: [Int32] { descriptors(service.plane) }
}

/// A client's place in a room.
package struct PFKeySeat<Plane: PFKeyPlane> {
    package let room: PFKeyRoom<Plane>
    package let id: PFKeyClientID

    package init(_ room: PFKeyRoom<Plane>, _ id: PFKeyClientID) {
        self.room = room
        self.id = id
    }
}

/// Decides which databases a client gets.
package protocol PFKeyHost {
    associatedtype Plane: PFKeyPlane

    /// All rooms with clients in them.
    var rooms: [PFKeyRoom<Plane>] { get }

    /// Whether clients are taken in before they say anything: they are told what happens from then on.
    var takesSilentClients: Bool { get }

    /// Takes a client in; nil is one that says no hello.
    mutating func admit(_ hello: PFKeyHello?) throws(PFKeyRefusal) -> PFKeySeat<Plane>

    /// Lets a client go.
    mutating func release(_ seat: PFKeySeat<Plane>)
}

/// The host of a server with the same databases for everybody.
struct SingleRoomHost<Plane: PFKeyPlane>: PFKeyHost {
    let room: PFKeyRoom<Plane>
    let dialect: SADBDialect

    var rooms: [PFKeyRoom<Plane>] { [room] }
    var takesSilentClients: Bool { true }

    func admit(_ hello: PFKeyHello?) -> PFKeySeat<Plane> {
        PFKeySeat(room, room.service.connect(hello?.dialect(.linux) ?? dialect))
    }

    func release(_ seat: PFKeySeat<Plane>) {
        seat.room.service.disconnect(seat.id)
    }
}
