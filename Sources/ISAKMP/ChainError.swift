public import Wire

/// Why a chain of payloads, proposals, transforms or attributes could not be read, and where.
///
/// Every `at` is octets from the start of what was being read.
@usableFromInline package enum ChainError: Error, Hashable, Sendable {
    /// The input ends inside an item.
    case wire(WireError, at: Int)
    /// A payload says it is shorter than its own header.
    case lengthTooShort(type: UInt8, length: Int, at: Int)
    /// A payload says it is longer than what is left.
    case overrun(type: UInt8, length: Int, available: Int, at: Int)
    /// Octets follow the last item.
    case trailing(count: Int, at: Int)
    /// More items than are read.
    case tooMany(limit: Int, at: Int)
    /// The octet that says what follows has a value that cannot follow here.
    case unexpectedNext(found: UInt8, expected: UInt8, at: Int)
    /// A proposal announces a number of transforms and holds another.
    case transformCount(announced: Int, found: Int, at: Int)
}

extension ChainError: CustomStringConvertible {
    @usableFromInline package var description: String {
        switch self {
        case .wire(.truncated(let needed, let available), let at):
            "octet \(at): \(needed) octets are needed, \(available) are left"
        case .wire(.fieldOverflow(let value, let maximum), let at):
            "octet \(at): \(value) does not fit a field that holds at most \(maximum)"
        case .lengthTooShort(let type, let length, let at):
            "octet \(at): type \(type) has length \(length), less than its own header of 4 octets"
        case .overrun(let type, let length, let available, let at):
            "octet \(at): type \(type) has length \(length), but \(available) octets are left"
        case .trailing(let count, let at):
            "octet \(at): \(count) octets follow the last item"
        case .tooMany(let limit, let at):
            "octet \(at): more than \(limit) items"
        case .unexpectedNext(let found, let expected, let at):
            "octet \(at): next is \(found), expected \(expected) or 0"
        case .transformCount(let announced, let found, let at):
            "octet \(at): \(announced) transforms announced, \(found) found"
        }
    }
}
