import Algorithms
package import IPsec
package import KeyMaterial

/// SAs as Wireshark's table of ESP SAs: what it can decrypt, and why it cannot decrypt the rest.
package struct WiresharkTable: Sendable {
    /// A row of the file `esp_sa`.
    ///
    /// Its key is in the row, so that rows are handed on and not kept.
    package struct Row: Sendable {
        package var id: SecurityAssociationID
        fileprivate var entry: SADEntry
        fileprivate var cipher: String
        fileprivate var integrity: String
    }

    /// An SA that Wireshark does nothing with, or not all.
    package struct Note: Hashable, Sendable {
        package var id: SecurityAssociationID
        /// A sentence for a person, such as `esp 0x00001001 to 192.0.2.2: Wireshark 4.0 does not know aes-ccm-16`.
        package var text: String
    }

    package private(set) var rows: [Row] = []
    package private(set) var notes: [Note] = []

    package init(_ entries: some Sequence<SADEntry>) {
        for entry in entries { add(entry) }
    }

    /// Hands on each line with its keys, without a line end.
    package func forEachLine(_ body: (String) -> Void) {
        for row in rows {
            row.line.octets.withSpan { octets in
                body(String(decoding: octets.indices.dropLast().map { octets[$0] }, as: UTF8.self))
            }
        }
    }

    /// The file, a line for each row.
    package var text: SecretText {
        var text = SecretText()
        for row in rows { text.append(row.line) }
        return text
    }

    private mutating func add(_ entry: SADEntry) {
        switch entry.transform {
        case .none: note(entry, "has no keys yet; it is left out")
        case .ah: note(entry, "is AH, which Wireshark shows without keys and never checks; it is left out")
        case .ipcomp: note(entry, "is IPComp, which Wireshark inflates without being told; it is left out")
        case .esp(let cipher, let integrity): add(entry, cipher, integrity)
        }
    }

    private mutating func add(_ entry: SADEntry, _ cipher: KeyedCipher, _ integrity: KeyedIntegrity?) {
        guard case .known(let algorithm) = cipher.algorithm,
            let known = WiresharkAlgorithms.ciphers.first(where: { $0.algorithm == algorithm })
        else {
            return note(entry, "uses \(Self.name(cipher)), which Wireshark 4.0 does not know; it is left out")
        }
        if let only = known.onlyKeyBits, cipher.key.count * 8 != only {
            return note(
                entry,
                "has a key of \(cipher.key.count * 8) bits; Wireshark takes \(only) bits for \(algorithm); it is left out"
            )
        }
        guard let name = integrityName(entry, integrity) else { return }
        if entry.replay.usesExtendedSequenceNumbers {
            note(
                entry, "has extended sequence numbers: Wireshark 4.0 decrypts it and calls its ICV bad")
        }
        rows.append(Row(id: entry.id, entry: entry, cipher: known.name, integrity: name))
    }

    /// nil, after a note, where not even the ICV's length can be said.
    private mutating func integrityName(_ entry: SADEntry, _ integrity: KeyedIntegrity?) -> String? {
        guard let integrity, integrity.icvBits > 0 else { return WiresharkAlgorithms.null }
        if case .known(let algorithm) = integrity.algorithm,
            let name = WiresharkAlgorithms.integrity[algorithm]
        {
            return name
        }
        guard WiresharkAlgorithms.uncheckedBits.contains(integrity.icvBits) else {
            note(
                entry,
                "has an ICV of \(integrity.icvBits) bits, which Wireshark 4.0 has no name for; it is left out"
            )
            return nil
        }
        note(entry, "uses \(Self.name(integrity)): Wireshark 4.0 decrypts it and does not check its ICV")
        return WiresharkAlgorithms.unchecked(bits: integrity.icvBits)
    }

    private mutating func note(_ entry: SADEntry, _ text: String) {
        notes.append(Note(id: entry.id, text: "\(entry.id) \(text)"))
    }

    private static func name(_ cipher: KeyedCipher) -> String {
        switch cipher.algorithm {
        case .known(let algorithm): algorithm.name
        case .foreign(let name): name
        }
    }

    private static func name(_ integrity: KeyedIntegrity) -> String {
        switch integrity.algorithm {
        case .known(let algorithm): algorithm.name
        case .foreign(let name): name
        }
    }
}

extension WiresharkTable.Row {
    fileprivate var line: SecretText {
        var line = SecretText()
        guard case .esp(let cipher, let integrity) = entry.transform else { return line }
        let family = id.destination.family == .ipv4 ? "IPv4" : "IPv6"
        line.append("\"\(family)\",\"\(entry.source)\",\"\(id.destination)\",\"\(id.spi)\",")
        line.append("\"\(self.cipher)\",")
        line.append(quoted: cipher.key)
        line.append(",\"\(self.integrity)\",")
        let isChecked = WiresharkAlgorithms.integrity.values.contains(self.integrity)
        line.append(quoted: isChecked ? integrity?.key : nil)
        line.append("\n")
        return line
    }
}

extension SecretText {
    fileprivate mutating func append(quoted key: SecretKey?) {
        append("\"")
        if let key, key.count > 0 {
            append("0x")
            append(hexadecimal: key)
        }
        append("\"")
    }
}
