import ArgumentParser
import ControlProtocol
import Glibc
import LinuxIO

extension ControlTool {
    struct Keys: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the keys of all SAs for a program that reads captures.",
            discussion: """
                Whoever has these files reads what the SAs protect. The configuration must allow it: "key_export on;".
                """)

        @OptionGroup var connection: ConnectionOptions

        @Option(
            help: ArgumentHelp(
                "Write Wireshark's tables of keys into this folder, for its owner alone.",
                valueName: "folder"))
        var wireshark: String

        func run() throws {
            do {
                // First of all: keys that cannot be kept are not asked for.
                let folder = try open()
                let client = ControlClient(path: connection.path)
                let report = try client.keys(patience: .seconds(30)) { (name, content) throws(SystemError) in
                    try folder.write(name, content)
                }
                for note in report.notes { Standard.complain(TerminalText.escaped(note)) }
                let done = "keys of \(report.counts) are in \(wireshark); remove them when you are done"
                print(TerminalText.escaped(done))
            } catch let failure as ControlFailure {
                Standard.complain(TerminalText.escapedLines(failure.message))
                throw ExitCode(failure.kind.exitStatus)
            }
        }

        private func open() throws -> PrivateFolder {
            do throws(PrivateFolder.Objection) {
                return try PrivateFolder(wireshark)
            } catch {
                Standard.complain(TerminalText.escaped("\(wireshark): \(Self.words(error, wireshark))"))
                throw ExitCode(EX_CANTCREAT)
            }
        }

        private static func words(_ objection: PrivateFolder.Objection, _ path: String) -> String {
            switch objection {
            case .isOpen(let mode):
                "others may look into this folder (mode 0\(String(mode, radix: 8))); no keys are written there: "
                    + "chmod 700 \(path)"
            case .belongsTo(let user): "this folder belongs to user \(user); name one that is not there yet"
            case .notAFolder: "is no folder, or a symbolic link to one; name one that is not there yet"
            case .failed(let error): "\(error)"
            }
        }
    }
}
