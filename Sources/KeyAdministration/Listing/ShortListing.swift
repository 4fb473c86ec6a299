package import IPsec

/// Writes a line for each SAD entry, as `setkey -l` does.
package struct ShortListing {
    private let output: TextOutput

    package init(output: TextOutput) {
        self.output = output
    }

    package func writeHeader() {
        output.writeLine("time p   s spi      ltime   src -> dst")
    }

    package func write(_ record: SADRecord, clock: ListingClock) {
        let entry = record.entry
        let spi = String(entry.id.spi.description.dropFirst(2))
        let name = Self.padded(SetkeyWords.protocolName(entry.id.protocol), to: 3, isNumber: false)
        let age = Self.padded(Self.short(clock.age(of: record.usage.added)), to: 3, isNumber: true)
        let hard = Self.short(UInt64(clamping: AssociationListing.seconds(entry.lifetime.hardTime)))
        let limit = Self.padded(hard, to: 3, isNumber: false)
        output.writeLine(
            "\(clock.minutesAndSeconds) \(name) \(Self.letter(record.state)) \(spi) \(age)/\(limit) "
                + "\(end(entry, isSource: true)) -> \(end(entry, isSource: false))")
    }

    private func end(_ entry: SADEntry, isSource: Bool) -> String {
        let address = isSource ? entry.source : entry.id.destination
        let ports = entry.encapsulation?.ports
        let port = isSource ? ports?.sourcePort : ports?.destinationPort
        return port.map { $0 == 0 ? "\(address)" : "\(address)[\($0)]" } ?? "\(address)"
    }

    private static func letter(_ state: SALifeState) -> String {
        switch state {
        case .larval: "L"
        case .mature: "M"
        case .dying: "D"
        case .dead: "d"
        }
    }

    private static func short(_ seconds: UInt64) -> String { seconds >= 1000 ? "big" : "\(seconds)" }

    private static func padded(_ text: String, to width: Int, isNumber: Bool) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return isNumber ? blanks + text : text + blanks
    }
}
