import Algorithms
import ISAKMP
import Negotiation
import Wire

/// One side's public value (RFC 7296 section 3.4).
///
///     +-------------------------------+-------------------------------+
///     |     Key exchange method       |           Reserved            |
///     +-------------------------------+-------------------------------+
///     ~                       Key exchange data                       ~
///     +---------------------------------------------------------------+
package struct KeyExchangePayload: Hashable, Sendable {
    /// Transform type 4.
    package var method: UInt16
    package var publicValue: [UInt8]

    package init(method: UInt16, publicValue: [UInt8]) {
        self.method = method
        self.publicValue = publicValue
    }

    init(_ exchange: PrivateValue) {
        self.init(method: exchange.method.number, publicValue: exchange.publicValue)
    }

    init(body: Span<UInt8>) throws(MessageError) {
        self = try MessageError.reading(.keyExchange, body) { rest throws(WireError) in
            let method = try rest.takeUInt16()
            try rest.skip(2)
            return KeyExchangePayload(method: method, publicValue: rest.takeRemainingBytes())
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.put(method)
        writer.putZeros(2)
        writer.put(publicValue)
    }
}
