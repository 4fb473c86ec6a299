import ArgumentParser
import SADText

extension PacketTool {
    struct ExportKeys: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export-keys", abstract: "Print the SAs as Wireshark's table esp_sa.")

        @OptionGroup var keys: KeyFile

        func run() throws {
            let table = WiresharkTable(try keys.read().map(\.entry))
            table.forEachLine { print($0) }
            for note in table.notes { Standard.complain("\(note.id): \(note.text)") }
            if table.rows.isEmpty { throw ExitStatus.dataError }
        }
    }
}
