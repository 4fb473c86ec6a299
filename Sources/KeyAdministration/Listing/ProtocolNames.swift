/// The names of upper-layer protocols, as /etc/protocols gives them.
package struct ProtocolNames: Sendable {
    private let names: [UInt8: String]
    private let numbers: [String: UInt8]

    /// The names that every system has, and setkey's own.
    package static let common = ProtocolNames([])

    private static let builtIn: [(String, UInt8)] = [
        ("icmp", 1), ("igmp", 2), ("ipencap", 4), ("tcp", 6), ("egp", 8), ("udp", 17), ("dccp", 33),
        ("ipv6", 41), ("rsvp", 46), ("gre", 47), ("esp", 50), ("ah", 51), ("ipv6-icmp", 58), ("ospf", 89),
        ("ipip", 94), ("pim", 103), ("ipcomp", 108), ("vrrp", 112), ("l2tp", 115), ("sctp", 132),
        ("mobility-header", 135), ("udplite", 136), ("any", 0), ("icmp6", 58), ("ip4", 4), ("mh", 135),
    ]

    /// Of two names of one number the first is the one that is written.
    private init(_ pairs: [(String, UInt8)]) {
        let all = pairs + Self.builtIn
        names = Dictionary(all.map { ($1, $0) }) { first, _ in first }
        numbers = Dictionary(all) { first, _ in first }
    }

    /// The names of a file in the format of protocols(5), and the common ones.
    package init(etcProtocols text: String) {
        var pairs: [(String, UInt8)] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
            // Protocol 0 is IPv6's hop-by-hop header there, and any protocol here.
            guard words.count >= 2, let number = UInt8(words[1]), number != 0 else { continue }
            for word in [words[0]] + words[2...] { pairs.append((String(word), number)) }
        }
        self.init(pairs)
    }

    /// The name of a protocol, or its number; any is 255, as PF_KEY writes it.
    func name(_ number: UInt8) -> String {
        number == 0 ? "255" : names[number] ?? String(number)
    }

    /// The number behind a name or a number; 0 for any.
    package func number(_ text: String) -> UInt8? {
        if let number = UInt8(text) { return number == 255 ? 0 : number }
        return numbers[text]
    }
}
