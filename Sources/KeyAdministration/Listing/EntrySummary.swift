import IPsec

/// An entry in one line, without keys.
enum EntrySummary {
    /// `esp 0x00001001 10.0.0.1 -> 10.0.0.2 tunnel reqid=7 aes-cbc hmac-sha1`.
    static func of(_ entry: SADEntry) -> String {
        let name = SetkeyWords.protocolName(entry.id.protocol)
        var words = ["\(name) \(entry.id.spi) \(entry.source) -> \(entry.id.destination)"]
        words.append((entry.mode ?? .transport).rawValue)
        if entry.requestID != 0 { words.append("reqid=\(entry.requestID)") }
        words += algorithms(entry.transform)
        if let ports = entry.encapsulation?.ports {
            words.append("udp=\(ports.sourcePort)-\(ports.destinationPort)")
        }
        return (words + ExtensionWords.of(entry)).joined(separator: " ")
    }

    /// `out 10.0.0.0/24[any] 10.1.0.0/16[80] tcp prio def ipsec esp/tunnel/192.0.2.1-192.0.2.2/require`.
    static func of(_ entry: SPDEntry, _ names: ProtocolNames) -> String {
        let policy = entry.policy
        let words =
            [
                SetkeyWords.direction(policy.direction), SelectorText.listed(policy.selector, names),
                SetkeyWords.priority(policy.priority), SetkeyWords.action(policy.action),
            ].compactMap(\.self) + policy.templates.map { SetkeyWords.request($0) }
        return (words + ExtensionWords.of(entry)).joined(separator: " ")
    }

    private static func algorithms(_ transform: SATransform) -> [String] {
        switch transform {
        case .none: ["(no keys yet)"]
        case .esp(let cipher, let integrity):
            [SetkeyWords.name(cipher)] + (integrity.map { [SetkeyWords.name($0)] } ?? [])
        case .ah(let integrity): [SetkeyWords.name(integrity)]
        case .ipcomp(let algorithm): [SetkeyWords.name(algorithm)]
        }
    }
}
