import CaptureFile
import Testing

/// Each kind of malformed file has its sentence.
struct MalformedCaptureTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let octets: [UInt8]

        init(_ sentence: String, _ octets: [UInt8]) {
            testDescription = sentence
            self.octets = octets
        }
    }

    private static func pcapng(_ body: (inout FileOctets) -> Void) -> [UInt8] {
        var file = FileOctets(.little)
        file.section()
        file.interface(101)
        body(&file)
        return file.octets
    }

    private static func pcap(_ body: (inout FileOctets) -> Void) -> [UInt8] {
        var file = FileOctets.pcap(.big)
        body(&file)
        return file.octets
    }

    private static var otherVersion: [UInt8] {
        var octets = FileOctets.pcap(.big).octets
        octets[5] = 3
        return octets
    }

    private static var otherSection: [UInt8] {
        var file = FileOctets(.big)
        file.section(major: 2)
        return file.octets
    }

    static let samples = [
        Sample("octet 0: found an empty file, expected the beginning of a pcap or pcapng file", []),
        Sample(
            "octet 0: found the octets 47 45 54 20, expected the beginning of a pcap or pcapng file",
            Array("GET /".utf8)),
        Sample(
            "octet 0: found the octets 1f 8b 08 00, expected the beginning of a pcap or pcapng file; this is "
                + "gzip: unpack it first (zcat FILE |)", [0x1f, 0x8b, 8, 0]),
        Sample(
            "octet 4: found the end of the file after 2 octets of the file's header, expected 20 octets",
            [0xa1, 0xb2, 0xc3, 0xd4, 0, 2]),
        Sample("octet 4: found pcap version 3.4, expected version 2.4", otherVersion),
        Sample(
            "record 1 at octet 24: found a packet of 262145 octets, expected at most 262144",
            pcap { for word: UInt32 in [0, 0, 262_145, 262_145] { $0.put32(word) } }),
        Sample(
            "record 1 at octet 24: found the end of the file after 1 octets of a record's header, expected 16 "
                + "octets", pcap { $0.put([0]) }),
        Sample(
            "record 1 at octet 0: found no byte order mark, expected the number 0x1a2b3c4d in either order",
            [10, 13, 13, 10] + [UInt8](repeating: 0, count: 24)),
        Sample("record 1 at octet 0: found pcapng version 2, expected version 1", otherSection),
        Sample(
            "record 3 at octet 48: found a packet of interface 1, expected one of the 1 described before it",
            pcapng { $0.packet(1, ticks: 0, [1]) }),
        Sample(
            "record 3 at octet 48: found a block of 13 octets, expected a multiple of 4, at least 12",
            pcapng {
                $0.put32(4)
                $0.put32(13)
            }),
        Sample(
            "record 3 at octet 48: found a block that ends with the length 17, expected 16 as at its start",
            pcapng { for word: UInt32 in [4, 16, 0, 17] { $0.put32(word) } }),
        Sample(
            "record 3 at octet 48: found a packet of 9 octets, expected at most 4",
            pcapng {
                $0.block(6) { for word: UInt32 in [0, 0, 0, 9, 9, 0] { $0.put32(word) } }
            }),
        Sample(
            "record 3 at octet 48: found the time resolution 20, expected at most 10^-19 or 2^-63 seconds",
            pcapng { $0.interface(1, options: [(9, [20])]) }),
        Sample(
            "record 3 at octet 48: found an option that runs out of its block, expected options that fit",
            pcapng {
                $0.block(1) {
                    for word: UInt32 in [1, 0] { $0.put32(word) }
                    for half: UInt16 in [2, 200] { $0.put16(half) }
                }
            }),
    ]

    @Test(arguments: samples)
    func isTold(_ sample: Sample) {
        let (packets, failure) = readAll(sample.octets)
        #expect(packets.isEmpty)
        #expect(failure?.description == sample.testDescription)
    }
}
