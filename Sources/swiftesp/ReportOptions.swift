import ArgumentParser
import ControlProtocol
import LinuxIO
import PacketAudit

/// What is told of the packets, and how.
struct ReportOptions: ParsableArguments {
    @Flag(help: "Print JSON, an object on a line.")
    var json = false

    @Flag(name: [.short, .long], help: "Print the summary alone.")
    var quiet = false
}

/// How packets are looked at.
struct LookOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Check against a replay window of so many packets, whatever the SA says.", valueName: "packets"))
    var replayWindow: UInt32?

    @Flag(help: "Look for ESP on every UDP port, not on 4500 and the SAs' alone.")
    var anyPort = false

    func validate() throws {
        guard let replayWindow, !(32...4096).contains(replayWindow) else { return }
        throw ValidationError("--replay-window takes a number of packets from 32 to 4096.")
    }

    var options: AuditOptions {
        var options = AuditOptions()
        options.replayWindow = replayWindow
        options.looksInAnyPort = anyPort
        return options
    }
}

/// Lines for people, or objects for programs.
struct Report {
    private let options: ReportOptions
    private let file: OutputFile

    init(_ options: ReportOptions, _ stream: StandardStream = .output) throws {
        self.options = options
        file = try OutputFile(stream)
    }

    /// Tells of the layers of a packet.
    func tell(_ findings: [Finding]) throws {
        guard !options.quiet else { return }
        for finding in findings {
            try line(options.json ? JSONWriter.text(finding.json) : TerminalText.escapedLines(finding.text))
        }
    }

    /// Tells the summary, and has all of it written.
    func tell(_ summary: AuditSummary) throws {
        if options.json {
            for object in summary.json { try line(JSONWriter.text(object)) }
        } else {
            for text in summary.lines { try line(TerminalText.escaped(text)) }
        }
        try told { () throws(SystemError) in try file.flush() }
    }

    private func line(_ text: String) throws {
        try told { () throws(SystemError) in try file.write(Array("\(text)\n".utf8)) }
    }

    private func told(_ body: () throws(SystemError) -> Void) throws {
        do throws(SystemError) {
            try body()
        } catch {
            Standard.complain("\(error)")
            throw ExitStatus.ioError
        }
    }
}
