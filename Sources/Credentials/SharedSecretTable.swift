package import Algorithms
internal import Cryptography
package import IPsec
package import KeyMaterial

/// Pre-shared keys by the name of the peer: the content of psk.txt.
///
/// One entry a line: a name, blanks, and the key up to the end of the line. `#` in the first column makes a comment;
/// a key that starts with `0x` is in hexadecimal. The first entry that matches counts.
package struct SharedSecretTable: Sendable {
    /// By what a peer's key is looked for.
    package enum PeerName: Hashable, Sendable {
        case address(IPAddress)
        case identity(Identity)
        /// A user's, in extended authentication.
        case login(String)
    }

    /// Why there is no answer.
    package enum Failure: Error, Hashable, Sendable {
        /// No entry for this peer; the file and the names that were looked for.
        case noEntry(file: String, lookedFor: [String])
        /// The entry or the file cannot be used; a sentence that says why and what to do.
        case unusable(String)
    }

    /// Something to tell about a line.
    package struct Remark: Hashable, Sendable, CustomStringConvertible {
        package let file: String
        package let line: Int
        package let explanation: String
        /// Whether the line's key is never used.
        package let isRefused: Bool

        /// The remark behind file and line, as in `psk.txt:3: …`.
        package var description: String { "\(file):\(line): \(explanation)" }
    }

    private struct Entry {
        let name: [UInt8]
        let address: IPAddress?
        let key: Result<SecretKey, Failure>
    }

    /// The file's name, for messages.
    package let file: String
    /// What is wrong or surprising in the file, by line.
    package let remarks: [Remark]
    private let entries: [Entry]

    /// Longest line, octets without the newline.
    private static let longestLine = 1023

    /// Reads the content of the file; lines that cannot be used become remarks.
    package init(_ content: borrowing SecretBytes, file: String) {
        var lines = content.withSpan { SharedSecretLines($0, longest: Self.longestLine) }
        var entries: [Entry] = []
        var remarks: [Remark] = []
        while let line = lines.next() {
            for (explanation, isRefused) in line.remarks {
                remarks.append(
                    Remark(file: file, line: line.number, explanation: explanation, isRefused: isRefused))
            }
            guard let key = line.key else { continue }
            let address = IPAddress(String(decoding: line.name, as: UTF8.self))
            entries.append(
                Entry(
                    name: line.name, address: address,
                    key: Self.secret(key, of: line, in: content, file: file)))
            if case .failure(.unusable(let sentence)) = entries[entries.count - 1].key {
                let text = String(sentence.dropFirst("\(file):\(line.number): ".count))
                remarks.append(Remark(file: file, line: line.number, explanation: text, isRefused: true))
            }
        }
        self.file = file
        self.entries = entries
        self.remarks = remarks
    }

    /// Entries that can be looked up, unusable ones included.
    package var count: Int { entries.count }

    /// prf(the peer's key, data), for the first of the names that has an entry; the key stays here.
    package func answer(
        _ prf: PseudorandomFunction, _ data: [UInt8], for names: [PeerName]
    ) -> Result<SecretKey, Failure> {
        for name in names {
            guard let entry = entries.first(where: { Self.matches($0, name) }) else { continue }
            return entry.key.map { PRF.compute(prf, key: $0, data: data) }
        }
        // A peer whose identity is its address is looked for by both.
        let lookedFor = names.map(\.description).reduce(into: [String]()) { told, name in
            if !told.contains(name) { told.append(name) }
        }
        return .failure(.noEntry(file: file, lookedFor: lookedFor))
    }

    private static func secret(
        _ key: Range<Int>, of line: SharedSecretLine, in content: borrowing SecretBytes, file: String
    ) -> Result<SecretKey, Failure> {
        guard line.isHexadecimal else { return .success(SecretKey(content.extracting(key))) }
        guard let decoded = content.decodingHexadecimal(key.dropFirst(2)) else {
            return .failure(
                .unusable(
                    "\(file):\(line.number): the key starts with 0x but pairs of hexadecimal digits do not follow; "
                        + "correct it, or take 0x away if the key is text"))
        }
        return .success(SecretKey(decoded))
    }

    private static func matches(_ entry: Entry, _ name: PeerName) -> Bool {
        switch name {
        case .address(let address), .identity(.address(let address)): entry.address == address
        case .identity(.fqdn(let text)), .identity(.userFQDN(let text)), .login(let text):
            entry.name.elementsEqual(text.utf8)
        case .identity(.keyID(let octets)): entry.name == octets
        case .identity(.distinguishedName), .identity(.other): false
        }
    }
}

extension SharedSecretTable.PeerName: CustomStringConvertible {
    package var description: String {
        switch self {
        case .address(let address): "\(address)"
        case .identity(let identity): "\(identity)"
        case .login(let name): "\(Identity.userFQDN(name))"
        }
    }
}
