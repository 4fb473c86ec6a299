package import IPsec

/// Writes SPD entries as `setkey -DP` does, octet for octet.
///
/// An entry is written when the next one comes, because the last one bears the sequence number 0.
package struct PolicyListing {
    private let showsPorts: Bool
    private let process: Int32
    private let names: ProtocolNames
    private var clock: ListingClock
    private let output: TextOutput
    private var waiting: SPDRecord?
    private var count = 0

    /// - Parameters:
    ///   - showsPorts: write the ports of tunnel ends (`-p`).
    ///   - process: our process ID, which each entry bears.
    package init(
        showsPorts: Bool, process: Int32, names: ProtocolNames, clock: ListingClock, output: TextOutput
    ) {
        self.showsPorts = showsPorts
        self.process = process
        self.names = names
        self.clock = clock
        self.output = output
    }

    package mutating func add(_ record: SPDRecord) {
        count += 1
        if let waiting { write(waiting, sequence: count - 1) }
        waiting = record
    }

    /// Writes the last entry, or that there is none.
    package mutating func finish() {
        guard let waiting else { return output.writeLine("No SPD entries.") }
        write(waiting, sequence: 0)
        self.waiting = nil
    }

    private mutating func write(_ record: SPDRecord, sequence: Int) {
        let policy = record.entry.policy
        output.writeLine(
            record.isPerSocket ? "(per-socket policy) " : SelectorText.listed(policy.selector, names))
        let words = [
            SetkeyWords.direction(policy.direction) + (record.isPerSocket ? "(socket)" : ""),
            SetkeyWords.priority(policy.priority), SetkeyWords.action(policy.action),
        ]
        output.writeLine("\t" + words.compactMap(\.self).joined(separator: " "))
        let port = showsPorts ? "[0]" : ""
        for template in policy.templates {
            output.writeLine("\t" + SetkeyWords.request(template, port: port))
        }
        writeTimes(record)
        let extensions = ExtensionWords.of(record.entry)
        if !extensions.isEmpty { output.writeLine("\t\(extensions.joined(separator: " "))") }
        output.writeLine("\tspid=\(record.index) seq=\(sequence) pid=\(process)")
        output.writeLine("\trefcnt=1")
    }

    private mutating func writeTimes(_ record: SPDRecord) {
        let usage = record.usage
        let lastUse = usage.lastUsed == 0 ? usage.firstUsed : usage.lastUsed
        let lifetime = AssociationListing.seconds(record.entry.lifetime.hardTime)
        let valid = AssociationListing.seconds(record.entry.lifetime.hardUseTime)
        output.writeLine("\tcreated: \(clock.text(usage.added))  lastused: \(clock.text(lastUse))")
        output.writeLine("\tlifetime: \(lifetime)(s) validtime: \(valid)(s)")
    }
}

/// A selector as setkey writes it.
enum SelectorText {
    private static let gre: UInt8 = 47
    /// Protocols whose type and code stand where others have ports.
    private static let typed: Set<UInt8> = [1, 58, 135]

    /// `10.0.0.0/24[any] 10.1.0.0/16[80] tcp`, `0.0.0.0/0 0.0.0.0/0 icmp 8,0`.
    static func listed(_ selector: Selector, _ names: ProtocolNames) -> String {
        let name = names.name(selector.upperProtocol)
        let source = prefix(selector.source)
        let destination = prefix(selector.destination)
        guard typed.contains(selector.upperProtocol) || selector.upperProtocol == gre else {
            return
                "\(source)[\(port(selector.sourcePort))] \(destination)[\(port(selector.destinationPort))] \(name)"
        }
        let ends = "\(source) \(destination) \(name)"
        guard selector.sourcePort != 0 || selector.destinationPort != 0 else { return ends }
        return selector.upperProtocol == gre
            ? "\(ends) \(greKey(selector))"
            : "\(ends) \(selector.sourcePort),\(selector.destinationPort)"
    }

    private static func greKey(_ selector: Selector) -> UInt128 {
        UInt128(selector.sourcePort) << 16 | UInt128(selector.destinationPort)
    }

    private static func prefix(_ prefix: IPPrefix) -> String {
        prefix.isHost ? "\(prefix.address)" : "\(prefix)"
    }

    private static func port(_ port: UInt16) -> String { port == 0 ? "any" : "\(port)" }
}
