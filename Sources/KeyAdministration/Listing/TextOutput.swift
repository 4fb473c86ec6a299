import KeyMaterial

/// Text on its way to a stream, kept until there is enough of it to be worth a write.
///
/// What was handed on is overwritten here, because listings may hold keys.
package final class TextOutput {
    private var bytes: [UInt8] = []
    private let limit: Int
    private let drain: ([UInt8]) -> Void

    /// - Parameters:
    ///   - limit: octets that are gathered before `drain` gets them.
    ///   - drain: writes what it is given; it is never given nothing.
    package init(limit: Int = 65_536, drain: @escaping ([UInt8]) -> Void) {
        self.limit = limit
        self.drain = drain
        bytes.reserveCapacity(limit + 4096)
    }

    package func write(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        if bytes.count >= limit { flush() }
    }

    package func writeLine(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\n"))
        if bytes.count >= limit { flush() }
    }

    package func write(octets: [UInt8]) {
        bytes.append(contentsOf: octets)
        if bytes.count >= limit { flush() }
    }

    /// Writes a key in hexadecimal, or one `****` for each group; groups are of four octets, each behind a blank.
    func write(key: SecretKey, _ display: KeyDisplay) {
        key.withSpan { octets in
            for index in octets.indices {
                if index % 4 == 0 { bytes.append(UInt8(ascii: " ")) }
                switch display {
                case .shown: appendHexadecimal(octets[index])
                case .masked: if index % 4 == 0 { bytes.append(contentsOf: "****".utf8) }
                }
            }
        }
        if bytes.count >= limit { flush() }
    }

    /// Writes octets in hexadecimal, each four behind a blank and 32 a line; `**` for those in `masked`.
    func writeHexadecimal(_ octets: [UInt8], masked: [Range<Int>]) {
        for (index, octet) in octets.enumerated() {
            if index != 0, index.isMultiple(of: 32) { bytes.append(UInt8(ascii: "\n")) }
            if index.isMultiple(of: 4) { bytes.append(UInt8(ascii: " ")) }
            if masked.contains(where: { $0.contains(index) }) {
                bytes.append(contentsOf: "**".utf8)
            } else {
                appendHexadecimal(octet)
            }
        }
        if bytes.count >= limit { flush() }
    }

    private func appendHexadecimal(_ octet: UInt8) {
        for digit in [octet >> 4, octet & 15] {
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    /// Hands on what is there.
    package func flush() {
        guard !bytes.isEmpty else { return }
        drain(bytes)
        for index in bytes.indices { bytes[index] = 0 }
        bytes.removeAll(keepingCapacity: true)
    }
}

/// Whether keys are written out.
package enum KeyDisplay: Hashable, Sendable {
    case shown
    /// `****` stands for each four octets.
    case masked
}
