import Wire

/// A transform inside a proposal (RFC 2408 section 3.6, RFC 7296 section 3.3.2).
///
///      0                   1                   2                   3
///     +---------------+---------------+-------------------------------+
///     !   3 or 0      !   Reserved    !            Length             !
///     +---------------+---------------+-------------------------------+
///     !                   Head, laid out by version                   !
///     +---------------------------------------------------------------+
///     ~                        Data attributes                        ~
///     +---------------------------------------------------------------+
package struct TransformSubstructure: Hashable, Sendable {
    /// The four octets after the length, which the two IKE versions lay out differently.
    package var head: UInt32
    package var attributes: [DataAttribute]

    package init(head: UInt32, attributes: [DataAttribute]) {
        self.head = head
        self.attributes = attributes
    }

    /// Reads what follows the generic header, `offset` octets into what is being read.
    init(reading body: Span<UInt8>, at offset: Int) throws(ChainError) {
        var rest = body
        do {
            head = try rest.takeUInt32()
        } catch {
            throw .wire(error, at: offset)
        }
        attributes = try DataAttribute.readAll(rest, at: offset + 4)
    }

    func writeBody(to writer: inout ByteWriter) throws(WireError) {
        writer.put(head)
        for attribute in attributes { try attribute.write(to: &writer) }
    }

    /// Octets of a transform without attributes.
    static let leastSize = 8

    /// What says that another transform follows.
    static let next: UInt8 = 3
}
