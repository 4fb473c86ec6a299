package import Algorithms

/// What PF_KEY leaves open, or where Linux's own socket differs from ours.
package struct SADBDialect: Hashable, Sendable {
    /// Whether an SA without a selector tells the source 0.0.0.0/0 (or `::/0`) as its proxy address.
    package enum EmptySelector: Hashable, Sendable {
        case leftOut
        /// Linux does.
        case told
    }

    /// Whether a refused request is answered with a sentence of ours beside the error number.
    package enum Refusal: Hashable, Sendable {
        case number
        case explained
    }

    /// What number 5 is, whose truncation PF_KEY does not say: 128 bits as RFC 4868 has it, or Linux's 96.
    package var sha256: IntegrityAlgorithm
    /// Whether HMAC-SHA2-256 has 96 bits, as Linux's PF_KEY has it, in place of 128.
    package var hasShortSHA256: Bool {
        get { sha256 == .hmacSHA256With96Bits }
        set { sha256 = newValue ? .hmacSHA256With96Bits : .hmacSHA256 }
    }

    package var emptySelector: EmptySelector
    package var refusal: Refusal

    package init(sha256: IntegrityAlgorithm = .hmacSHA256, emptySelector: EmptySelector, refusal: Refusal) {
        self.sha256 = sha256
        self.emptySelector = emptySelector
        self.refusal = refusal
    }

    /// Between programs of ours.
    package static let own = SADBDialect(emptySelector: .leftOut, refusal: .explained)
    /// As Linux answers, but for the truncation of HMAC-SHA2-256.
    package static let linux = SADBDialect(emptySelector: .told, refusal: .number)
}
