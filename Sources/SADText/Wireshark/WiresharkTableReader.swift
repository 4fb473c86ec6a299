import Algorithms
import IPsec
import KeyMaterial
import SetkeyScript
import SourceText

/// The SAs of Wireshark's file `esp_sa`.
///
/// Its rows know neither mode nor encapsulation: what a packet carries tells the one, the packet itself the other.
struct WiresharkTableReader {
    private var lines: TextLines

    /// The columns' places.
    private enum Column {
        static let family = 0
        static let source = 1
        static let destination = 2
        static let spi = 3
        static let cipher = 4
        static let cipherKey = 5
        static let integrity = 6
        static let integrityKey = 7
        /// Of later versions: `64-bit`, and the high half.
        static let sequenceSize = 8
        static let highSequence = 9
    }

    init(_ file: SourceFile) {
        lines = TextLines(SourceFile(file, hiding: Self.keys))
    }

    private static func keys(_ bytes: [UInt8], _ line: Range<Int>) -> [Range<Int>] {
        let file = SourceFile(name: "", bytes: Array(bytes[line]))
        guard let row = WiresharkRow(file, file.bytes.indices) else { return [line] }
        return [Column.cipherKey, Column.integrityKey].filter { row.fields.indices.contains($0) }.map {
            row.fields[$0].lowerBound + line.lowerBound..<row.fields[$0].upperBound + line.lowerBound
        }
    }

    mutating func next(_ remarks: inout [Diagnostic]) throws(Diagnostic) -> [StatedAssociation]? {
        while let line = lines.next() {
            guard !line.words.isEmpty, !line.isComment else { continue }
            guard let row = WiresharkRow(line.file, line.range), row.fields.count >= 8 else {
                throw line.location.error(
                    "expected eight fields in quotes: IP version, source, destination, SPI, and two algorithms with keys"
                )
            }
            return [try association(row, at: line.location, &remarks)]
        }
        return nil
    }

    private func association(
        _ row: WiresharkRow, at place: SourceLocation, _ remarks: inout [Diagnostic]
    ) throws(Diagnostic) -> StatedAssociation {
        let family = try family(row)
        let source = try WiresharkPattern.addresses(
            row.text(Column.source), family, at: row.location(Column.source))
        let destination = try WiresharkPattern.addresses(
            row.text(Column.destination), family, at: row.location(Column.destination))
        let (spi, mask) = try WiresharkPattern.spi(row.text(Column.spi), at: row.location(Column.spi))
        let (cipher, integrity) = try algorithms(row, &remarks)
        var entry = SADEntry(
            id: SecurityAssociationID(destination: destination.address, protocol: .esp, spi: spi),
            source: source.address, mode: nil, transform: .esp(cipher, integrity))
        if row.text(Column.sequenceSize).hasPrefix("64") {
            entry.replay.usesExtendedSequenceNumbers = true
            let high: UInt32 = NumberText.parse(row.text(Column.highSequence)) ?? 0
            entry.replay.inboundSequence = UInt64(high) << 32
        }
        return StatedAssociation(
            entry: entry, location: place,
            coverage: PacketCoverage(source: source, destination: destination, spi: spi, spiMask: mask))
    }

    private func family(_ row: WiresharkRow) throws(Diagnostic) -> AddressFamily {
        switch row.text(Column.family).lowercased() {
        case "ipv4": return .ipv4
        case "ipv6": return .ipv6
        default: throw row.location(Column.family).error("expected \"IPv4\" or \"IPv6\"")
        }
    }

    private func algorithms(
        _ row: WiresharkRow, _ remarks: inout [Diagnostic]
    ) throws(Diagnostic) -> (KeyedCipher, KeyedIntegrity?) {
        let integrityName = row.text(Column.integrity)
        let unchecked = WiresharkAlgorithms.uncheckedBits(integrityName)
        let algorithm = try cipher(row, icvBits: unchecked)
        let place = row.location(Column.cipherKey)
        // The key of the null cipher is written by some and means nothing.
        let key = algorithm == .null ? SecretKey(copying: []) : try row.key(Column.cipherKey)
        try StatedKey(secret: key, location: place).check(for: algorithm)
        let cipher = KeyedCipher(algorithm, key: key)
        if algorithm.isAEAD || integrityName.uppercased() == WiresharkAlgorithms.null || integrityName.isEmpty
        {
            return (cipher, nil)
        }
        if let unchecked {
            remarks.append(
                row.location(Column.integrity).warning(
                    "the ICV of this SA cannot be checked: its algorithm is not said"))
            return (
                cipher,
                KeyedIntegrity(.foreign(integrityName), key: SecretKey(copying: []), icvBits: unchecked)
            )
        }
        return (cipher, try integrity(row))
    }

    private func cipher(_ row: WiresharkRow, icvBits: Int?) throws(Diagnostic) -> EncryptionAlgorithm {
        let name = row.text(Column.cipher)
        if WiresharkAlgorithms.isGCMOfUnsaidICV(name) {
            let xfrm = EncryptionAlgorithm.aesGCM16.xfrm
            if let found = Catalogue.encryption(xfrm: xfrm, icvBits: icvBits ?? 0) { return found }
            throw row.location(Column.cipher).error(
                "how long is this ICV? Write \"AES-GCM with 16 octet ICV [RFC4106]\", or 8 or 12")
        }
        guard let found = WiresharkAlgorithms.cipher(name) else {
            let known = WiresharkAlgorithms.ciphers.map(\.name)
            throw row.location(Column.cipher).error(
                "unknown cipher '\(name.prefix(60))'"
                    + Suggestion.hint(for: name, among: known)
                    + "; known are \(known.joined(separator: ", "))")
        }
        return found
    }

    private func integrity(_ row: WiresharkRow) throws(Diagnostic) -> KeyedIntegrity {
        let name = row.text(Column.integrity)
        guard let found = WiresharkAlgorithms.integrity(name) else {
            let known = WiresharkAlgorithms.integrity.values.sorted()
            throw row.location(Column.integrity).error(
                "unknown integrity algorithm '\(name.prefix(60))'"
                    + Suggestion.hint(for: name, among: known)
                    + "; known are \(known.joined(separator: ", "))")
        }
        let key = try row.key(Column.integrityKey)
        try StatedKey(secret: key, location: row.location(Column.integrityKey)).check(for: found)
        return KeyedIntegrity(found, key: key)
    }
}
