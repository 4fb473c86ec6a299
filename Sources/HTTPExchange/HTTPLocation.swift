/// Where something is fetched from: `http://host[:port]/path`.
///
/// No other scheme: what is fetched so is signed itself.
package struct HTTPLocation: Hashable, Sendable {
    /// Without brackets where it is an IPv6 address.
    package let host: String
    package let port: UInt16
    /// With the query; starts with `/`.
    package let target: String
    private let isBracketed: Bool

    private static let scheme = "http://"
    private static let longest = 1024

    /// Reads a location; nil where it is none, or could be taken for two things.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.longest, text.lowercased().hasPrefix(Self.scheme),
            text.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { return nil }
        let rest = text.dropFirst(Self.scheme.count).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        // A user's name in front of the host has only ever served to deceive.
        guard !authority.isEmpty, !authority.contains("@"), !authority.contains("\\") else { return nil }
        let behind = rest.dropFirst(authority.count)
        target = behind.hasPrefix("/") ? String(behind) : "/" + behind
        guard let (host, port, isBracketed) = Self.split(authority) else { return nil }
        self.host = host
        self.port = port
        self.isBracketed = isBracketed
    }

    private static func split(_ authority: Substring) -> (host: String, port: UInt16, isBracketed: Bool)? {
        var host = authority
        var number: Substring?
        let isBracketed = authority.hasPrefix("[")
        if isBracketed {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[..<end].dropFirst()
            let rest = authority[end...].dropFirst()
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            number = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = authority.lastIndex(of: ":") {
            host = authority[..<colon]
            number = authority[colon...].dropFirst()
        }
        guard !host.isEmpty, isBracketed || !host.contains(":") else { return nil }
        guard let number, !number.isEmpty else { return (String(host), 80, isBracketed) }
        guard number.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(number), port > 0
        else { return nil }
        return (String(host), port, isBracketed)
    }

    /// Where a `Location` seen from here leads; nil where that is no place to fetch from.
    package func following(_ location: String) -> HTTPLocation? {
        guard location.hasPrefix("/"), !location.hasPrefix("//") else { return HTTPLocation(location) }
        return HTTPLocation(Self.scheme + authority + location)
    }

    /// For the `Host` field.
    var authority: String {
        let name = isBracketed ? "[\(host)]" : host
        return port == 80 ? name : "\(name):\(port)"
    }
}

extension HTTPLocation: CustomStringConvertible {
    package var description: String { Self.scheme + authority + target }
}
