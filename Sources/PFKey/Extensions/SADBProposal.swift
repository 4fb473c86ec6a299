import Wire

/// What the database would accept for an acquire (`struct sadb_prop`, RFC 2367 section 2.3.7).
package struct SADBProposal: Hashable, Sendable {
    /// Packets of the replay window.
    package var replay: UInt8
    package var combinations: [Combination]

    /// One pair of algorithms with its lifetimes (`struct sadb_comb`, 72 octets).
    package struct Combination: Hashable, Sendable {
        /// SADB_AALG number.
        package var authentication: UInt8
        /// SADB_EALG number; 0 for AH.
        package var encryption: UInt8
        package var flags: UInt16 = 0
        /// Bits of key.
        package var authenticationBits: ClosedRange<UInt16>
        package var encryptionBits: ClosedRange<UInt16>
        package var soft = SADBLifetime(addTime: 20 * 3600, useTime: 7 * 3600)
        package var hard = SADBLifetime(addTime: 24 * 3600, useTime: 8 * 3600)
    }

    package init(replay: UInt8 = 32, combinations: [Combination]) {
        self.replay = replay
        self.combinations = combinations
    }

    init(_ body: inout Span<UInt8>) throws {
        replay = try body.takeUInt8()
        try body.skip(3)
        combinations = []
        while !body.isEmpty { combinations.append(try Combination(&body)) }
    }

    func put(into writer: inout ByteWriter) {
        writer.put(replay)
        writer.putZeros(3)
        for combination in combinations { combination.put(into: &writer) }
    }
}

extension SADBProposal.Combination {
    fileprivate init(_ body: inout Span<UInt8>) throws {
        authentication = try body.takeUInt8()
        encryption = try body.takeUInt8()
        flags = try body.takeHostUInt16()
        authenticationBits = try Self.takeRange(&body)
        encryptionBits = try Self.takeRange(&body)
        try body.skip(4)
        soft.allocations = try body.takeHostUInt32()
        hard.allocations = try body.takeHostUInt32()
        soft.bytes = try body.takeHostUInt64()
        hard.bytes = try body.takeHostUInt64()
        soft.addTime = try body.takeHostUInt64()
        hard.addTime = try body.takeHostUInt64()
        soft.useTime = try body.takeHostUInt64()
        hard.useTime = try body.takeHostUInt64()
    }

    private static func takeRange(_ body: inout Span<UInt8>) throws -> ClosedRange<UInt16> {
        let low = try body.takeHostUInt16()
        let high = try body.takeHostUInt16()
        guard low <= high else {
            throw SADBError.malformed(.proposal, "has key lengths from \(low) to \(high) bits")
        }
        return low...high
    }

    fileprivate func put(into writer: inout ByteWriter) {
        writer.put(authentication)
        writer.put(encryption)
        writer.put(host: flags)
        for range in [authenticationBits, encryptionBits] {
            writer.put(host: range.lowerBound)
            writer.put(host: range.upperBound)
        }
        writer.putZeros(4)
        writer.put(host: soft.allocations)
        writer.put(host: hard.allocations)
        for (soft, hard) in [
            (soft.bytes, hard.bytes), (soft.addTime, hard.addTime), (soft.useTime, hard.useTime),
        ] {
            writer.put(host: soft)
            writer.put(host: hard)
        }
    }
}
