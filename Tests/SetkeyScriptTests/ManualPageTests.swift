import Algorithms
import Foundation
import IPsec
import SourceText
import TestSupport
import Testing

@testable import SetkeyScript

/// The manual page has every word of the language, tells the catalogue's numbers, and its examples load.
@Suite struct ManualPageTests {
    private static func page() throws -> String {
        let file = VectorFile.packageRoot.appending(path: "man/swiftkey.conf.5")
        return String(decoding: try Data(contentsOf: file), as: UTF8.self)
    }

    /// The lines of one part of the page.
    private static func lines(under heading: String) throws -> [Substring] {
        let lines = try page().split(separator: "\n").drop { $0 != heading }.dropFirst()
        try #require(!lines.isEmpty, "the page has no \(heading)")
        return Array(lines.prefix { !$0.hasPrefix(".Ss ") && !$0.hasPrefix(".Sh ") })
    }

    /// What macros mark as words to write: prose and the names of arguments do not count.
    private static func words(under heading: String) throws -> Set<String> {
        let separators: Set<Character> = [" ", ",", ";", "=", "|", ":", "/"]
        let macros = [".It ", ".Cm ", ".Ic ", ".Fl ", ".Op "]
        let marked = try lines(under: heading).filter { line in macros.contains { line.hasPrefix($0) } }
        return Set(
            marked.flatMap { line in
                let words = line.split { separators.contains($0) }.map(String.init)
                return zip([""] + words, words).filter { $0.0 != "Ar" }.map(\.1)
            })
    }

    /// A part of the page and the words that the parser knows there.
    struct Part: Sendable, CustomTestStringConvertible {
        var heading: String
        var words: [String]

        init(_ heading: String, _ words: [String]) {
            self.heading = heading
            self.words = words
        }

        var testDescription: String { heading }
    }

    static let parts = [
        Part(
            ".Ss Statements",
            StatementReader.keywords + AssociationProtocol.allCases.map(\.rawValue).filter { !$0.isEmpty }
                + ["tagged"]),
        Part(
            ".Ss Extensions",
            TokenStream.extensionWords.filter { !algorithmFlags.contains($0) }.map { String($0.dropFirst()) }
                + AssociationExtensions.Padding.allCases.map(\.rawValue)
                + ["nocyclic-seq", "transport", "tunnel", "beet", "iptfs", "any"]),
        Part(".Ss Options of SAs", AssociationOption.words),
        Part(
            ".Ss Algorithms",
            algorithmFlags.map { String($0.dropFirst()) } + Catalogue.encryption.flatMap(\.setkeyNames)
                + Catalogue.integrity.flatMap(\.setkeyNames) + Catalogue.compression.flatMap(\.setkeyNames)
                + TokenStream.lostAlgorithms.keys),
        Part(".Ss Options of policies", PolicyOption.words + ["ctx"]),
        Part(
            ".Ss Policies",
            TokenStream.directions + TokenStream.actions + TokenStream.levels
                + PriorityBase.allCases.map(\.rawValue)
                + ["prio", "priority", "esp", "ah", "ipcomp", "transport", "tunnel", "beet", "iptfs"]),
    ]
    private static let algorithmFlags = ["-E", "-A", "-C", "-R"]

    @Test(arguments: parts)
    func hasEveryWord(of part: Part) throws {
        let missing = Set(part.words).subtracting(try Self.words(under: part.heading))
        #expect(missing.isEmpty, "\(part.heading) lacks \(missing.sorted().joined(separator: ", "))")
    }

    @Test(arguments: StatementReader.keywords)
    func statementIsKnown(_ word: String) {
        let reader = StatementParser.parse(SourceFile(name: "f", text: "\(word);"))
        #expect(!reader.diagnostics.headlines.contains { $0.contains("unknown statement") })
    }

    /// The cells of the tables of algorithms, the first of which holds the words.
    private static func rows() throws -> [[String]] {
        try lines(under: ".Ss Algorithms").filter { $0.hasPrefix(".It Cm ") }.map { line in
            line.dropFirst(".It Cm ".count).components(separatedBy: " Ta ")
        }
    }

    private static func wording(_ lengths: KeyLengths) -> String {
        lengths.count <= 4
            ? lengths.map(String.init).joined(separator: ", ") : "\(lengths.minimum) to \(lengths.maximum)"
    }

    @Test(arguments: Catalogue.encryption)
    func tellsTheLengthsOfCiphers(_ cipher: EncryptionAlgorithm) throws {
        let salt = cipher.saltSize * 8
        let lengths = KeyLengths(
            cipher.keyLengths.minimum + salt...cipher.keyLengths.maximum + salt, step: cipher.keyLengths.step)
        let row = [cipher.setkeyNames.joined(separator: " , "), Self.wording(lengths), cipher.xfrm]
        #expect(try Self.rows().contains(row), "the page lacks \(row)")
    }

    @Test(arguments: Catalogue.integrity.filter { !$0.isObsolete })
    func tellsTheLengthsOfIntegrityAlgorithms(_ algorithm: IntegrityAlgorithm) throws {
        let row = [
            algorithm.setkeyNames.joined(separator: " , "), "\(algorithm.keySize * 8)",
            "\(algorithm.icvSize * 8)", try #require(algorithm.xfrm),
        ]
        #expect(try Self.rows().contains(row), "the page lacks \(row)")
    }

    @Test func examplesLoad() throws {
        let page = try Self.page()
        let examples = page.components(separatedBy: ".Bd -literal -offset indent\n").dropFirst()
        #expect(examples.count == 4)
        for example in examples {
            let text = try #require(example.components(separatedBy: ".Ed\n").first)
            let (actions, headlines) = Samples.run(text.replacingOccurrences(of: "\\-", with: "-"))
            #expect(!actions.isEmpty)
            #expect(headlines.isEmpty)
        }
    }
}
