package import Calendar
package import Credentials

/// A certificate that was issued: one line of an authority's index.
package struct IssueRecord: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case good
        case revoked(since: Timestamp, RevocationReason)
    }

    /// In hexadecimal: `01:AB`.
    package var serial: String
    package var name: String
    package var end: Timestamp
    package var state: State

    init(serial: String, name: String, end: Timestamp) {
        self.serial = serial
        self.name = name
        self.end = end
        state = .good
    }

    var isRevoked: Bool { state != .good }

    /// `SERIAL NAME END good` or `SERIAL NAME END revoked SINCE REASON`.
    var line: String {
        let start = "\(serial) \(name) \(end)"
        return switch state {
        case .good: start + " good"
        case .revoked(let since, let reason): start + " revoked \(since) \(reason.keyword)"
        }
    }

    /// Reads a line; the message says what is wrong with it.
    init(line: Substring) throws(Unreadable) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 4 || words.count == 6 else { throw Unreadable("\(words.count) words") }
        guard let end = Timestamp(words[2]) else { throw Unreadable("\"\(words[2])\" is no time") }
        self.init(serial: words[0], name: words[1], end: end)
        guard serialNumber != nil else { throw Unreadable("\"\(words[0])\" is no serial number") }
        guard Self.isUsable(name) else { throw Unreadable("\"\(name)\" is no name") }
        if words.count == 4, words[3] == "good" { return }
        guard words.count == 6, words[3] == "revoked", let since = Timestamp(words[4]),
            let reason = RevocationReason(keyword: words[5])
        else { throw Unreadable("neither good nor revoked") }
        state = .revoked(since: since, reason)
    }

    struct Unreadable: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// Two's complement, most significant octet first.
    var serialNumber: [UInt8]? {
        var octets: [UInt8] = []
        for pair in serial.split(separator: ":", omittingEmptySubsequences: false) {
            guard pair.utf8.count == 2, let octet = UInt8(pair, radix: 16) else { return nil }
            octets.append(octet)
        }
        return octets
    }

    /// Whether a name is good for a file of its own.
    static func isUsable(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64 && !name.hasPrefix(".") && !name.hasPrefix("-")
            && name != AuthorityFolder.ownName
            && name.utf8.allSatisfy { octet in
                switch octet {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: ".-_@".utf8.contains(octet)
                }
            }
    }
}

extension RevocationReason {
    /// The name of RFC 5280, as commands and the index write it: `keyCompromise`.
    package var keyword: String {
        switch self {
        case .unspecified: "unspecified"
        case .keyCompromise: "keyCompromise"
        case .authorityCompromise: "cACompromise"
        case .affiliationChanged: "affiliationChanged"
        case .superseded: "superseded"
        case .cessationOfOperation: "cessationOfOperation"
        case .certificateHold: "certificateHold"
        case .removeFromCRL: "removeFromCRL"
        case .privilegeWithdrawn: "privilegeWithdrawn"
        case .attributeAuthorityCompromise: "aACompromise"
        }
    }

    package init?(keyword: String) {
        guard let found = Self.allCases.first(where: { $0.keyword == keyword }) else { return nil }
        self = found
    }
}
