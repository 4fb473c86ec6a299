import Wire

extension SADBMessage {
    /// An encoded message without the keys in it.
    ///
    /// Of one that is malformed somewhere the header alone is left: its keys could be anywhere.
    package static func withoutKeys(_ bytes: [UInt8]) -> [UInt8] {
        let whole = bytes.span
        guard bytes.count >= SADBHeader.size else { return bytes }
        var kept = ByteWriter(capacity: bytes.count)
        var rest = whole.extracting(droppingFirst: SADBHeader.size)
        var isWhole = true
        while !rest.isEmpty, isWhole {
            var fields = rest
            let units = (try? fields.takeHostUInt16()) ?? 0
            let number = (try? fields.takeHostUInt16()) ?? 0
            let length = Int(units) * 8
            isWhole = length >= 8 && length <= rest.count
            guard isWhole else { break }
            if !holdsKey(number) { kept.put(rest.extracting(first: length).array) }
            rest = rest.extracting(droppingFirst: length)
        }
        return assembled(bytes, isWhole ? kept.bytes : [])
    }

    private static func holdsKey(_ number: UInt16) -> Bool {
        number == SADBExtensionType.keyAuthentication.rawValue
            || number == SADBExtensionType.keyEncryption.rawValue
    }

    /// The header of one message before the extensions of another.
    private static func assembled(_ bytes: [UInt8], _ body: [UInt8]) -> [UInt8] {
        var head = ByteWriter(capacity: SADBHeader.size + body.count)
        head.put(Array(bytes[..<4]))
        head.put(host: UInt16(truncatingIfNeeded: (SADBHeader.size + body.count) / 8))
        head.put(Array(bytes[6..<SADBHeader.size]))
        head.put(body)
        return head.bytes
    }
}
