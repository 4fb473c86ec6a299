import Wire

/// A PF_KEY message: header and extensions (RFC 2367, with the additions of KAME and Linux).
///
/// Extensions stay in the order they came or were given, and are written in that order.
package struct SADBMessage: Sendable {
    package var header: SADBHeader
    package var extensions: [SADBExtension]

    package init(_ header: SADBHeader, _ extensions: [SADBExtension] = []) {
        self.header = header
        self.extensions = extensions
    }

    /// Reads a message.
    ///
    /// Up to 7 stray octets after it are no fault of its length, but no extension either, which is Linux's way.
    ///
    /// - Throws: an error of kind `header` for what `send` refuses, else one that names the extension.
    package init(decoding bytes: Span<UInt8>) throws(SADBError) {
        var rest = bytes
        let (header, length) = try SADBHeader.take(from: &rest)
        try SADBHeader.check(length, of: bytes.count)
        var body = rest
        self.init(header)
        var seen: Set<UInt16> = []
        while !body.isEmpty {
            let next = try Self.takeExtension(from: &body)
            if let type = next.type, !seen.insert(type.rawValue).inserted {
                throw SADBError.malformed(type, "is there twice")
            }
            extensions.append(next)
        }
    }

    /// The octets of the message.
    ///
    /// They hold the keys that the message holds: wipe them once they are sent.
    ///
    /// - Throws: where an extension or the message is longer than its length field can say.
    package func encoded() throws(SADBError) -> [UInt8] {
        var body = ByteWriter(capacity: 256)
        for part in extensions {
            var content = ByteWriter()
            part.put(into: &content)
            let padding = (8 - (content.count + 4) % 8) % 8
            body.put(host: try Self.units(content.count + 4 + padding))
            body.put(host: part.number)
            body.put(content.bytes)
            body.putZeros(padding)
        }
        var writer = ByteWriter(capacity: SADBHeader.size + body.count)
        header.put(length: try Self.units(SADBHeader.size + body.count), into: &writer)
        writer.put(body.bytes)
        return writer.bytes
    }

    private static func units(_ octets: Int) throws(SADBError) -> UInt16 {
        guard let units = UInt16(exactly: octets / 8) else {
            throw SADBError(.malformed, .size, "A PF_KEY message cannot hold \(octets) octets.")
        }
        return units
    }

    private static func takeExtension(from body: inout Span<UInt8>) throws(SADBError) -> SADBExtension {
        var rest = body
        guard let units = try? rest.takeHostUInt16(), let number = try? rest.takeHostUInt16() else {
            throw SADBError(
                .malformed, .invalid, "At the end are \(body.count) octets, too few for an extension.")
        }
        let length = Int(units) * 8
        let type = SADBExtensionType(rawValue: number)
        guard number != 0, length != 0, length <= body.count else {
            throw SADBError(
                .malformed, .invalid,
                "The extension \(type?.name ?? "\(number)") says \(length) octets; \(body.count) are left.")
        }
        let content = body.extracting(4..<length)
        body = body.extracting(droppingFirst: length)
        guard let type else { return .foreign(number, content.array) }
        return try SADBExtension(type, content)
    }
}

/// What a message holds, by kind.
extension SADBMessage {
    package var association: SADBAssociation? {
        first { if case .association(let value) = $0 { value } else { nil } }
    }

    package var association2: SADBAssociation2? {
        first { if case .association2(let value) = $0 { value } else { nil } }
    }

    package var policy: SADBPolicy? {
        first { if case .policy(let value) = $0 { value } else { nil } }
    }

    package var spiRange: SADBSPIRange? {
        first { if case .spiRange(let value) = $0 { value } else { nil } }
    }

    package var natTraversalType: UInt8? {
        first { if case .natTraversalType(let value) = $0 { value } else { nil } }
    }

    package var securityContext: SADBSecurityContext? {
        first { if case .securityContext(let value) = $0 { value } else { nil } }
    }

    package var keyManagerAddress: SADBAddressPair? {
        first { if case .keyManagerAddress(let value) = $0 { value } else { nil } }
    }

    package var filter: SADBFilter? {
        first { if case .filter(let value) = $0 { value } else { nil } }
    }

    package var explanation: String? {
        first { if case .explanation(let value) = $0 { value } else { nil } }
    }

    package func lifetime(_ kind: SADBLifetime.Kind) -> SADBLifetime? {
        first { if case .lifetime(kind, let value) = $0 { value } else { nil } }
    }

    package func address(_ role: SADBAddress.Role) -> SADBAddress? {
        first { if case .address(role, let value) = $0 { value } else { nil } }
    }

    package func key(_ role: SADBKey.Role) -> SADBKey? {
        first { if case .key(role, let value) = $0 { value } else { nil } }
    }

    package func port(_ role: SADBPortRole) -> UInt16? {
        first { if case .natTraversalPort(role, let value) = $0 { value } else { nil } }
    }

    package func supported(_ kind: SADBSupported.Kind) -> SADBSupported? {
        first { if case .supported(kind, let value) = $0 { value } else { nil } }
    }

    private func first<Value>(_ pick: (SADBExtension) -> Value?) -> Value? {
        for candidate in extensions {
            if let value = pick(candidate) { return value }
        }
        return nil
    }
}
