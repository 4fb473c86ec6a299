package import IPsec
import KeyMaterial

/// Writes SAD entries as `setkey -D` does, octet for octet.
///
/// An entry is written when the next one comes, because the last one bears the sequence number 0.
package struct AssociationListing {
    package struct Style: Hashable, Sendable {
        package var keys: KeyDisplay
        /// Write the ports of the addresses (`-p`).
        package var showsPorts: Bool
        /// Write entries that are dead, too (`-a`).
        package var showsDead: Bool

        package init(keys: KeyDisplay, showsPorts: Bool = false, showsDead: Bool = false) {
            self.keys = keys
            self.showsPorts = showsPorts
            self.showsDead = showsDead
        }
    }

    private let style: Style
    private let process: Int32
    private var clock: ListingClock
    private let output: TextOutput
    private var waiting: SADRecord?
    private var count = 0

    /// - Parameter process: our process ID, which each entry ends with.
    package init(_ style: Style, process: Int32, clock: ListingClock, output: TextOutput) {
        self.style = style
        self.process = process
        self.clock = clock
        self.output = output
    }

    package mutating func add(_ record: SADRecord) {
        count += 1
        if let waiting { write(waiting, sequence: count - 1) }
        waiting = record
    }

    /// Writes the last entry, or that there is none.
    package mutating func finish() {
        guard let waiting else { return output.writeLine("No SAD entries.") }
        write(waiting, sequence: 0)
        self.waiting = nil
    }

    private mutating func write(_ record: SADRecord, sequence: Int) {
        guard style.showsDead || record.state != .dead else { return }
        let entry = record.entry
        output.writeLine(
            "\(end(entry, entry.source, isSource: true)) \(end(entry, entry.id.destination, isSource: false)) "
        )
        writeIdentity(entry)
        writeTransform(entry.transform)
        output.writeLine(
            "\tseq=0x00000000 replay=\(entry.replay.window) flags=\(Self.flags(entry)) state=\(record.state.rawValue) "
        )
        writeLifetimes(record)
        if let context = entry.options.securityContext { writeSecurityContext(context) }
        let extensions = ExtensionWords.of(entry)
        if !extensions.isEmpty { output.writeLine("\t\(extensions.joined(separator: " "))") }
        output.writeLine("\tsadb_seq=\(sequence) pid=\(process) refcnt=0")
    }

    private func end(_ entry: SADEntry, _ address: IPAddress, isSource: Bool) -> String {
        var text = "\(address)"
        if style.showsPorts { text += "[0]" }
        if let ports = entry.encapsulation?.ports {
            text += "[\(isSource ? ports.sourcePort : ports.destinationPort)]"
        }
        return text
    }

    private func writeIdentity(_ entry: SADEntry) {
        let name = SetkeyWords.protocolName(entry.id.protocol) + (entry.encapsulation == nil ? "" : "-udp")
        let spi = entry.id.spi
        output.writeLine(
            "\t\(name) mode=\(SetkeyWords.listedMode(entry.mode)) spi=\(spi.value)(\(spi)) "
                + "reqid=\(entry.requestID)(\(SPI(entry.requestID)))")
        if let address = entry.encapsulation?.originalAddress { output.writeLine("\tNAT OA=\(address)") }
    }

    private func writeTransform(_ transform: SATransform) {
        switch transform {
        case .none: break
        case .esp(let cipher, let integrity):
            if cipher.key.count > 0 {
                output.write("\tE: \(SetkeyWords.name(cipher)) ")
                writeKeyLine(cipher.key)
            }
            if let integrity { write(integrity) }
        case .ah(let integrity): write(integrity)
        // Without a line end: setkey always wrote it so, and what reads its listings expects it.
        case .ipcomp(let algorithm): output.write("\tC: \(SetkeyWords.name(algorithm)) ")
        }
    }

    private func write(_ integrity: KeyedIntegrity) {
        guard integrity.key.count > 0 else { return }
        output.write("\tA: \(SetkeyWords.name(integrity)) ")
        writeKeyLine(integrity.key)
    }

    private func writeKeyLine(_ key: SecretKey) {
        output.write(key: key, style.keys)
        output.writeLine("")
    }

    private mutating func writeLifetimes(_ record: SADRecord) {
        let lifetime = record.entry.lifetime
        let usage = record.usage
        let hard = Self.seconds(lifetime.hardTime)
        let soft = Self.seconds(lifetime.softTime)
        let lastUse = usage.lastUsed == 0 ? usage.firstUsed : usage.lastUsed
        output.writeLine("\tcreated: \(clock.text(usage.added))\tcurrent: \(clock.text(clock.now))")
        output.writeLine("\tdiff: \(clock.age(of: usage.added))(s)\thard: \(hard)(s)\tsoft: \(soft)(s)")
        output.writeLine(
            "\tlast: \(clock.text(lastUse))\thard: \(Self.seconds(lifetime.hardUseTime))(s)"
                + "\tsoft: \(Self.seconds(lifetime.softUseTime))(s)")
        output.writeLine(
            "\tcurrent: \(usage.traffic.bytes)(bytes)\thard: \(lifetime.hardBytes ?? 0)(bytes)"
                + "\tsoft: \(lifetime.softBytes ?? 0)(bytes)")
        output.writeLine(
            "\tallocated: \(usage.traffic.packets)\thard: \(lifetime.hardPackets ?? 0)"
                + "\tsoft: \(lifetime.softPackets ?? 0)")
    }

    private func writeSecurityContext(_ context: SecurityContext) {
        output.writeLine("\tsecurity context doi: \(context.domain)")
        output.writeLine("\tsecurity context algorithm: \(context.algorithm)")
        output.writeLine("\tsecurity context length: \(context.text.utf8.count)")
        output.writeLine("\tsecurity context: \(context.text)")
    }

    static func seconds(_ duration: Duration?) -> Int64 { duration?.components.seconds ?? 0 }

    /// The flags that PF_KEY has a number for.
    private static func flags(_ entry: SADEntry) -> SPI {
        let numbers: [(SAFlag, UInt32)] = [
            (.noECN, 0x8000_0000), (.decapsulateDSCP, 0x4000_0000), (.noPMTUDiscovery, 0x2000_0000),
        ]
        return SPI(numbers.reduce(0) { entry.options.flags.contains($1.0) ? $0 | $1.1 : $0 })
    }
}
