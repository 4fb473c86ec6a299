import ArgumentParser
import PacketAudit

extension PacketTool {
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell of each protected packet whether it is genuine and what is inside.")

        @OptionGroup var keys: KeyFile
        @OptionGroup var look: LookOptions
        @OptionGroup var reporting: ReportOptions

        @Flag(help: "Seal each genuine ESP packet again with its own IV, and compare.")
        var reseal = false

        @Argument(help: "A pcap or pcapng file; - is standard input.")
        var capture: String

        func run() throws {
            var options = look.options
            options.reseals = reseal
            var audit = PacketAudit(try keys.read(), options)
            var stream = try CaptureStream(capture)
            let report = try Report(reporting)
            let ending = try stream.forEach { try report.tell(audit.examine($0).findings) }
            let summary = AuditSummary(audit)
            try report.tell(summary)
            if let ending { throw ending }
            if !summary.isGood { throw ExitStatus.failedPackets }
        }
    }
}
