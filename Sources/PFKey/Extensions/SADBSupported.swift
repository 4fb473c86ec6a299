import Wire

/// The algorithms of one kind that a database has (`struct sadb_supported`, RFC 2367 section 2.3.8).
package struct SADBSupported: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case authentication
        case encryption

        var type: SADBExtensionType {
            switch self {
            case .authentication: .supportedAuthentication
            case .encryption: .supportedEncryption
            }
        }
    }

    /// One algorithm (`struct sadb_alg`).
    package struct Algorithm: Hashable, Sendable {
        /// SADB_AALG or SADB_EALG number.
        package var number: UInt8
        /// Octets of IV, as Linux tells them: 8 for every cipher but the null one, 0 for integrity.
        package var ivSize: UInt8
        /// Bits of key.
        package var minimumBits: UInt16
        package var maximumBits: UInt16

        package init(_ number: UInt8, ivSize: UInt8 = 0, bits: ClosedRange<UInt16>) {
            self.number = number
            self.ivSize = ivSize
            minimumBits = bits.lowerBound
            maximumBits = bits.upperBound
        }
    }

    package var algorithms: [Algorithm]

    package init(_ algorithms: [Algorithm]) {
        self.algorithms = algorithms
    }

    init(_ body: inout Span<UInt8>) throws(WireError) {
        try body.skip(4)
        algorithms = []
        while !body.isEmpty {
            var algorithm = Algorithm(try body.takeUInt8(), bits: 0...0)
            algorithm.ivSize = try body.takeUInt8()
            algorithm.minimumBits = try body.takeHostUInt16()
            algorithm.maximumBits = try body.takeHostUInt16()
            try body.skip(2)
            algorithms.append(algorithm)
        }
    }

    func put(into writer: inout ByteWriter) {
        writer.putZeros(4)
        for algorithm in algorithms {
            writer.put(algorithm.number)
            writer.put(algorithm.ivSize)
            writer.put(host: algorithm.minimumBits)
            writer.put(host: algorithm.maximumBits)
            writer.putZeros(2)
        }
    }
}
