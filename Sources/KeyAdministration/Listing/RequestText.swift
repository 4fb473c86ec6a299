import IPsec
import KeyMaterial

/// Writes requests as the setkey statements that ask for them.
struct RequestText {
    let output: TextOutput
    let keys: KeyDisplay

    /// On one line, without a line end.
    func write(_ request: DatabaseRequest) {
        switch request {
        case .addSA(let entry): write("add", entry)
        case .updateSA(let entry): write("update", entry)
        case .getSA(let key): output.write("get \(Self.reference(key));")
        case .deleteSA(let key): output.write("delete \(Self.reference(key));")
        case .flushSAD(let number):
            output.write("flush\(number.map { " \(SetkeyWords.protocolName($0))" } ?? "");")
        case .allocateSPI(let entry, let range):
            output.write("getspi \(Self.identity(entry, SPI(range.lowerBound)));")
        case .addPolicy(let entry): output.write("spdadd \(Self.policy(entry));")
        case .updatePolicy(let entry): output.write("spdupdate \(Self.policy(entry));")
        case .getPolicy(let key): output.write("spdget \(Self.policy(key));")
        case .deletePolicy(let key): output.write("spddelete \(Self.policy(key));")
        case .flushSPD: output.write("spdflush;")
        }
    }

    // MARK: associations

    private func write(_ keyword: String, _ entry: SADEntry) {
        output.write("\(keyword) \(Self.identity(entry, entry.id.spi))")
        if let mode = entry.mode { output.write(" -m \(mode.rawValue)") }
        if entry.replay.window != 0 { output.write(" -r \(entry.replay.window)") }
        if entry.requestID != 0 { output.write(" -u \(entry.requestID)") }
        for word in Self.limits(entry.lifetime) { output.write(" \(word)") }
        write(entry.transform)
        output.write(";")
        let rest = ExtensionWords.of(entry)
        if !rest.isEmpty { output.write(" # \(rest.joined(separator: " "))") }
    }

    private func write(_ transform: SATransform) {
        switch transform {
        case .none: break
        case .esp(let cipher, let integrity):
            output.write(" -E \(SetkeyWords.name(cipher))")
            write(cipher.key)
            if let integrity { write(integrity) }
        case .ah(let integrity): write(integrity)
        case .ipcomp(let algorithm): output.write(" -C \(SetkeyWords.name(algorithm))")
        }
    }

    private func write(_ integrity: KeyedIntegrity) {
        output.write(" -A \(SetkeyWords.name(integrity))")
        write(integrity.key)
    }

    private func write(_ key: SecretKey) {
        guard key.count > 0 else { return }
        output.write(keys == .shown ? " 0x" : " ")
        output.write(key: key, keys, grouping: .none)
    }

    /// `10.0.0.1 10.0.0.2 esp 0x00001001`.
    private static func identity(_ entry: SADEntry, _ spi: SPI) -> String {
        let name = SetkeyWords.protocolName(entry.id.protocol)
        guard let ports = entry.encapsulation?.ports else {
            return "\(entry.source) \(entry.id.destination) \(name) \(spi)"
        }
        return "\(entry.source)[\(ports.sourcePort)] \(entry.id.destination)[\(ports.destinationPort)] "
            + "\(name)-udp \(spi)"
    }

    /// The source does not tell an SA from others; the family's unspecified address stands for it.
    private static func reference(_ key: SADKey) -> String {
        let id = key.id
        return "\(IPAddress.unspecified(id.destination.family)) \(id.destination) "
            + "\(SetkeyWords.protocolName(id.protocol)) \(id.spi)"
    }

    private static func limits(_ lifetime: Lifetime) -> [String] {
        [
            lifetime.hardTime.map { "-lh \($0.components.seconds)" },
            lifetime.softTime.map { "-ls \($0.components.seconds)" },
            lifetime.hardBytes.map { "-bh \($0)" }, lifetime.softBytes.map { "-bs \($0)" },
        ].compactMap(\.self)
    }

    // MARK: policies

    private static func policy(_ key: SPDKey) -> String {
        "\(SelectorText.stated(key.id.selector)) -P \(SetkeyWords.direction(key.id.direction))"
    }

    private static func policy(_ entry: SPDEntry) -> String {
        let policy = entry.policy
        let words =
            [
                self.policy(entry.key), SetkeyWords.priority(policy.priority),
                SetkeyWords.action(policy.action),
            ].compactMap(\.self) + policy.templates.map { SetkeyWords.request($0) }
        return words.joined(separator: " ")
    }
}
