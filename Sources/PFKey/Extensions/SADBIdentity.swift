import Wire

/// Who an SA's key negotiation was between (`struct sadb_ident`, RFC 2367 section 2.3.5); Linux ignores it.
package struct SADBIdentity: Hashable, Sendable {
    package enum Role: Hashable, Sendable {
        case source
        case destination

        var type: SADBExtensionType {
            switch self {
            case .source: .identitySource
            case .destination: .identityDestination
            }
        }
    }

    /// 1 prefix, 2 FQDN, 3 user@FQDN.
    package var kind: UInt16
    package var number: UInt64
    /// The name as it came: text, a zero octet, and what fills up.
    package var name: [UInt8]

    init(_ body: inout Span<UInt8>) throws(WireError) {
        kind = try body.takeHostUInt16()
        try body.skip(2)
        number = try body.takeHostUInt64()
        name = body.takeRemainingBytes()
    }

    func put(into writer: inout ByteWriter) {
        writer.put(host: kind)
        writer.putZeros(2)
        writer.put(host: number)
        writer.put(name)
    }
}

/// How sensitive what an SA protects is (`struct sadb_sens`, RFC 2367 section 2.3.6); Linux ignores it.
package struct SADBSensitivity: Hashable, Sendable {
    package var domain: UInt32
    package var sensitivityLevel: UInt8
    /// Units of 8 octets in `bitmaps`.
    package var sensitivityLength: UInt8
    package var integrityLevel: UInt8
    package var integrityLength: UInt8
    /// Both bitmaps, as they came.
    package var bitmaps: [UInt8]

    init(_ body: inout Span<UInt8>) throws(WireError) {
        domain = try body.takeHostUInt32()
        sensitivityLevel = try body.takeUInt8()
        sensitivityLength = try body.takeUInt8()
        integrityLevel = try body.takeUInt8()
        integrityLength = try body.takeUInt8()
        try body.skip(4)
        bitmaps = body.takeRemainingBytes()
    }

    func put(into writer: inout ByteWriter) {
        writer.put(host: domain)
        writer.put(sensitivityLevel)
        writer.put(sensitivityLength)
        writer.put(integrityLevel)
        writer.put(integrityLength)
        writer.putZeros(4)
        writer.put(bitmaps)
    }
}
