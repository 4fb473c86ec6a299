import IPsec

/// An explanation in words.
package struct ExplanationText {
    private let names: ProtocolNames

    package init(names: ProtocolNames) {
        self.names = names
    }

    /// Lines with line ends.
    package func render(_ explanation: Explanation) -> String {
        let direction = SetkeyWords.direction(explanation.direction)
        var lines = ["\(direction): \(packet(explanation.packet))"]
        guard let policy = explanation.policy else {
            lines.append("    no policy matches")
            return text(lines + [verdict(explanation)])
        }
        lines.append("    policy \(EntrySummary.of(policy.entry, names)) (spid=\(policy.index))")
        let count = explanation.resolutions.count
        for (position, resolution) in explanation.resolutions.enumerated() {
            lines.append("    \(position + 1) of \(count): \(SetkeyWords.request(resolution.template))")
            lines += self.lines(resolution, explanation).map { "        \($0)" }
        }
        return text(lines + [verdict(explanation)])
    }

    private func text(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }

    private func packet(_ packet: PacketQuery) -> String {
        let source = packet.sourcePort == 0 ? "\(packet.source)" : "\(packet.source)[\(packet.sourcePort)]"
        let destination =
            packet.destinationPort == 0
            ? "\(packet.destination)" : "\(packet.destination)[\(packet.destinationPort)]"
        let name = packet.upperProtocol == 0 ? "any protocol" : names.name(packet.upperProtocol)
        let mark = packet.mark == 0 ? "" : " mark=0x\(String(packet.mark, radix: 16))"
        let interface = packet.interfaceID == 0 ? "" : " if_id=\(packet.interfaceID)"
        return "\(source) -> \(destination) \(name)\(mark)\(interface)"
    }

    private func lines(_ resolution: TemplateResolution, _ explanation: Explanation) -> [String] {
        if let association = resolution.association {
            return ["SA \(EntrySummary.of(association.entry)), \(association.state.rawValue)"]
        }
        let template = resolution.template
        let name = SetkeyWords.protocolName(template.protocol)
        let reqid =
            template.requestID != 0
            ? " with reqid \(template.requestID)" : explanation.direction == .outbound ? " without reqid" : ""
        let missing =
            "missing: an SA \(name) from \(resolution.source) to \(resolution.destination), "
            + "mode \(template.mode.rawValue)\(reqid)"
        let near = resolution.near.map {
            "near: SA \(EntrySummary.of($0.association.entry)); \($0.obstacles.joined(separator: "; "))"
        }
        return [missing] + near + [
            "make it so: \(Self.statement(resolution, under: explanation.policy?.entry))"
        ]
    }

    /// The statement that adds what is missing, with words in capitals for what has to be chosen.
    static func statement(_ resolution: TemplateResolution, under policy: SPDEntry?) -> String {
        let template = resolution.template
        let reqid = template.requestID == 0 ? "" : " -u \(template.requestID)"
        let algorithms =
            switch template.protocol {
            case .esp: "-E aes-gcm-16 0xKEY"
            case .ah: "-A hmac-sha256 0xKEY"
            case .ipcomp: "-C deflate"
            }
        let mark = (policy?.mark).map { " -o mark=\($0)" } ?? ""
        let interface = policy.map { $0.interfaceID == 0 ? "" : " -o if_id=\($0.interfaceID)" } ?? ""
        return
            "add \(resolution.source) \(resolution.destination) \(SetkeyWords.protocolName(template.protocol)) "
            + "SPI -m \(template.mode.rawValue)\(reqid)\(mark)\(interface) \(algorithms);"
    }

    private func verdict(_ explanation: Explanation) -> String {
        let isOutbound = explanation.direction == .outbound
        switch explanation.verdict {
        case .clear where explanation.policy == nil && explanation.defaultAction == nil:
            return "    => it passes in clear, unless the system's default policy blocks it"
        case .clear where explanation.policy == nil:
            return "    => it passes in clear: the default policy is to accept"
        case .clear: return "    => it passes in clear"
        case .discarded where explanation.policy == nil:
            return "    => it is thrown away: the default policy is to block; add a policy that lets it pass"
        case .discarded: return "    => the policy discards it"
        case .protected:
            return isOutbound
                ? "    => it leaves protected" : "    => it is accepted if these SAs brought it, else dropped"
        case .blocked:
            return isOutbound
                ? "    => it is held until a key exchange daemon, or somebody, adds what is missing"
                : "    => it is dropped: no SA can have brought it"
        }
    }
}
