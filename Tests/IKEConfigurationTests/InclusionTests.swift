import IKEConfiguration
import Synchronization
import Testing

/// Files within files: what is read, and how much at most.
@Suite struct InclusionTests {
    /// Every path names a file, whose text comes of the path; reads are counted.
    private static func files(
        _ text: @escaping @Sendable (_ path: String) -> String
    ) -> (reading: FileReading, reads: Reads) {
        let reads = Reads()
        let reading = FileReading(
            read: { path in
                reads.count.withLock { $0 += 1 }
                return .success(Array(text(path).utf8))
            }, matches: { [$0] })
        return (reading, reads)
    }

    private final class Reads: Sendable {
        let count = Mutex(0)
    }

    @Test func filesThatIncludeThreeEachAreReadUpToABound() throws {
        // Nine levels of three: 3 + 9 + … + 19683 files unless somebody counts.
        let (reading, reads) = Self.files { path in
            path.utf8.count > 9 ? "" : "abc".map { "include \"\(path)\($0)\";" }.joined(separator: "\n")
        }
        let result = ConfigurationFile.load("t", reading: reading)
        #expect(reads.count.withLock { $0 } == 4097)
        #expect(
            result.headlines == [
                "tabacacaa:1:9: error: more than 4096 files are included, none is read from here on; "
                    + "do files include each other?"
            ])
    }

    @Test func policyFilesCountAsWell() {
        let (reading, reads) = Self.files { path in
            path == "t" ? String(repeating: "include_policy \"p\";\n", count: 4100) : ""
        }
        let result = ConfigurationFile.load("t", reading: reading)
        #expect(reads.count.withLock { $0 } == 4097)
        #expect(result.headlines.map { $0.prefix(38) } == ["t:4097:16: error: more than 4096 files"])
    }
}
