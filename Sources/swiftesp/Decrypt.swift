import ArgumentParser
import LinuxIO
import PacketAudit

extension PacketTool {
    struct Decrypt: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a capture of the packets inside the protected ones.")

        @OptionGroup var keys: KeyFile
        @OptionGroup var look: LookOptions
        @OptionGroup var reporting: ReportOptions
        @OptionGroup var framing: FramingOptions

        @Argument(help: "A pcap or pcapng file; - is standard input.")
        var input: String

        @Argument(help: "The capture to write, in the same format; - is standard output.")
        var output: String

        func run() throws {
            var audit = PacketAudit(try keys.read(), look.options)
            var stream = try CaptureStream(input)
            var sink = try CaptureSink(output, from: stream, framing)
            let report = try Report(reporting, output == "-" ? .error : .output)
            let ending = try stream.forEach { packet in
                let result = audit.examine(packet)
                try report.tell(result.findings)
                try sink.write(result.opened, from: packet, result.frame)
            }
            try sink.finish()
            let summary = AuditSummary(audit)
            try report.tell(summary)
            if let ending { throw ending }
            if !summary.isGood { throw ExitStatus.failedPackets }
        }
    }
}
