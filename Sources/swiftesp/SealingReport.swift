import ArgumentParser
import ControlProtocol
import LinuxIO
import PacketAudit

/// How `encrypt` tells what became of the packets.
struct SealingReport: ParsableArguments {
    @Flag(help: "Print how many packets were sealed as a JSON object.")
    var json = false

    @Flag(name: [.short, .long], help: "Say nothing, unless packets could not be sealed.")
    var quiet = false

    /// - Parameter stream: Where JSON goes; what is for people goes to standard error.
    func tell(_ counts: SealedCapture.Counts, _ stream: StandardStream) throws {
        guard !quiet || !counts.refused.isEmpty else { return }
        guard json else {
            for line in counts.lines { Standard.complain(line) }
            return
        }
        do throws(SystemError) {
            let file = try OutputFile(stream)
            try file.write(Array((JSONWriter.text(counts.json) + "\n").utf8))
            try file.flush()
        } catch {
            Standard.complain("\(error)")
            throw ExitStatus.ioError
        }
    }
}
