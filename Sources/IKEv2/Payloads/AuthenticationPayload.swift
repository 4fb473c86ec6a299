import ISAKMP
import Wire

/// How AUTH was made: an open set (RFC 7296 section 3.8).
package struct AuthenticationPayloadMethod: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let rsaSignature = AuthenticationPayloadMethod(rawValue: 1)
    package static let sharedKey = AuthenticationPayloadMethod(rawValue: 2)
    package static let dssSignature = AuthenticationPayloadMethod(rawValue: 3)
    /// RFC 4754, SHA-256 on P-256; the next two are SHA-384 on P-384 and SHA-512 on P-521.
    package static let ecdsa256 = AuthenticationPayloadMethod(rawValue: 9)
    package static let ecdsa384 = AuthenticationPayloadMethod(rawValue: 10)
    package static let ecdsa521 = AuthenticationPayloadMethod(rawValue: 11)
    /// RFC 7619.
    package static let null = AuthenticationPayloadMethod(rawValue: 13)
    /// RFC 7427.
    package static let digitalSignature = AuthenticationPayloadMethod(rawValue: 14)
}

extension AuthenticationPayloadMethod: CustomStringConvertible {
    package var description: String {
        switch self {
        case .rsaSignature: "RSA signature"
        case .sharedKey: "pre-shared key"
        case .dssSignature: "DSS signature"
        case .ecdsa256: "ECDSA P-256"
        case .ecdsa384: "ECDSA P-384"
        case .ecdsa521: "ECDSA P-521"
        case .null: "null authentication"
        case .digitalSignature: "digital signature"
        default: "authentication method \(rawValue)"
        }
    }
}

/// A side's proof of who it is (RFC 7296 section 3.8).
///
///     +---------------+-----------------------------------------------+
///     |  Auth method  |                   Reserved                    |
///     +---------------+-----------------------------------------------+
///     ~                      Authentication data                      ~
///     +---------------------------------------------------------------+
package struct AuthenticationPayload: Hashable, Sendable {
    package var method: AuthenticationPayloadMethod
    package var content: [UInt8]

    package init(_ method: AuthenticationPayloadMethod, _ content: [UInt8]) {
        self.method = method
        self.content = content
    }

    init(body: [UInt8]) throws(MessageError) {
        self = try MessageError.reading(.authentication, body) { rest throws(WireError) in
            let method = AuthenticationPayloadMethod(rawValue: try rest.takeUInt8())
            try rest.skip(3)
            return AuthenticationPayload(method, rest.takeRemainingBytes())
        }
    }

    var body: [UInt8] { [method.rawValue, 0, 0, 0] + content }
}
