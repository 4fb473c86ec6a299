/// What stands before the IP packet in a captured frame, by tcpdump.org's number.
package struct LinkType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let null = LinkType(rawValue: 0)
    package static let ethernet = LinkType(rawValue: 1)
    package static let ppp = LinkType(rawValue: 9)
    package static let pppSerial = LinkType(rawValue: 50)
    package static let raw = LinkType(rawValue: 101)
    package static let loop = LinkType(rawValue: 108)
    package static let linuxCooked = LinkType(rawValue: 113)
    package static let ipv4 = LinkType(rawValue: 228)
    package static let ipv6 = LinkType(rawValue: 229)
    package static let linuxCooked2 = LinkType(rawValue: 276)

    /// Raw IP by the numbers that some systems wrote into files before there was 101.
    private static let otherRaw: Set<UInt32> = [12, 14]

    /// Whether IP packets of both families follow one another with nothing before them.
    package var isRaw: Bool { self == .raw || Self.otherRaw.contains(rawValue) }

    private static let names: [LinkType: String] = [
        .null: "NULL", .ethernet: "EN10MB", .ppp: "PPP", .pppSerial: "PPP_SERIAL", .raw: "RAW", .loop: "LOOP",
        .linuxCooked: "LINUX_SLL", .ipv4: "IPV4", .ipv6: "IPV6", .linuxCooked2: "LINUX_SLL2",
    ]

    /// tcpdump's name, or the number.
    package var description: String { Self.names[self] ?? (isRaw ? "RAW" : "link type \(rawValue)") }
}
