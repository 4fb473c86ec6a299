import Foundation
import TestSupport
import Testing

@testable import PFKey

/// One message of a recorded conversation between racoon 0.9.1 or setkey and a PF_KEY socket.
struct RecordedMessage: Sendable, CustomTestStringConvertible {
    let file: String
    let line: Int
    let isFromDatabase: Bool
    let errno: Int
    let satype: Int
    let length: Int
    let sequence: UInt32
    /// `SA`, `LTH`, …, as the recorder called the extensions.
    let extensions: [String]
    let bytes: [UInt8]

    var testDescription: String { "\(file):\(line)" }

    static let all: [RecordedMessage] = ["racoon-0.9.1-initiator.log", "racoon-0.9.1-responder.log"].flatMap {
        file in
        let url = VectorFile.packageRoot.appending(path: "Tests/PFKeyTests/Vectors/\(file)")
        let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
            RecordedMessage($1, file: file, line: $0 + 1)
        }
    }

    private init?(_ text: Substring, file: String, line: Int) {
        guard let hex = text.range(of: "hex=") else { return nil }
        func number(_ name: String) -> Int {
            text.range(of: "\(name)=").flatMap { Int(text[$0.upperBound...].prefix { $0.isNumber }) } ?? -1
        }
        self.file = file
        self.line = line
        isFromDatabase = text.contains("kernel->")
        errno = number("errno")
        satype = number("satype")
        length = number("len") * 8
        sequence = UInt32(clamping: number("seq"))
        let list = text.range(of: "exts=[").map { text[$0.upperBound...].prefix { $0 != "]" } } ?? ""
        extensions = list.split(separator: " ").map(String.init)
        guard let bytes = octets(hexadecimal: String(text[hex.upperBound...])) else { return nil }
        self.bytes = bytes
    }
}
