package import Credentials
import ISAKMP
import Wire

/// A side's proof of who it is (RFC 7296 section 3.8).
///
///     +---------------+-----------------------------------------------+
///     |  Auth method  |                   Reserved                    |
///     +---------------+-----------------------------------------------+
///     ~                      Authentication data                      ~
///     +---------------------------------------------------------------+
package struct AuthenticationPayload: Hashable, Sendable {
    package var method: AuthenticationMethod
    package var content: [UInt8]

    package init(_ method: AuthenticationMethod, _ content: [UInt8]) {
        self.method = method
        self.content = content
    }

    init(body: Span<UInt8>) throws(MessageError) {
        self = try MessageError.reading(.authentication, body) { rest throws(WireError) in
            let method = AuthenticationMethod(rawValue: try rest.takeUInt8())
            try rest.skip(3)
            return AuthenticationPayload(method, rest.takeRemainingBytes())
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.put(method.rawValue)
        writer.putZeros(3)
        writer.put(content)
    }
}
