public import Wire

/// A payload that writes itself: what both IKE versions chain in the same way (RFC 2408 section 3.2).
@usableFromInline
package protocol ChainedPayload {
    associatedtype Kind: RawRepresentable<UInt8> & Hashable & Sendable & CustomStringConvertible

    var type: Kind { get }
    /// The second octet of the generic header.
    var reserved: UInt8 { get }
    /// Writes the octets after the generic header.
    func write(to writer: inout ByteWriter) throws(CodecError<Kind>)
}

extension ChainedPayload {
    /// Payloads with their generic headers, one after the other, as they stand in a message.
    @inlinable package static func encode(_ payloads: some Sequence<Self>) throws(CodecError<Kind>)
        -> [UInt8]
    {
        // Few messages exceed it.
        var writer = ByteWriter(capacity: 512)
        var rest = payloads.makeIterator()
        var current = rest.next()
        while let payload = current {
            let following = rest.next()
            let next = following?.type.rawValue ?? 0
            let start = GenericHeader.begin(next: next, reserved: payload.reserved, to: &writer)
            try payload.write(to: &writer)
            do {
                try GenericHeader.end(start, to: &writer)
            } catch {
                throw CodecError(.payloads, .wire(error))
            }
            current = following
        }
        return writer.bytes
    }
}
