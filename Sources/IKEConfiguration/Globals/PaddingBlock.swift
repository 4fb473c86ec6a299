import SourceText

/// The `padding` block.
enum PaddingBlock {
    static let vocabulary = Vocabulary<PaddingPolicy>(
        place: "in a padding block",
        rules: [
            "randomize": .init { (padding, arguments, _) throws(Diagnostic) in
                padding.isRandom = try arguments.takeSwitch()
            },
            "randomize_length": .init { (padding, arguments, _) throws(Diagnostic) in
                padding.hasRandomLength = try arguments.takeSwitch()
            },
            "maximum_length": .init { (padding, arguments, _) throws(Diagnostic) in
                padding.maximumLength = try arguments.takeNumber(0...255, "length")
            },
            "exclusive_tail": .init { (padding, arguments, _) throws(Diagnostic) in
                padding.lastOctetCounts = try arguments.takeSwitch()
            },
            "strict_check": .init { (padding, arguments, _) throws(Diagnostic) in
                padding.isChecked = try arguments.takeSwitch()
            },
        ])
}
