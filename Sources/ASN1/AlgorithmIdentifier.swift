/// The name of an algorithm with its parameters (RFC 5280 section 4.1.1.2).
package struct AlgorithmIdentifier: Hashable, Sendable {
    package let algorithm: ObjectIdentifier
    /// The whole encoding of the parameters; nil where there are none.
    package let parameters: [UInt8]?

    package init(_ algorithm: ObjectIdentifier, parameters: [UInt8]? = nil) {
        self.algorithm = algorithm
        self.parameters = parameters
    }

    /// Takes one from the front of what `reader` reads.
    package init(from reader: inout DERReader) throws(DERError) {
        var inside = try reader.takeSequence()
        algorithm = try inside.takeObjectIdentifier()
        parameters = inside.isAtEnd ? nil : Array(try inside.take().encoding)
        try inside.requireEnd()
    }

    /// The encoding of NULL, which some algorithms want as their parameters.
    package static let null: [UInt8] = [0x05, 0x00]

    /// Whether there are no parameters, written in either way.
    package var isWithoutParameters: Bool { parameters == nil || parameters == Self.null }

    package var encoding: [UInt8] {
        DER.sequence(DER.objectIdentifier(algorithm), parameters ?? [])
    }
}
