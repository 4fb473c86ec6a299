import ESP
import Foundation
import TestSupport
import Testing

@testable import UserspaceIPsec

/// The manual page tells of every reason for which this plane drops packets, and of no other.
struct ManualPageTests {
    /// The entries of the lists of reasons: a name, and what stands below it in one line.
    private static func entries() throws -> [(name: String, text: String)] {
        let file = VectorFile.packageRoot.appending(path: "man/swiftikectl.8")
        let lines = String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n")
        let part = lines.drop { $0 != ".Ss Reasons" }.dropFirst().prefix { !$0.hasPrefix(".Ss ") }
        var entries: [(name: String, text: String)] = []
        for line in part.drop(while: { !$0.hasPrefix(".It ") }) {
            if line.hasPrefix(".It Li ") {
                entries.append((String(line.dropFirst(".It Li ".count)), ""))
            } else if let last = entries.indices.last, !line.hasPrefix(".") {
                entries[last].text += entries[last].text.isEmpty ? line : " " + line
            }
        }
        return entries
    }

    @Test func everyReasonStandsThereOnceAndNoOther() throws {
        let names = try Self.entries().map(\.name)
        #expect(names.sorted() == PacketDrop.all.map(\.counterName).sorted())
    }

    @Test(arguments: PacketDrop.all)
    func whatIsPrintedStandsThereAndThenWhatToDo(_ reason: PacketDrop) throws {
        let entry = try #require(try Self.entries().first { $0.name == reason.counterName })
        #expect(entry.text.hasPrefix(reason.sentence + " "), "\(reason.counterName): \(entry.text)")
    }
}
