package import IPsec

/// What happened in a database, as a line for a person.
package struct EventText {
    private let names: ProtocolNames

    package init(names: ProtocolNames) {
        self.names = names
    }

    /// `added SA esp 0x00001001 10.0.0.1 -> 10.0.0.2 tunnel`, without a line end.
    package func line(_ event: DatabaseEvent) -> String {
        switch event {
        case .added(let record): "added SA \(EntrySummary.of(record.entry))"
        case .updated(let record): "updated SA \(EntrySummary.of(record.entry))"
        case .deleted(let record): "deleted SA \(EntrySummary.of(record.entry))"
        case .expired(let record, let isHard):
            "\(isHard ? "expired" : "expiring") SA \(EntrySummary.of(record.entry))"
        case .flushedSAD(let number):
            "flushed \(number.map { "\(SetkeyWords.protocolName($0)) SAs" } ?? "all SAs")"
        case .addedPolicy(let record): "added policy \(EntrySummary.of(record.entry, names))"
        case .updatedPolicy(let record): "updated policy \(EntrySummary.of(record.entry, names))"
        case .deletedPolicy(let record): "deleted policy \(EntrySummary.of(record.entry, names))"
        case .expiredPolicy(let record, let isHard):
            "\(isHard ? "expired" : "expiring") policy \(EntrySummary.of(record.entry, names))"
        case .flushedSPD: "flushed all policies"
        case .acquire(let acquire): line(acquire)
        case .mappingChanged(let key, let old, let new):
            "mapping of SA \(SetkeyWords.protocolName(key.id.protocol)) \(key.id.spi) to \(key.id.destination) "
                + "changed from \(old) to \(new)"
        case .other(let text): "other: \(text)"
        case .lost: "events were lost; what is in the databases has to be listed again"
        }
    }

    private func line(_ acquire: Acquire) -> String {
        let wanted = acquire.policy.templates.map { SetkeyWords.request($0) }.joined(separator: " ")
        return
            "acquire \(acquire.sequence): a packet \(SelectorText.listed(acquire.packet, names)) needs an SA "
            + "\(acquire.local) -> \(acquire.remote) \(wanted)"
    }
}
