import IPsec
import SetkeyScript

@testable import KeyAdministration

/// Runs swiftkey against a database in memory.
final class SessionFixture {
    let database: RecordingDatabase
    var files: [String: String] = [:]
    /// Files that are no text.
    var octets: [String: [UInt8]] = [:]
    /// What is typed, piece by piece.
    var typed: [String] = []
    private(set) var output = ""
    private(set) var complaints = ""

    init(_ database: RecordingDatabase = RecordingDatabase()) {
        self.database = database
    }

    /// Gives the exit status.
    func run(_ line: String) -> Int32 {
        output = ""
        complaints = ""
        let arguments = line.split(separator: " ").map(String.init)
        guard case .options(let options) = CommandLineParser.parse(arguments, names: .common) else {
            return -1
        }
        let text = TextOutput { self.output += String(decoding: $0, as: UTF8.self) }
        let session = KeySession(
            options, options.needsDatabase ? database : nil, environment(), output: text,
            complaints: Complaints { self.complaints += $0 })
        return session.perform()
    }

    private func environment() -> SessionEnvironment {
        SessionEnvironment(
            process: 1, now: { (GoldenRecords.moment, 42) }, localOffset: { _ in 0 },
            protocolNames: .common, nameServices: .none, writesToTerminal: false,
            readFile: { path in
                (self.octets[path] ?? self.files[path].map { Array($0.utf8) }).map { .success($0) }
                    ?? .failure(SessionFailure("Can't open `\(path)': No such file or directory"))
            },
            readInput: { self.typed.isEmpty ? [] : Array(self.typed.removeFirst().utf8) },
            waitASecond: { false })
    }
}
