import LinuxIO

/// What a process has used of the host so far.
struct ProcessUse {
    /// Processor time of all its threads, nanoseconds.
    let processor: Int64
    /// Resident octets.
    let resident: Int

    init(of process: Int32) throws {
        processor = try Self.processor(of: process)
        let fields = try LocalFile.read("/proc/\(process)/statm").text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else {
            throw BenchFailure("cannot read /proc/\(process)/statm")
        }
        resident = pages * 4096
    }

    /// The scheduler counts in nanoseconds for each thread; where it does not, the kernel's ticks have to do.
    private static func processor(of process: Int32) throws -> Int64 {
        let threads = FileSystem.matches(of: "/proc/\(process)/task/*/schedstat")
        let times = threads.compactMap { path in
            (try? LocalFile.read(path).text.split(separator: " ").first).flatMap { Int64($0) }
        }
        let sum = times.reduce(0, +)
        guard times.isEmpty || sum == 0 else { return sum }
        let text = try LocalFile.read("/proc/\(process)/stat").text
        // The name may hold anything but ends with the last parenthesis; the times are the 12th and 13th after it.
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Int64(fields[12]), let system = Int64(fields[13]) else {
            throw BenchFailure("cannot read /proc/\(process)/stat")
        }
        return (user + system) * 10_000_000
    }
}

/// Why nothing could be measured.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
