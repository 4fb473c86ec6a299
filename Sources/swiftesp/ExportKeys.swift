import ArgumentParser
import SADText

extension PacketTool {
    struct ExportKeys: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export-keys", abstract: "Print the SAs as Wireshark's table esp_sa.")

        @OptionGroup var keys: KeyFile

        @Flag(name: [.short, .long], help: "Do not say what Wireshark cannot do with an SA.")
        var quiet = false

        @Flag(help: .hidden)
        var json = false

        func validate() throws {
            guard json else { return }
            throw ValidationError(
                "export-keys prints a table for Wireshark; --json goes with verify, decrypt and encrypt.")
        }

        func run() throws {
            let table = WiresharkTable(try keys.read().map(\.entry))
            table.forEachLine { print($0) }
            for note in table.notes where !quiet || table.rows.isEmpty {
                Standard.complain("\(note.id): \(note.text)")
            }
            if table.rows.isEmpty { throw ExitStatus.dataError }
        }
    }
}
