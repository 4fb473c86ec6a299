/// Why an answer is of no use.
package enum HTTPFailure: Error, Hashable, Sendable {
    /// Not HTTP, or in a form that one response does not have; what.
    case malformed(String)
    /// More octets than are read; the limit.
    case tooLarge(Int)
    /// Anything but success; the number.
    case status(Int)
    /// It ended inside a field, the header or the body.
    case cutOff
}

extension HTTPFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let what): "the answer is not HTTP/1.1 (\(what))"
        case .tooLarge(let most): "the answer has more than \(most) octets"
        case .status(let number): "the server answers with status \(number)"
        case .cutOff: "the server closed the connection before the end of the answer"
        }
    }
}

/// Reads one response as it comes, and never more than it was told to.
package struct HTTPResponseReader: Sendable {
    package enum Outcome: Hashable, Sendable {
        case body([UInt8])
        /// To be fetched from elsewhere.
        case redirect(String)
    }

    private enum Framing {
        case length(Int)
        /// Up to the end of the connection.
        case open
        case chunked
    }

    private let most: Int
    private var pending: [UInt8] = []
    private var framing: Framing?
    private var location: String?
    private var body: [UInt8] = []

    private static let mostHeaderOctets = 16384
    private static let mostFields = 64

    /// - Parameter most: octets of the body.
    package init(most: Int) {
        self.most = most
    }

    /// Takes more octets; the outcome once the response is whole.
    package mutating func take(_ octets: some Sequence<UInt8>) throws(HTTPFailure) -> Outcome? {
        pending += octets
        if framing == nil {
            guard let header = try takeHeader() else { return nil }
            try read(header)
            if let location { return .redirect(location) }
        }
        switch framing {
        case nil: return nil
        case .length(let length):
            try takeBody(pending.count)
            return body.count >= length ? .body(Array(body.prefix(length))) : nil
        case .open:
            try takeBody(pending.count)
            return nil
        case .chunked: return try takeChunks() ? .body(body) : nil
        }
    }

    /// The connection ended.
    package func end() throws(HTTPFailure) -> Outcome {
        guard case .open? = framing else { throw .cutOff }
        return .body(body)
    }

    private mutating func takeBody(_ count: Int) throws(HTTPFailure) {
        guard body.count + count <= most else { throw .tooLarge(most) }
        body += pending.prefix(count)
        pending.removeFirst(count)
    }

    /// The lines up to the empty one, once they are there.
    private mutating func takeHeader() throws(HTTPFailure) -> [String]? {
        var lines: [String] = []
        var start = 0
        for (index, octet) in pending.enumerated() where octet == 0x0a {
            var line = pending[start..<index]
            if line.last == 0x0d { line.removeLast() }
            start = index + 1
            if line.isEmpty {
                pending.removeFirst(start)
                return lines
            }
            guard lines.count < Self.mostFields else { throw .malformed("too many fields") }
            guard line.allSatisfy({ $0 == 0x09 || (0x20...0x7e).contains($0) || $0 >= 0x80 }) else {
                throw .malformed("a control character in the header")
            }
            lines.append(String(decoding: line, as: UTF8.self))
        }
        guard pending.count <= Self.mostHeaderOctets else { throw .tooLarge(Self.mostHeaderOctets) }
        return nil
    }

    private mutating func read(_ header: [String]) throws(HTTPFailure) {
        guard let first = header.first else { throw .malformed("no status line") }
        let words = first.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0", words[1].utf8.count == 3,
            let status = Int(words[1])
        else { throw .malformed("no status line") }
        let fields = try Self.fields(header.dropFirst())
        switch status {
        case 200: framing = try Self.framing(fields)
        case 301, 302, 303, 307, 308:
            guard let place = fields.first(where: { $0.name == "location" })?.value else {
                throw .malformed("a redirection to nowhere")
            }
            framing = .open
            location = place
        default: throw .status(status)
        }
    }

    private static func fields(
        _ lines: some Sequence<String>
    ) throws(HTTPFailure) -> [(name: String, value: String)] {
        var fields: [(String, String)] = []
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex,
                !line[..<colon].contains(where: { $0 == " " || $0 == "\t" })
            else { throw .malformed("a line of the header without a name") }
            let value = line[colon...].dropFirst().drop { $0 == " " || $0 == "\t" }
            fields.append((line[..<colon].lowercased(), String(value.trimmingEnd)))
        }
        return fields
    }

    private static func framing(_ fields: [(name: String, value: String)]) throws(HTTPFailure) -> Framing {
        let codings = fields.filter { $0.name == "transfer-encoding" }
        if !codings.isEmpty {
            guard codings.count == 1, codings[0].value.lowercased() == "chunked" else {
                throw .malformed("an unknown transfer encoding")
            }
            return .chunked
        }
        let lengths = Set(fields.filter { $0.name == "content-length" }.map(\.value))
        guard let text = lengths.first else { return .open }
        guard lengths.count == 1, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text)
        else { throw .malformed("no number as its length") }
        return .length(length)
    }

    /// Takes whole chunks; true after the last one.
    private mutating func takeChunks() throws(HTTPFailure) -> Bool {
        while let end = pending.firstIndex(of: 0x0a) {
            let line = pending[..<end].prefix { $0 != 0x0d && $0 != UInt8(ascii: ";") }
            guard (1...8).contains(line.count),
                let size = Int(String(decoding: line, as: UTF8.self), radix: 16), size >= 0
            else { throw .malformed("no number in front of a chunk") }
            // What may follow the last chunk is of no use here.
            if size == 0 { return true }
            guard size <= most else { throw .tooLarge(most) }
            guard pending.count >= end + 1 + size + 2 else { return false }
            pending.removeFirst(end + 1)
            try takeBody(size)
            guard pending.starts(with: [0x0d, 0x0a]) else { throw .malformed("no end behind a chunk") }
            pending.removeFirst(2)
        }
        guard pending.count <= Self.mostHeaderOctets else {
            throw .malformed("no number in front of a chunk")
        }
        return false
    }
}

extension Substring {
    fileprivate var trimmingEnd: Substring {
        var text = self
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
