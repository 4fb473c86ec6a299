import Testing

@testable import SourceText

@Suite struct SuggestionTests {
    @Test(
        arguments: [
            ("encription_algorithm", "encryption_algorithm"), ("lifetmie", "lifetime"),
            ("Proposal", "proposal"),
            ("proposa", "proposal"),
        ])
    func findsTheWordThatWasMeant(misspelt: String, meant: String) {
        #expect(
            Suggestion.closest(to: misspelt, among: ["lifetime", "proposal", "encryption_algorithm"]) == meant
        )
    }

    @Test(arguments: ["", "x", "blowfish", "remote", String(repeating: "lifetime", count: 100)])
    func keepsQuietWhereNothingIsNear(word: String) {
        #expect(Suggestion.closest(to: word, among: ["lifetime", "proposal"]) == nil)
    }

    @Test func countsASwapOnce() {
        let left = Array("form".unicodeScalars)
        let right = Array("from".unicodeScalars)
        #expect(Suggestion.distance(left, right) == 1)
        #expect(Suggestion.distance(left, []) == 4)
    }
}
