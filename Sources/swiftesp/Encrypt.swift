import ArgumentParser
import CaptureFile
import Cryptography
import IPsec
import LinuxIO
import PacketAudit
import SADText

extension PacketTool {
    struct Encrypt: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a capture of the packets as one SA protects them.",
            discussion: "For making test captures.")

        @OptionGroup var keys: KeyFile
        @OptionGroup var framing: FramingOptions
        @OptionGroup var telling: SealingReport

        @Option(
            help: ArgumentHelp("The SA to seal with, where the file has several.", valueName: "spi"))
        var spi: String?

        @Option(
            help: ArgumentHelp("Make the same IVs for the same number, for tests alone.", valueName: "number")
        )
        var ivSeed: UInt64?

        @Argument(help: "A pcap or pcapng file of packets in clear; - is standard input.")
        var input: String

        @Argument(help: "The capture to write, in the same format; - is standard output.")
        var output: String

        func validate() throws {
            guard let spi, Self.number(spi) == nil else { return }
            throw ValidationError("--spi takes a number such as 0x1001, not '\(spi)'.")
        }

        func run() throws {
            let entry = try chosen(try keys.read()).entry
            var sealing = try engine(entry)
            var stream = try CaptureStream(input)
            var sink = try CaptureSink(output, from: stream, framing)
            let ending = try stream.forEach { packet in
                let frame = try? LinkFrame(packet.bytes.span, packet.linkType)
                try sink.write(sealing.seal(packet, frame), from: packet, frame)
            }
            try sink.finish()
            try telling.tell(sealing.counts, output == "-" ? .error : .output)
            if let ending { throw ending }
            if !sealing.counts.refused.isEmpty { throw ExitStatus.failedPackets }
        }

        private func engine(_ entry: SADEntry) throws -> SealedCapture {
            do throws(DatabaseFailure) {
                if let ivSeed {
                    var random = SeededRandom(seed: ivSeed)
                    return try SealedCapture(entry, random: &random)
                }
                var random = SystemRandom()
                return try SealedCapture(entry, random: &random)
            } catch {
                Standard.complain(error.explanation)
                throw ExitStatus.dataError
            }
        }

        /// The SA with the SPI, or the only one that may be outbound.
        private func chosen(_ all: [StatedAssociation]) throws -> StatedAssociation {
            let wanted = spi.flatMap(Self.number)
            let fitting = all.filter { stated in
                wanted.map { $0 == stated.entry.id.spi.value } ?? (stated.entry.options.direction != .inbound)
            }
            guard fitting.count == 1, let only = fitting.first else {
                let spis = all.map { "\($0.entry.id)" }.joined(separator: "\n  ")
                Standard.complain("choose one SA by --spi; there are\n  \(spis)")
                throw ExitStatus.usage
            }
            return only
        }

        private static func number(_ text: String) -> UInt32? {
            text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text)
        }
    }
}
