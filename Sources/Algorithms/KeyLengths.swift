/// The key lengths an algorithm can have: from the least to the greatest in equal steps.
package struct KeyLengths: Hashable, Sendable {
    /// Bits of the shortest key; 0 where there is none.
    package let minimum: Int
    /// Bits of the longest key.
    package let maximum: Int
    /// Bits from one length to the next.
    package let step: Int

    /// Lengths in bits, all multiples of 8.
    package init(_ range: ClosedRange<Int>, step: Int) {
        minimum = range.lowerBound
        maximum = range.upperBound
        self.step = step
    }

    /// The one length there is, in bits.
    package init(_ bits: Int) {
        self.init(bits...bits, step: 8)
    }

    /// No key at all.
    package static let none = KeyLengths(0)
    /// 128, 192 and 256 bits.
    package static let aes = KeyLengths(128...256, step: 64)

    package func contains(_ bits: Int) -> Bool {
        bits >= minimum && bits <= maximum && (bits - minimum).isMultiple(of: step)
    }

    /// How many there are.
    package var count: Int { (maximum - minimum) / step + 1 }

    /// Whether there is more than one.
    package var isVariable: Bool { minimum < maximum }
}

extension KeyLengths: Sequence {
    /// Ascending.
    package func makeIterator() -> StrideThrough<Int>.Iterator {
        stride(from: minimum, through: maximum, by: step).makeIterator()
    }
}

extension KeyLengths: CustomStringConvertible {
    /// `192`, `128, 192, 256`, or `40 to 448 in steps of 8`.
    package var description: String {
        count <= 4
            ? map(String.init).joined(separator: ", ") : "\(minimum) to \(maximum) in steps of \(step)"
    }
}
