import Calendar
import ControlProtocol
import Foundation
import Testing

/// The manual pages say what the programs do, or a test fails.
struct ManualPageTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    /// Programs are built beside the tests.
    private static let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()

    private static func isBuilt(_ program: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: products.appendingPathComponent(program).path)
    }

    private func page(_ name: String) throws -> [String] {
        try String(contentsOf: Self.root.appendingPathComponent("man/\(name)"), encoding: .utf8)
            .components(separatedBy: "\n")
    }

    /// The options of the page's lists, as `-x` and `--word`.
    private func documented(_ name: String) throws -> Set<String> {
        Set(
            try page(name).filter { $0.hasPrefix(".It Fl ") }.compactMap { line in
                line.split(separator: " ").dropFirst(2).first.map { "-" + $0 }
            })
    }

    private func run(_ program: String, _ arguments: String...) throws -> (output: String, status: Int32) {
        try run(program, arguments)
    }

    private func run(_ program: String, _ arguments: [String]) throws -> (output: String, status: Int32) {
        let process = Process()
        process.executableURL = Self.products.appendingPathComponent(program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (String(decoding: output, as: UTF8.self), process.terminationStatus)
    }

    /// The options that `--help` begins a line with.
    private func offered(_ help: String) -> Set<String> {
        var options: Set<String> = []
        for line in help.split(separator: "\n") where line.hasPrefix("  -") {
            for word in line.split(separator: " ").prefix(2) where word.hasPrefix("-") {
                options.insert(word.trimmingCharacters(in: CharacterSet(charactersIn: ",")))
            }
        }
        options.remove("-h")
        return options
    }

    @Test(.enabled(if: isBuilt("swiftike"), "needs the program swiftike"))
    func swiftikesOptionsAreAllInItsPage() throws {
        #expect(try documented("swiftike.8") == offered(try run("swiftike", "--help").output))
    }

    @Test(.enabled(if: isBuilt("swiftikectl"), "needs the program swiftikectl"))
    func swiftikectlsOptionsAreAllInItsPage() throws {
        #expect(try documented("swiftikectl.8") == offered(try run("swiftikectl", "--help").output))
    }

    /// Every command of a program with the options it takes, as its help tells.
    private func commands(of program: String, _ path: [String] = []) throws -> [(
        path: [String], options: Set<String>
    )] {
        let help = try run(program, path + ["--help"]).output
        // A list that an empty line ends; what a command does may be on a line of its own, further to the right.
        let list = help.components(separatedBy: "SUBCOMMANDS:\n").dropFirst().joined()
            .components(separatedBy: "\n\n")[0]
        let names = list.split(separator: "\n").filter { !$0.hasPrefix("   ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        let own = (path, offered(help).subtracting(["--help", "--version", "--control"]))
        return try [own] + names.flatMap { try commands(of: program, path + [$0]) }
    }

    @Test(arguments: ["swiftikectl", "swiftesp"])
    func everyCommandAndItsOptionsAreInThePage(program: String) throws {
        guard Self.isBuilt(program) else { return }
        let all = try commands(of: program)
        #expect(all.count > 3)
        let text = try page("\(program).8").joined(separator: "\n")
        let words = Set(text.split { " \n,|".contains($0) }.map { $0.trimmingPrefix("\\&") }.map(String.init))
        for (path, options) in all {
            for command in path { #expect(words.contains(command), "\(program) \(path) is not in its page") }
            for option in options {
                // mdoc writes --word as "Fl -word", and -x as "Fl x".
                #expect(
                    words.contains(String(option.dropFirst())),
                    "\(program) \(path) \(option) is not in its page")
            }
        }
    }

    @Test func theKeysOfJSONAreInThePage() throws {
        let lines = try page("swiftikectl.8")
        let start = try #require(lines.firstIndex { $0 == ".Ss JSON" })
        let end = try #require(lines[start...].firstIndex { $0.hasPrefix(".Sh ") })
        let words = lines[start..<end].filter { $0.hasPrefix(".Sy ") || $0.hasPrefix(".It Sy ") }
            .flatMap { $0.split(separator: " ") }.map(String.init)
            .filter { ![".Sy", ".It", "Sy", ",", ".", "null"].contains($0) }
        let json = StatusReport(
            tunnels: [TunnelRecord(name: "", state: .up, reason: "", since: Timestamp(seconds: 0))],
            ikeSAs: [IKESARecord(version: 1, role: "", state: "", local: "", remote: "")],
            childSAs: [
                ChildSARecord(
                    tunnel: nil, protocol: "", mode: "", encapsulation: "", spiIn: "", spiOut: "",
                    encryption: "",
                    integrity: nil, rekeyAt: nil)
            ], drops: [DropRecord(name: "", sentence: "", count: 1)]
        ).json
        var expected: [String] = []
        for list in json.names { expected += [list] + (json[list]?.array?.first?.names ?? []) }
        let packet = DroppedPacketRecord(
            reason: "", time: Timestamp(seconds: 0), direction: "", length: 0, head: "")
        let drops = DropReport(drops: [], packets: [packet]).json
        #expect(drops.names == ["drops", "packets"])
        expected += ["packets"] + (drops["packets"]?.array?.first?.names ?? [])
        let sa = LiveSARecord(tunnel: nil, direction: "", spi: "", source: "", destination: "", state: "")
        let sas = LiveSAReport(sas: [sa]).json
        expected += ["sas"] + (sas["sas"]?.array?.first?.names ?? [])
        let certificate = CertificateRecord(role: "", file: "", status: "")
        let certificates = CertificateReport(certificates: [certificate], problems: []).json
        expected += ["certificates"] + (certificates["certificates"]?.array?.first?.names ?? [])
        expected += ["problems"]
        #expect(words == expected)
    }

    @Test(.enabled(if: isBuilt("swiftike") && isBuilt("swiftikectl"), "needs both programs"))
    func exitStatusesAreThoseOfThePage() throws {
        #expect(try run("swiftike", "--shards", "0").status == 64)
        #expect(try run("swiftike", "--check", "-f", "/nonexistent/swiftike.conf").status == 66)
        #expect(try run("swiftikectl", "--control", "/nonexistent/ctl", "status").status == 69)
        #expect(try run("swiftikectl", "up").status == 64)
        #expect(try run("swiftikectl", "up", "hq", "--timeout", "0").status == 64)
    }

    @Test(.enabled(if: isBuilt("swiftike"), "needs the program swiftike"))
    func theDaemonRunsInTheBackgroundAndAnswersUntilItIsEnded() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "swiftike-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (control, pid) = (directory.path + "/run/ctl", directory.path + "/pid")
        let configuration = directory.path + "/swiftike.conf"
        try "listen { isakmp 127.0.0.1 [15500]; isakmp_natt 127.0.0.1 [15501]; }\n"
            .write(toFile: configuration, atomically: true, encoding: .utf8)
        let start = try run(
            "swiftike", "-B", "-f", configuration, "-l", directory.path + "/log", "--datapath", "null",
            "--control",
            control, "--pid-file", pid, "--shards", "2")
        #expect(start.status == 0, "\(start.output)")
        #expect(start.output.contains("-B has no effect yet"))
        let number = try #require(
            Int32(
                try String(contentsOfFile: pid, encoding: .utf8).trimmingCharacters(
                    in: .whitespacesAndNewlines)))
        let second = try run("swiftike", "-f", configuration, "--datapath", "null", "--control", control)
        #expect(second.status == 69)
        #expect(second.output.contains("another swiftike answers there"))
        let status = try run("swiftikectl", "--control", control, "status", "--json")
        #expect(status.output == #"{"tunnels":[],"ike_sas":[],"child_sas":[],"drops":[]}"# + "\n")
        #expect(
            try run("swiftikectl", "reload", "--control", control).output == "no tunnels are configured\n")
        let log = directory.path + "/log"
        try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
        kill(number, SIGHUP)
        let written = { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
        for _ in 0..<500 where !written().contains("configuration read again") { usleep(10_000) }
        #expect(written().contains("configuration read again"))
        let rotated = try String(contentsOfFile: log + ".1", encoding: .utf8)
        #expect(rotated.contains("starts with") && !written().contains("starts with"))
        try "remote {".write(toFile: configuration, atomically: true, encoding: .utf8)
        let reload = try run("swiftikectl", "reload", "--control", control)
        #expect(reload.status == 78)
        #expect(reload.output.contains("swiftike.conf:1:"))
        kill(number, SIGTERM)
        for _ in 0..<500 where kill(number, 0) == 0 { usleep(10_000) }
        #expect(kill(number, 0) != 0)
        #expect(
            !FileManager.default.fileExists(atPath: control) && !FileManager.default.fileExists(atPath: pid))
    }
}
