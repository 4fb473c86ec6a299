import IPsec
import SetkeyScript

/// A request as the setkey statement that asks for it.
enum RequestText {
    /// On one line, without a line end.
    static func of(_ request: DatabaseRequest, keys: KeyDisplay) -> String {
        switch request {
        case .addSA(let entry): statement("add", entry, keys)
        case .updateSA(let entry): statement("update", entry, keys)
        case .getSA(let key): "get \(reference(key));"
        case .deleteSA(let key): "delete \(reference(key));"
        case .flushSAD(let number): "flush\(number.map { " \(SetkeyWords.protocolName($0))" } ?? "");"
        case .allocateSPI(let entry, _): statement("getspi", entry, keys)
        case .addPolicy(let entry): statement("spdadd", entry)
        case .updatePolicy(let entry): statement("spdupdate", entry)
        case .getPolicy(let key): statement("spdget", key)
        case .deletePolicy(let key): statement("spddelete", key)
        case .flushSPD: "spdflush;"
        }
    }

    /// What the entry's own text has behind its keyword.
    private static func statement(_ keyword: String, _ entry: SADEntry, _ keys: KeyDisplay) -> String {
        let text =
            switch keys {
            case .shown: entry.setkeyText
            case .masked: entry.maskedSetkeyText
            }
        return keyword + text.drop { $0 != " " }
    }

    private static func statement(_ keyword: String, _ entry: SPDEntry) -> String {
        keyword + entry.setkeyText.drop { $0 != " " }
    }

    /// What comes before a policy's direction tells it from others.
    private static func statement(_ keyword: String, _ key: SPDKey) -> String {
        var entry = SPDEntry(
            SecurityPolicy(selector: key.id.selector, direction: key.id.direction, action: .discard))
        entry.mark = key.mark
        entry.interfaceID = key.interfaceID
        entry.interface = key.interface
        entry.table = key.table
        let words = statement(keyword, entry).split(separator: " ").prefix { $0 != "-P" }
        return "\(words.joined(separator: " ")) -P \(SetkeyWords.direction(key.id.direction));"
    }

    /// The source does not tell an SA from others; the family's unspecified address stands for it.
    private static func reference(_ key: SADKey) -> String {
        let id = key.id
        return "\(IPAddress.unspecified(id.destination.family)) \(id.destination) "
            + "\(SetkeyWords.protocolName(id.protocol)) \(id.spi)"
    }
}
