import IPsec
import SourceText

extension Arguments {
    /// An address as written, with the interface of `fe80::1%eth0`.
    struct ScopedAddress {
        var address: IPAddress
        var interface: String?
        var token: Token
    }

    mutating func takeAddress(_ what: String = "an address") throws(Diagnostic) -> ScopedAddress {
        guard let next, next.kind == .word else { throw expected(what) }
        let parts = next.text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let text = parts.first, let address = IPAddress(text) else { throw notAnAddress(next, what) }
        guard parts.count == 1 || (address.family == .ipv6 && !parts[1].isEmpty) else {
            throw next.location.error(
                "expected \(what), found \(next.shown); '%' names the interface of an IPv6 address")
        }
        advance()
        return ScopedAddress(
            address: address, interface: parts.count == 2 ? String(parts[1]) : nil, token: next)
    }

    private func notAnAddress(_ token: Token, _ what: String) -> Diagnostic {
        let looksNumeric = token.text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".")
        }
        let reason =
            looksNumeric
            ? "is not an IPv4 address: four numbers of 0 to 255, without leading zeros"
            : "is not an address; host names are not looked up"
        return token.location.error("expected \(what): \(token.shown) \(reason)")
    }

    /// Whether an address, and not a word, comes next.
    var isAtAddress: Bool {
        guard let next, next.kind == .word, let text = next.text.split(separator: "%").first else {
            return false
        }
        return IPAddress(text) != nil
    }

    /// Takes `[N]` or `[any]`, if it is there; 0 is any.
    mutating func takePort() throws(Diagnostic) -> UInt16? {
        guard takeOptionalPunctuation("[") else { return nil }
        if takeOptionalWord("any") != nil {
            try takePunctuation("]")
            return 0
        }
        let port = try takeNumber(0...65535, "port")
        try takePunctuation("]")
        return UInt16(port)
    }

    /// Takes an address, a network `A/N` or a range `A-B`, then perhaps `[port]`.
    mutating func takeNetwork(_ session: Session) throws(Diagnostic) -> TrafficSelector {
        guard let next, next.kind == .word else { throw expected("a network, such as 10.1.0.0/24") }
        if let range = Self.range(next.text) {
            advance()
            return try rangeSelector(range.0, range.1, at: next.location)
        }
        let first = try takeAddress("a network, such as 10.1.0.0/24")
        guard first.interface == nil else { throw next.location.error("a network has no interface") }
        if let bits = try takePrefixLength(first.address.family) {
            guard let prefix = IPPrefix(first.address, length: bits) else {
                throw expected("a prefix length")
            }
            if prefix.address != first.address {
                session.report(
                    next.location.warning("\(first.address)/\(bits) has host bits set; \(prefix) is taken"))
            }
            return TrafficSelector(prefix, port: try takePort() ?? 0)
        }
        return TrafficSelector(IPPrefix(host: first.address), port: try takePort() ?? 0)
    }

    private mutating func rangeSelector(
        _ first: IPAddress, _ last: IPAddress, at location: SourceLocation
    ) throws(Diagnostic) -> TrafficSelector {
        guard first.family == last.family else {
            throw location.error("the two ends of a range are of one family, IPv4 or IPv6")
        }
        guard var selector = TrafficSelector(first: first, last: last) else {
            throw location.error("the range ends before it begins; write \(last)-\(first)")
        }
        _ = try takePrefixLength(first.family)
        if let port = try takePort(), port != 0 { selector.ports = port...port }
        return selector
    }

    mutating func takePrefixLength(_ family: AddressFamily) throws(Diagnostic) -> Int? {
        guard takeOptionalPunctuation("/") else { return nil }
        return try takeNumber(0...family.addressBits, "prefix length")
    }

    private static func range(_ text: String) -> (IPAddress, IPAddress)? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = IPAddress(parts[0]), let last = IPAddress(parts[1]) else {
            return nil
        }
        return (first, last)
    }
}
