import IPsec
import SourceText

extension KernelState {
    /// What stands between the algorithms and the counters; false for an unknown word.
    mutating func takeOption(_ word: String, from words: inout StateWords) throws(Diagnostic) -> Bool {
        switch word {
        case "flag", "extra-flag": takeFlags(from: &words)
        case "mark": options.mark = try words.takeParsed("a mark", Self.mark)
        case "output-mark": options.outputMark = try words.takeParsed("a mark", Self.mark)
        case "if_id": options.interfaceID = try words.takeNumber("an interface ID")
        case "tfcpad": options.trafficFlowPadding = try words.takeNumber("a count of octets")
        case "coa": options.careOfAddress = try words.takeParsed("an address") { IPAddress($0) }
        case "pcpu-num": options.processor = try words.takeNumber("a processor")
        case "dir": options.direction = try words.takeParsed("'in' or 'out'", Self.direction)
        case "nat_keepalive_interval", "nat-keepalive-interval":
            options.keepaliveInterval = try words.takeNumber("seconds")
        default: return Self.skipRest(of: word, in: &words)
        }
        return true
    }

    /// Skips what tells nothing about how packets look; false for an unknown word.
    private static func skipRest(of word: String, in words: inout StateWords) -> Bool {
        switch word {
        case "lastused": (0..<2).forEach { _ in words.skip() }
        case "crypto": skip(["offload", "parameters:"], pairs: ["dev", "dir", "mode"], in: &words)
        case "iptfs-opts":
            skip(
                ["dont-frag"],
                pairs: ["pkt-size", "max-queue-size", "drop-time", "reorder-window", "init-delay"],
                in: &words)
        case "lifetime", "stats:", "security": words.skipToAssociation()
        case _ where word.hasPrefix("("): if !word.hasSuffix(")") { words.skip() }
        default: return false
        }
        return true
    }

    private static func skip(_ single: [String], pairs: [String], in words: inout StateWords) {
        while let word = words.next {
            guard single.contains(word) || pairs.contains(word) else { return }
            words.skip()
            if pairs.contains(word) { words.skip() }
        }
    }

    private mutating func takeFlags(from words: inout StateWords) {
        while let word = words.next {
            if word == "esn" {
                replay.usesExtendedSequenceNumbers = true
            } else if let flag = SAFlag(rawValue: word) {
                options.flags.insert(flag)
            } else {
                return
            }
            words.skip()
        }
    }

    /// `0x2a/0xff`.
    private static func mark(_ text: String) -> Mark? {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard let first = parts.first, let value: UInt32 = NumberText.parse(first) else { return nil }
        guard parts.count == 2 else { return Mark(value: value) }
        return NumberText.parse(parts[1]).map { Mark(value: value, mask: $0) }
    }

    private static func direction(_ text: String) -> Direction? {
        switch text {
        case "in": .inbound
        case "out": .outbound
        default: nil
        }
    }

    /// `esn context: seq-hi 0x0, seq 0x1d, … replay_window 128, bitmap-length 4` and as many words.
    mutating func takeReplayPosition(from words: inout StateWords) throws(Diagnostic) {
        _ = words.skip("esn")
        _ = words.skip("context:")
        while let word = words.next, Self.positionWords.contains(word) {
            words.skip()
            try takePosition(word, from: &words)
        }
    }

    private static let positionWords = [
        "seq", "seq-hi", "oseq", "oseq-hi", "bitmap", "replay_window", "bitmap-length",
    ]

    private mutating func takePosition(
        _ word: String, from words: inout StateWords
    ) throws(Diagnostic) {
        guard word != "bitmap-length" else { return try takeBitmap(from: &words) }
        let number: UInt32 = try words.takeNumber("a number")
        switch word {
        case "seq": replay.inboundSequence |= UInt64(number)
        case "seq-hi": replay.inboundSequence |= UInt64(number) << 32
        case "oseq": replay.outboundSequence |= UInt64(number)
        case "oseq-hi": replay.outboundSequence |= UInt64(number) << 32
        case "bitmap": replay.bitmap = [number]
        default: replay.window = number
        }
    }

    private mutating func takeBitmap(from words: inout StateWords) throws(Diagnostic) {
        let count: Int = try words.takeNumber("a count of words")
        // The largest window there is has 4096 bits.
        guard (0...128).contains(count) else { throw words.location.error("a bitmap has 128 words at most") }
        replay.bitmap = []
        for _ in 0..<count {
            replay.bitmap.append(try words.takeParsed("eight hexadecimal digits") { UInt32($0, radix: 16) })
        }
    }
}
