import IPsec
import KeyMaterial
import Netlink
import PFKey
import TestSupport

@testable import PFKeyKernel

/// Messages of a client, and how the kernel would read them.
enum Sample {
    static let one = IPAddress("192.0.2.1") ?? .unspecified(.ipv4)
    static let two = IPAddress("192.0.2.2") ?? .unspecified(.ipv4)
    static let three = IPAddress("2001:db8::3") ?? .unspecified(.ipv6)
    static let four = IPAddress("2001:db8::4") ?? .unspecified(.ipv6)

    static func ends(_ source: IPAddress = one, _ destination: IPAddress = two) -> [SADBExtension] {
        [
            .address(.source, SADBAddress(host: source)),
            .address(.destination, SADBAddress(host: destination)),
        ]
    }

    static func key(_ role: SADBKey.Role, bits: UInt16) -> SADBExtension {
        let octets = [UInt8](repeating: role == .encryption ? 0xee : 0xaa, count: (Int(bits) + 7) / 8)
        return .key(role, SADBKey(SecretKey(copying: octets), bits: bits))
    }

    static func association(
        _ integrity: UInt8, _ cipher: UInt8, replay: UInt8 = 4, flags: UInt32 = 0
    ) -> SADBExtension {
        .association(
            SADBAssociation(
                spi: 0x1000, replay: replay, state: 1, authentication: integrity, encryption: cipher,
                flags: flags))
    }

    /// ESP with AES and HMAC-SHA1.
    static var plain: [SADBExtension] {
        [association(3, 12)] + ends() + [key(.authentication, bits: 160), key(.encryption, bits: 128)]
    }

    static func message(
        _ type: SADBMessageType, _ satype: SADBSatype, _ extensions: [SADBExtension]
    ) -> SADBMessage {
        SADBMessage(SADBHeader(type, satype, sequence: 7, process: 99), extensions)
    }

    /// The number by which a request is refused; nil for one that is not.
    static func refusal(_ body: () throws -> Void) -> SADBErrorNumber? {
        do {
            try body()
            return nil
        } catch let error as SADBError {
            return error.number
        } catch {
            return SADBErrorNumber(255)
        }
    }
}

extension NetlinkRequest {
    /// What the kernel gets after the header, keys included.
    var octets: [UInt8] {
        var whole = [UInt8](repeating: 0, count: encodedSize)
        unsafe whole.withUnsafeMutableBytes { unsafe encode(into: $0, sequence: 1) }
        return Array(whole[16..<16 + payload.count])
    }
}
