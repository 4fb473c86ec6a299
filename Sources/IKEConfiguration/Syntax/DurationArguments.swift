import SourceText

extension Arguments {
    private static let secondsPerUnit: [String: Int] = [
        "sec": 1, "secs": 1, "second": 1, "seconds": 1,
        "min": 60, "mins": 60, "minute": 60, "minutes": 60,
        "hour": 3600, "hours": 3600,
    ]

    /// Takes a number and a unit of time, `8 hours` or `8hours`.
    mutating func takeDuration(_ range: ClosedRange<Int>, _ what: String) throws(Diagnostic) -> Duration {
        guard let next, next.kind == .word else {
            throw expected("\(what) as a number and 'sec', 'min' or 'hour'")
        }
        let digits = next.text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, let number = Int(digits) else {
            throw expected("\(what) as a number and 'sec', 'min' or 'hour'")
        }
        advance()
        let unit = digits.count < next.text.count ? String(next.text.dropFirst(digits.count)) : nil
        let scale = try takeScale(glued: unit, at: next.location)
        let (seconds, overflow) = number.multipliedReportingOverflow(by: scale)
        guard !overflow, range.contains(seconds) else {
            throw next.location.error(
                "\(what) is too \(!overflow && seconds < range.lowerBound ? "short" : "long"), expected "
                    + "\(range.lowerBound) to \(range.upperBound) seconds")
        }
        return .seconds(seconds)
    }

    private mutating func takeScale(glued: String?, at location: SourceLocation) throws(Diagnostic) -> Int {
        if let glued {
            guard let scale = Self.secondsPerUnit[glued] else { throw Self.unknownUnit(glued, location) }
            return scale
        }
        guard let next, next.kind == .word else { throw expected("a unit: 'sec', 'min' or 'hour'") }
        guard let scale = Self.secondsPerUnit[next.text] else {
            throw Self.unknownUnit(next.text, next.location)
        }
        advance()
        return scale
    }

    private static func unknownUnit(_ word: String, _ location: SourceLocation) -> Diagnostic {
        location.error(
            "expected a unit, 'sec', 'min' or 'hour', found '\(SourceFile.printable(word.utf8))'"
                + Suggestion.hint(for: word, among: secondsPerUnit.keys))
    }

    /// Takes `time N unit` of a `lifetime` statement.
    mutating func takeLifetime() throws(Diagnostic) -> Duration {
        let kind = try takeChoice(["time", "byte"])
        guard kind.text == "time" else {
            throw kind.location.error("lifetimes in bytes are not supported; use 'lifetime time'")
        }
        return try takeDuration(1...Int(UInt32.max), "lifetime")
    }
}
