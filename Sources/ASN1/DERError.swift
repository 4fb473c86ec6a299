/// Why octets are not the DER that was expected.
package enum DERError: Error, Hashable, Sendable {
    /// The octets end inside an element.
    case truncated
    /// Another type than expected; nil where nothing is left.
    case unexpected(found: DERTag?, expected: DERTag)
    /// Octets follow where the structure ends.
    case trailing(count: Int)
    /// BER that DER forbids, or a form nobody uses; names the rule.
    case notCanonical(String)
    /// A value beyond what is read here; names it.
    case outOfRange(String)
}

extension DERError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated: "the data ends inside an element"
        case .unexpected(let found?, let expected): "found \(found) where \(expected) is expected"
        case .unexpected(nil, let expected): "the data ends where \(expected) is expected"
        case .trailing(let count): "\(count) octets follow the end of the structure"
        case .notCanonical(let rule): "not DER: \(rule)"
        case .outOfRange(let what): "\(what) is out of range"
        }
    }
}
