/// Finds the word a person may have meant.
package enum Suggestion {
    /// Longer words are not compared.
    private static let longestWord = 40

    /// The known word nearest to a misspelt one; nil if none is near enough to be worth saying.
    package static func closest(to word: String, among known: some Sequence<String>) -> String? {
        let wanted = Array(word.lowercased().unicodeScalars)
        guard !wanted.isEmpty, wanted.count <= longestWord else { return nil }
        let letters = letters(of: wanted)
        var best: (word: String, distance: Int)?
        for candidate in known {
            let length = candidate.unicodeScalars.count
            let limit = max(1, min(wanted.count, length) / 3)
            guard abs(length - wanted.count) <= limit else { continue }
            let characters = Array(candidate.lowercased().unicodeScalars)
            // Each letter that only one of them has costs a step: most words need no closer look.
            let others = Self.letters(of: characters)
            guard (letters & ~others).nonzeroBitCount <= limit, (others & ~letters).nonzeroBitCount <= limit
            else { continue }
            let distance = distance(wanted, characters)
            guard distance <= limit else { continue }
            // Among equals the first in the alphabet, as dictionaries have no order.
            if let best, (best.distance, best.word) < (distance, candidate) { continue }
            best = (candidate, distance)
        }
        return best?.word
    }

    /// `; did you mean 'aes'?`, or nothing.
    package static func hint(for word: String, among known: some Sequence<String>) -> String {
        closest(to: word, among: known).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// Which characters a word has, each as one of 64 bits.
    private static func letters(of word: [Unicode.Scalar]) -> UInt64 {
        word.reduce(0) { $0 | 1 << UInt64($1.value % 64) }
    }

    /// Edit distance in which a swap of neighbours counts once (optimal string alignment).
    static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        var current = beforeLast
        for row in 1...left.count {
            current[0] = row
            for column in 1...right.count {
                let isSame = left[row - 1] == right[column - 1]
                var best = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1]
                {
                    best = min(best, beforeLast[column - 2] + 1)
                }
                current[column] = best
            }
            (beforeLast, last, current) = (last, current, beforeLast)
        }
        return last[right.count]
    }
}
