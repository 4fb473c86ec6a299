import IPsec
import SourceText

/// Addresses, host names and ports.
extension TokenStream {
    /// Whether it is a word that stands where an address was forgotten, and no host's name.
    private static func isBehindAddresses(_ form: HostReference.Form) -> Bool {
        guard case .name(let name) = form else { return false }
        return ["any", "tcp", "udp", "esp", "ah", "ipcomp"].contains(name)
    }

    /// Takes an address, with or without `%INTERFACE`, or a host name.
    mutating func takeHost(_ what: @autoclosure () -> String) throws(Diagnostic) -> HostReference {
        let token = try takeWord(what())
        guard let form = Self.hostForm(octets(token)), !Self.isBehindAddresses(form) else {
            throw location(token).error("expected \(what()), found \(shown(token))")
        }
        return HostReference(form, at: location(token))
    }

    /// Takes a numeric address.
    mutating func takeAddress(_ what: String) throws(Diagnostic) -> IPAddress {
        let token = try takeWord(what)
        guard case .address(let address)? = Self.hostForm(octets(token)) else {
            let reason =
                octets(token).contains(UInt8(ascii: "%"))
                ? "an interface cannot be part of it" : "host names are not looked up"
            throw location(token).error("expected \(what), found \(shown(token)); \(reason)")
        }
        return address
    }

    /// Takes `[N]`, `[any]` or `[NAME]`, if it is there.
    mutating func takePort() throws(Diagnostic) -> PortReference? {
        guard try takeOptionalMark("[") else { return nil }
        let what = "a port number"
        let token = try takeWord(what)
        var port = PortReference.any
        if Number.parse(octets(token)) != nil {
            port = .number(UInt16(truncatingIfNeeded: try number(token, 0...65535, what)))
        } else if !self.is(token, "any") {
            guard Self.isHostName(octets(token)) else {
                throw location(token).error("expected \(what), found \(shown(token))")
            }
            port = .service(text(token))
        }
        try takeMark("]")
        return port
    }

    /// Takes `-4`, `-6`, `-n` and their bundles, where they are there.
    mutating func takeNameRestriction() throws(Diagnostic) -> NameRestriction {
        let token = try peek()
        let octets = octets(token)
        guard token.kind == .word, octets.count > 1, octets.first == UInt8(ascii: "-"),
            octets.dropFirst().allSatisfy("46n".utf8.contains)
        else { return NameRestriction() }
        _ = try take()
        let wants4 = octets.contains(UInt8(ascii: "4"))
        let wants6 = octets.contains(UInt8(ascii: "6"))
        return NameRestriction(
            family: wants4 == wants6 ? nil : wants4 ? .ipv4 : .ipv6,
            isNumericOnly: octets.contains(UInt8(ascii: "n")))
    }

    static func hostForm(_ octets: ArraySlice<UInt8>) -> HostReference.Form? {
        if let address = IPAddress(characters: octets) { return .address(address) }
        if let percent = octets.firstIndex(of: UInt8(ascii: "%")),
            let address = IPAddress(characters: octets[..<percent])
        {
            let zone = octets[(percent + 1)...]
            return zone.isEmpty
                ? nil : .scoped(address, interface: String(decoding: zone, as: UTF8.self))
        }
        return isHostName(octets) ? .name(String(decoding: octets, as: UTF8.self)) : nil
    }

    /// Letters, digits, points, hyphens and underscores, not all digits and points.
    private static func isHostName(_ octets: ArraySlice<UInt8>) -> Bool {
        var hasLetter = false
        for octet in octets {
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                hasLetter = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"): continue
            case UInt8(ascii: "-"): guard octets.first != octet else { return false }
            default: return false
            }
        }
        return hasLetter
    }
}
