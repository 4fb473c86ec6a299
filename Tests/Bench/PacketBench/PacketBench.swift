// Measures the packet engine and prints a table: see `usage`.
import AllocationCount
import ControlProtocol
import Glibc

@main struct PacketBench {
    static let usage = """
        usage: packet-bench [--check] [--json FILE] [--runs COUNT] [--only TEXT]
          --check      fail (exit 1) where a figure is below what is asked of it
          --json FILE  write the figures there, too
          --runs COUNT how often everything is measured (7)
          --only TEXT  only what has this in its name, such as aes-gcm-16-128/64, or lookup
        """

    /// What `--only` calls the lookups.
    private static let lookupName = "lookup"

    private var isChecking = false
    private var jsonPath: String?
    private var runs = 7
    private var wanted = ""

    static func main() {
        do {
            var bench = PacketBench()
            guard bench.takes(CommandLine.arguments.dropFirst()) else {
                say(usage)
                exit(EX_USAGE)
            }
            exit(try bench.run() || !bench.isChecking ? 0 : 1)
        } catch {
            say("packet-bench: \(error)")
            exit(EX_SOFTWARE)
        }
    }

    private mutating func takes(_ words: ArraySlice<String>) -> Bool {
        var words = words
        while let word = words.popFirst() {
            switch word {
            case "--check": isChecking = true
            case "--json":
                guard let path = words.popFirst() else { return false }
                jsonPath = path
            case "--runs":
                guard let count = words.popFirst().flatMap({ Int($0) }), count > 0 else { return false }
                runs = count
            case "--only":
                guard let text = words.popFirst() else { return false }
                wanted = text
            default: return false
            }
        }
        return true
    }

    /// Whether everything is as fast as is asked.
    private func run() throws -> Bool {
        guard allocation_count_separate_libcrypto() == 1 else {
            throw BenchFailure("libcrypto was used early")
        }
        Self.say("nanoseconds of processor time, median (least-most) of \(runs) runs")
        let rows = try ProtectionBench(runs: runs, wanted: wanted).rows()
        Self.say(ProtectionTable.lines(rows).joined(separator: "\n"))
        var members = [JSONValue.Member("protection", ProtectionTable.json(rows))]
        let allocations = wanted == Self.lookupName ? [] : try AllocationBench.rows()
        for row in allocations { Self.say(row.line) }
        members.append(.init("allocations", .array(allocations.map(\.json))))
        if wanted.isEmpty { members += try memory() }
        var isFlat = true
        if wanted.isEmpty || wanted == Self.lookupName { members += try lookup(&isFlat) }
        if let jsonPath { try Self.write(JSONWriter.octets(.object(members)), to: jsonPath) }
        return rows.allSatisfy(\.isFastEnough) && allocations.allSatisfy(\.isFreeOfOurs) && isFlat
    }

    /// What many SAs take; nothing is asked of these figures.
    private func memory() throws -> [JSONValue.Member] {
        let rows = try MemoryBench.rows(ProtectionBench.subjects.map(\.transform), pairs: 100_000)
        for row in rows { Self.say(row.line) }
        return [.init("memory", .array(rows.map(\.json)))]
    }

    /// What many policies and SAs cost.
    ///
    /// - Parameter isFlat: set to whether that grows as little as is asked.
    private func lookup(_ isFlat: inout Bool) throws -> [JSONValue.Member] {
        let rows = try LookupBench(runs: runs).rows()
        for row in rows { Self.say(row.line) }
        let scale = try ScaleBench(runs: runs).rows()
        for row in scale { Self.say(row.line) }
        isFlat = LookupBench.isFlat(rows) && ScaleBench.isFlat(scale)
        Self.say("from 1 to 100000: \(isFlat ? "flat" : "NOT flat: above four times the cost")")
        return [
            .init("lookup", .array(rows.map(\.json))), .init("scale", .array(scale.map(\.json))),
        ]
    }

    static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = unsafe Glibc.write(STDOUT_FILENO, bytes, bytes.count)
    }

    private static func write(_ octets: [UInt8], to path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0, unsafe Glibc.write(descriptor, octets, octets.count) == octets.count else {
            throw BenchFailure("cannot write \(path)")
        }
        close(descriptor)
    }
}
