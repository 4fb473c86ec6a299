import IPsec
import SourceText

/// The policy language behind `-P`, `DIRECTION [priority SPEC] ACTION {REQUEST}`.
extension TokenStream {
    private static let directions = ["in", "out", "fwd"]
    private static let actions = ["ipsec", "none", "discard", "bypass", "entrust"]
    /// The kernel keeps no more for one policy.
    private static let mostRequests = 6

    mutating func takePolicyDirection() throws(Diagnostic) -> PolicyDirection {
        let token = try takeWord("a direction: 'in', 'out' or 'fwd'")
        switch token.text {
        case "in": return .inbound
        case "out": return .outbound
        case "fwd": return .forward
        default:
            throw token.location.error(
                "expected a direction, 'in', 'out' or 'fwd', found \(token.shown)"
                    + Suggestion.hint(for: token.text, among: Self.directions))
        }
    }

    /// Takes `prio SPEC` where it is there: `N`, `-N`, or `low`, `def` or `high` with `+N` or `-N`.
    mutating func takePriority() throws(Diagnostic) -> UInt32 {
        guard try takeOptionalWord(where: { $0 == "prio" || $0 == "priority" }) != nil else {
            return SecurityPolicy.defaultPriority
        }
        let place = try peek()?.location ?? end
        let base = try takeOptionalWord(where: { Self.priorities[$0] != nil })
        let middle = base.flatMap { Self.priorities[$0.text] } ?? Int(SecurityPolicy.defaultPriority)
        let limit = base == nil ? 0x7fff_ffff : 0x4000_0000
        var wire = middle
        if try takeOptionalMark("-") {
            wire += try takeNumber(0...(base == nil ? limit : limit - 1), "a priority offset")
        } else if base == nil {
            wire -= try takeNumber(0...limit, "a priority: a number, 'low', 'def' or 'high'")
        } else if try takeOptionalMark("+") {
            wire -= try takeNumber(0...limit, "a priority offset")
        }
        guard let priority = UInt32(exactly: wire) else { throw place.error("this priority is out of range") }
        return priority
    }

    /// The lowest number wins, so that `high` is the smallest.
    private static let priorities = ["high": 0x4000_0000, "def": 0x8000_0000, "low": 0xc000_0000]

    /// Takes the action and its requests; nil where there is none.
    mutating func takeAction() throws(Diagnostic) -> PolicyAction? {
        guard let token = try peek(), token.kind == .word else { return nil }
        _ = try take()
        switch token.text {
        case "discard": return .discard
        case "none": return .bypass
        case "ipsec": return .protect(try takeRequests(after: token))
        case "bypass", "entrust":
            throw token.location.error(
                "'\(token.text)' is for the policies of sockets; here 'none' lets packets pass")
        default:
            throw token.location.error(
                "expected an action, 'ipsec', 'none' or 'discard', found \(token.shown)"
                    + Suggestion.hint(for: token.text, among: Self.actions))
        }
    }

    private mutating func takeRequests(after action: Token) throws(Diagnostic) -> [PolicyRequest] {
        var requests: [PolicyRequest] = []
        while let token = try peek(), !token.isMark(";") {
            requests.append(try takeRequest())
            guard requests.count <= Self.mostRequests else {
                throw token.location.error("a policy has at most \(Self.mostRequests) requests")
            }
        }
        guard !requests.isEmpty else {
            throw action.location.error("'ipsec' lacks a request, such as esp/transport//require")
        }
        return requests
    }
}
