package import Credentials
import IPsec
import ISAKMP
import Wire

/// Who a side says it is (RFC 7296 section 3.5).
///
///     +---------------+-----------------------------------------------+
///     |    ID type    |                   Reserved                    |
///     +---------------+-----------------------------------------------+
///     ~                      Identification data                      ~
///     +---------------------------------------------------------------+
package struct IdentificationPayload: Hashable, Sendable {
    /// Which of the two identification payloads it is.
    package enum Side: Hashable, Sendable {
        case initiator
        case responder
    }

    package var type: UInt8
    /// Kept as received, since AUTH covers it.
    var reserved: [UInt8] = [0, 0, 0]
    package var content: [UInt8]

    package init(_ identity: Identity) {
        (type, content) =
            switch identity {
            case .address(let address):
                (address.family == .ipv4 ? Self.ipv4Address : Self.ipv6Address, address.bytes)
            case .fqdn(let name): (Self.fqdn, Array(name.utf8))
            case .userFQDN(let name): (Self.mailbox, Array(name.utf8))
            case .keyID(let octets): (Self.keyID, octets)
            case .distinguishedName(let der): (Self.distinguishedName, der)
            case .other(let type, let content): (type, content)
            }
    }

    init(body: Span<UInt8>, _ type: PayloadType) throws(MessageError) {
        let fields = try MessageError.reading(type, body) { rest throws(WireError) in
            (try rest.takeUInt8(), try rest.takeBytes(3), rest.takeRemainingBytes())
        }
        (self.type, reserved, content) = fields
        guard !content.isEmpty else {
            throw MessageError(.payload(type), .size("identification", found: 0, expected: "at least 1"))
        }
        let size: Int? =
            switch self.type {
            case Self.ipv4Address: 4
            case Self.ipv6Address: 16
            default: nil
            }
        guard size == nil || size == content.count else {
            throw MessageError(
                .payload(type), .size("address", found: content.count, expected: "\(size ?? 0)"))
        }
    }

    /// What AUTH covers: RestOfInitIDPayload or RestOfRespIDPayload (RFC 7296 section 2.15).
    package var body: [UInt8] {
        var writer = ByteWriter(capacity: 4 + content.count)
        write(to: &writer)
        return writer.bytes
    }

    func write(to writer: inout ByteWriter) {
        writer.put(type)
        writer.put(reserved)
        writer.put(content)
    }

    /// The identity the payload states; types without a form of their own come as `other`.
    package var identity: Identity {
        switch type {
        case Self.ipv4Address, Self.ipv6Address: IPAddress(bytes: content).map(Identity.address) ?? other
        case Self.fqdn: name.map(Identity.fqdn) ?? other
        case Self.mailbox: name.map(Identity.userFQDN) ?? other
        case Self.keyID: .keyID(content)
        case Self.distinguishedName: .distinguishedName(content)
        default: other
        }
    }

    /// Two names that differ in octets must not become one by repair of their encoding.
    private var name: String? { String(validating: content, as: UTF8.self) }

    private var other: Identity { .other(type: type, content: content) }

    private static let ipv4Address: UInt8 = 1
    private static let fqdn: UInt8 = 2
    private static let mailbox: UInt8 = 3
    private static let ipv6Address: UInt8 = 5
    private static let distinguishedName: UInt8 = 9
    private static let keyID: UInt8 = 11
}
