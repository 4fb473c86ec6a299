import CaptureFile
import Testing

/// Every link type: where the packet is, and a frame for another one.
struct LinkFrameTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let linkType: LinkType
        let header: [UInt8]
        /// The same header before a packet of IPv6.
        let headerOfIPv6: [UInt8]
        let name: String
        var testDescription: String { "\(linkType) \(name)" }

        init(_ linkType: LinkType, _ header: [UInt8], _ headerOfIPv6: [UInt8], _ name: String = "") {
            (self.linkType, self.header) = (linkType, header)
            (self.headerOfIPv6, self.name) = (headerOfIPv6, name)
        }
    }

    private static let addresses: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]
    private static let cooked: [UInt8] = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0]
    private static let cooked2: [UInt8] = [0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0]

    static let samples = [
        Sample(.ethernet, addresses + [8, 0], addresses + [0x86, 0xdd]),
        Sample(
            .ethernet, addresses + [0x81, 0, 0, 5, 8, 0], addresses + [0x81, 0, 0, 5, 0x86, 0xdd], "802.1Q"),
        Sample(
            .ethernet, addresses + [0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0],
            addresses + [0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 0x86, 0xdd], "QinQ"),
        Sample(
            .ethernet, addresses + [0, 30, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0],
            addresses + [0, 30, 0xaa, 0xaa, 3, 0, 0, 0, 0x86, 0xdd], "SNAP"),
        Sample(
            .ethernet, addresses + [0x88, 0x64, 0x11, 0, 0, 1, 0, 22, 0, 0x21],
            addresses + [0x88, 0x64, 0x11, 0, 0, 1, 0, 22, 0, 0x57], "PPPoE"),
        Sample(.raw, [], []),
        Sample(LinkType(rawValue: 12), [], []),
        Sample(LinkType(rawValue: 14), [], []),
        Sample(.ipv4, [], []),
        Sample(.ipv6, [], []),
        Sample(.linuxCooked, cooked + [8, 0], cooked + [0x86, 0xdd]),
        Sample(.linuxCooked2, [8, 0] + cooked2, [0x86, 0xdd] + cooked2),
        Sample(.null, [2, 0, 0, 0], [30, 0, 0, 0], "little-endian"),
        Sample(.null, [0, 0, 0, 2], [0, 0, 0, 30], "big-endian"),
        Sample(.loop, [0, 0, 0, 2], [0, 0, 0, 30]),
        Sample(.ppp, [0xff, 3, 0, 0x21], [0xff, 3, 0, 0x57]),
        Sample(.ppp, [0, 0x21], [0, 0x57], "without address and control"),
        Sample(.ppp, [0x21], [0x57], "with a short number"),
        Sample(.pppSerial, [0xff, 3, 0, 0x21], [0xff, 3, 0, 0x57]),
    ]

    private static let ipv4: [UInt8] = [0x45, 0, 0, 20, 1, 2, 3]
    private static let ipv6: [UInt8] = [0x60, 0, 0, 0, 9]

    @Test(arguments: samples)
    func findsThePacketAndFramesAnother(_ sample: Sample) throws {
        let octets = sample.header + Self.ipv4
        let frame = try LinkFrame(octets.span, sample.linkType)
        #expect(frame.headerCount == sample.header.count)
        #expect(frame.frame(around: Self.ipv4, like: octets) == octets)
        let other = frame.frame(around: Self.ipv6, like: octets)
        #expect(other == sample.headerOfIPv6 + Self.ipv6)
        let again = try LinkFrame(other.span, LinkFrame.reframedType(sample.linkType))
        #expect(again.headerCount == sample.headerOfIPv6.count)
    }

    @Test(arguments: samples.filter { !$0.header.isEmpty })
    func everyCutHeaderIsTold(_ sample: Sample) {
        for count in 0..<sample.header.count {
            let octets = Array(sample.header[..<count])
            #expect(throws: LinkFrame.Stranger.self) { _ = try LinkFrame(octets.span, sample.linkType) }
        }
    }

    @Test func tellsWhatElseThereIs() {
        func stranger(_ octets: [UInt8], _ linkType: LinkType) -> LinkFrame.Stranger? {
            do throws(LinkFrame.Stranger) {
                _ = try LinkFrame(octets.span, linkType)
                return nil
            } catch {
                return error
            }
        }
        #expect(stranger(Self.addresses + [8, 6, 0, 1], .ethernet) == .notIP(0x0806))
        #expect(stranger([0xff, 3, 0xc0, 0x21], .ppp) == .notIP(0xc021))
        #expect(stranger([7, 0, 0, 0], .null) == .notIP(7))
        #expect(stranger([2, 0, 0, 0], .loop) == .notIP(0x0200_0000))
        let wireless = LinkType(rawValue: 127)
        #expect(stranger(Self.ipv4, wireless) == .linkType(wireless))
    }
}
