import IPsec
import SourceText

/// The policy language behind `-P`, `DIRECTION [priority SPEC] ACTION {REQUEST}`.
extension TokenStream {
    static let directions = ["in", "out", "fwd"]
    static let actions = ["ipsec", "none", "discard", "bypass", "entrust"]
    /// The kernel keeps no more for one policy.
    private static let mostRequests = 6

    mutating func takePolicyDirection() throws(Diagnostic) -> PolicyDirection {
        let token = try takeWord("a direction: 'in', 'out' or 'fwd'")
        switch text(token) {
        case "in": return .inbound
        case "out": return .outbound
        case "fwd": return .forward
        case let word:
            throw location(token).error(
                "expected a direction, 'in', 'out' or 'fwd', found \(shown(token))"
                    + Suggestion.hint(for: word, among: Self.directions))
        }
    }

    /// Takes `prio SPEC` where it is there: `N`, `-N`, or `low`, `def` or `high` with `+N` or `-N`.
    mutating func takePriority() throws(Diagnostic) -> UInt32 {
        let keyword = try peek()
        guard self.is(keyword, "prio") || self.is(keyword, "priority") else {
            return SecurityPolicy.defaultPriority
        }
        _ = try take()
        let start = try place()
        let base = try takePriorityBase()
        let limit: UInt64 = base == nil ? 0x7fff_ffff : 0x4000_0000
        var wire = base ?? Int64(SecurityPolicy.defaultPriority)
        if try takeOptionalMark("-") {
            let most = base == nil ? limit : limit - 1
            wire += Int64(truncatingIfNeeded: try takeNumber(0...most, "a priority offset"))
        } else if base == nil {
            wire -= Int64(
                truncatingIfNeeded: try takeNumber(0...limit, "a priority: a number, 'low', 'def' or 'high'"))
        } else if try takeOptionalMark("+") {
            wire -= Int64(truncatingIfNeeded: try takeNumber(0...limit, "a priority offset"))
        }
        guard let priority = UInt32(exactly: wire) else { throw start.error("this priority is out of range") }
        return priority
    }

    /// The lowest number wins, so that `high` is the smallest.
    private mutating func takePriorityBase() throws(Diagnostic) -> Int64? {
        let token = try peek()
        guard token.kind == .word, let base = PriorityBase(rawValue: text(token)) else { return nil }
        _ = try take()
        return Int64(base.wire)
    }

    /// Takes the action and its requests; nil where there is none.
    mutating func takeAction() throws(Diagnostic) -> PolicyAction? {
        let token = try peek()
        guard token.kind == .word else { return nil }
        _ = try take()
        switch text(token) {
        case "discard": return .discard
        case "none": return .bypass
        case "ipsec": return .protect(try takeRequests(after: token))
        case "bypass", "entrust":
            throw location(token).error(
                "'\(text(token))' is for the policies of sockets; here 'none' lets packets pass")
        case let word:
            throw location(token).error(
                "expected an action, 'ipsec', 'none' or 'discard', found \(shown(token))"
                    + Suggestion.hint(for: word, among: Self.actions))
        }
    }

    private mutating func takeRequests(after action: Token) throws(Diagnostic) -> [PolicyRequest] {
        var requests: [PolicyRequest] = []
        while true {
            let token = try peek()
            guard token.kind != .mark(UInt8(ascii: ";")), token.kind != .end else { break }
            requests.append(try takeRequest())
            guard requests.count <= Self.mostRequests else {
                throw location(token).error("a policy has at most \(Self.mostRequests) requests")
            }
        }
        guard !requests.isEmpty else {
            throw location(action).error("'ipsec' lacks a request, such as esp/transport//require")
        }
        return requests
    }
}

/// setkey's three places in the order of policies.
enum PriorityBase: String, CaseIterable {
    case high
    case def
    case low

    /// The lowest number wins.
    var wire: UInt32 {
        switch self {
        case .high: 0x4000_0000
        case .def: SecurityPolicy.defaultPriority
        case .low: 0xc000_0000
        }
    }
}
