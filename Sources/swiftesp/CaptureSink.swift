import ArgumentParser
import CaptureFile
import LinuxIO
import PacketAudit

extension CaptureOutput.Framing: ExpressibleByArgument {}

/// How packets are written.
struct FramingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What stands before the packets that are written: raw for nothing, same for the link's header.",
            valueName: "raw|same"))
    var link = CaptureOutput.Framing.raw

    @Flag(help: "Write packets that are not changed, too.")
    var keep = false
}

/// A capture that is written.
struct CaptureSink {
    private let file: OutputFile
    private let keepsOthers: Bool
    private var output: CaptureOutput

    /// Makes it, readable by its owner alone: what was protected may be in clear there.
    init(_ path: String, from input: CaptureStream, _ framing: FramingOptions) throws {
        guard path == "-" || !input.isSameFile(as: path) else {
            Standard.complain("\(path): is the capture that is read; name another file")
            throw ExitStatus.usage
        }
        do throws(SystemError) {
            file = try OutputFile(path, mode: 0o600)
        } catch {
            Standard.complain("\(error)")
            throw ExitStatus.cannotCreate
        }
        keepsOthers = framing.keep
        output = CaptureOutput(input.form, framing.link)
    }

    /// Writes what came of a captured packet; without that the packet itself, if it is to be kept.
    mutating func write(_ made: [UInt8]?, from captured: CapturedPacket, _ frame: LinkFrame?) throws {
        let octets: [UInt8]
        do throws(CaptureWriter.Refusal) {
            if let made, let frame {
                octets = try output.octets(of: made, from: captured, frame)
            } else {
                octets = keepsOthers ? try output.octets(keeping: captured, frame) : []
            }
        } catch {
            Standard.complain("record \(captured.record): \(error)")
            throw ExitStatus.dataError
        }
        try told { () throws(SystemError) in try file.write(octets) }
    }

    /// Has all of it written.
    mutating func finish() throws {
        let ending = output.ending()
        try told { () throws(SystemError) in
            try file.write(ending)
            try file.flush()
        }
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
