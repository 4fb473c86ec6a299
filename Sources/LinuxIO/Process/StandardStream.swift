import Glibc

/// The three streams that every program starts with.
package enum StandardStream: Int32, Sendable {
    case input = 0
    case output = 1
    case error = 2

    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// What comes next, at most 64 KiB, as soon as there is something; empty at the end.
    package func read() throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let number = rawValue
        let count = try SystemError.retrying("read") {
            unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(number, $0.baseAddress, $0.count) }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Writes all of it.
    package func write(_ octets: [UInt8]) throws(SystemError) {
        var written = 0
        while written < octets.count {
            let number = rawValue
            let start = written
            written += try SystemError.retrying("write") {
                unsafe octets.withUnsafeBytes { bytes in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
                    return unsafe Glibc.write(number, rest.baseAddress, rest.count)
                }
            }
        }
    }
}
