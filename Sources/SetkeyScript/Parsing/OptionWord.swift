import SourceText

/// `NAME` or `NAME=VALUE` behind `-o`.
struct OptionWord {
    let name: String
    let value: String?
    let location: SourceLocation

    func required(_ what: String) throws(Diagnostic) -> String {
        guard let value, !value.isEmpty else {
            throw location.error("'\(name)' lacks its value: -o \(name)=\(what)")
        }
        return value
    }

    func refuseValue() throws(Diagnostic) {
        guard value == nil else { throw location.error("'\(name)' is a switch: it takes no value") }
    }

    func wrong(_ what: String) -> Diagnostic {
        location.error(
            "expected -o \(name)=\(what), found '\(SourceFile.printable((value ?? "").prefix(40).utf8))'")
    }

    func number(_ range: ClosedRange<UInt64> = 0...UInt64(UInt32.max)) throws(Diagnostic) -> UInt64 {
        let text = try required("N")
        guard let number = Number.parse(text) else { throw wrong("N") }
        guard range.contains(number) else {
            throw location.error(
                "'\(name)' is a number of \(range.lowerBound) to \(range.upperBound), found \(text.prefix(40))"
            )
        }
        return number
    }

    func number32() throws(Diagnostic) -> UInt32 { UInt32(truncatingIfNeeded: try number()) }
}

extension TokenStream {
    /// Takes what follows `-o`.
    mutating func takeOptionWord() throws(Diagnostic) -> OptionWord {
        let run = try takeRun("an option, NAME or NAME=VALUE")
        let parts = text(run).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return OptionWord(
            name: String(parts[0]), value: parts.count == 2 ? String(parts[1]) : nil,
            location: location(run))
    }
}
