import Glibc
import IPsec
import KeyAdministration
import LinuxIO
import PFKeySocket
import XFRM

/// Reads and writes the SAD and SPD of the kernel, or of a daemon, in setkey's language.
@main
struct KeyTool {
    static func main() {
        let environment = HostEnvironment.make()
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch CommandLineParser.parse(arguments, names: environment.protocolNames) {
        case .options(let options): exit(perform(options, environment))
        case .text(let text, let status):
            print(text, terminator: "")
            exit(status)
        case .misuse(let message):
            complain("swiftkey: \(message)\n")
            print(CommandLineResult.usage, terminator: "")
            exit(1)
        }
    }

    private static func perform(_ options: KeyOptions, _ environment: SessionEnvironment) -> Int32 {
        let complaints = Complaints(write: complain)
        let output = TextOutput { octets in
            do {
                try StandardStream.output.write(octets)
            } catch {
                complain("swiftkey: standard output: \(error)\n")
                exit(1)
            }
        }
        do throws(DatabaseFailure) {
            let database = options.needsDatabase ? try open(options.socket) : nil
            return KeySession(options, database, environment, output: output, complaints: complaints)
                .perform()
        } catch {
            complain("swiftkey: \(error.explanation)\n")
            return 1
        }
    }

    private static func open(_ socket: String?) throws(DatabaseFailure) -> any AdministeredDatabase {
        guard let socket else { return try XFRMDatabase() }
        do throws(SystemError) {
            return try PFKeyDatabase(path: socket)
        } catch {
            throw DatabaseFailure(.other, "\(error)")
        }
    }

    private static func complain(_ text: String) {
        try? StandardStream.error.write(Array(text.utf8))
    }
}
