package import ASN1
package import Cryptography

/// Why a file of keys or certificates cannot be used: where, what was found, what to do.
package struct CredentialFileFailure: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        case key(KeyFailure)
        case certificate(DERError)
        /// Something else than was expected: both in words, and what to do.
        case unexpected(found: String, expected: String, advice: String)
    }

    package let file: String
    /// nil where the file has no lines.
    package let line: Int?
    package let reason: Reason

    init(_ file: String, line: Int? = nil, _ reason: Reason) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    init(_ file: String, _ failure: PEM.Failure) {
        switch failure {
        case .noEnd(let label, let line):
            self.init(
                file, line: line,
                .unexpected(
                    found: "a block \"\(label)\" without an end", expected: "a line -----END \(label)-----",
                    advice: "copy the whole file again"))
        case .endMismatch(let expected, let found, let line):
            self.init(
                file, line: line,
                .unexpected(
                    found: "-----END \(found)-----", expected: "-----END \(expected)-----",
                    advice: "copy the whole file again"))
        case .tooMany(let most):
            self.init(
                file,
                .unexpected(
                    found: "more than \(most) blocks", expected: "at most \(most)", advice: "split the file"))
        }
    }
}

extension CredentialFileFailure: CustomStringConvertible {
    package var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return switch reason {
        case .key(let failure): "\(place): \(failure)"
        case .certificate(let error): "\(place): malformed certificate: \(error); get the file again"
        case .unexpected(let found, let expected, let advice):
            "\(place): found \(found) where \(expected) is expected; \(advice)"
        }
    }
}
