import Algorithms
import ESP
import Foundation
import IPsec
import SADText
import TestSupport
import Testing

/// Another implementation authenticates and decrypts what we seal: Wireshark's, where it is installed.
///
/// It is told of the SAs by the table that we write for it.
@Suite(.enabled(if: TShark.isInstalled, "needs tshark"))
struct TSharkTests {
    @Test(arguments: TSharkCorpus.all)
    func decryptsWhatWeSeal(_ sample: TSharkSample) throws {
        let seen = try #require(try TSharkCorpus.seen.get()[sample.spi])
        #expect(seen.sequence == "1")
        #expect(seen.isICVGood == sample.hasICV)
        #expect(seen.contents == sample.contents.hexadecimal)
    }

    /// What it does not know is checked by vectors, and by a kernel.
    @Test func everyTransformItKnows() {
        let known = Set(TSharkCorpus.all.map(\.sample.encryption.algorithm.name))
        let integrity = Set(TSharkCorpus.all.compactMap(\.sample.integrity?.name))
        #expect(
            known == [
                "null", "aes-cbc", "3des-cbc", "aes-ctr", "des-cbc", "blowfish-cbc", "cast128-cbc",
                "aes-gcm-16",
                "aes-gcm-12", "aes-gcm-8",
            ])
        #expect(
            integrity == [
                "hmac-md5", "hmac-sha1", "hmac-sha2-256", "hmac-sha2-256-96", "hmac-sha2-384",
                "hmac-sha2-512",
                "hmac-ripemd160",
            ])
    }
}

/// An SA of its own, and one packet through it.
struct TSharkSample: Sendable, CustomTestStringConvertible {
    var sample: SampleSA
    var spi: UInt32
    /// Octets of UDP payload.
    var size: Int

    var testDescription: String { "\(sample.testDescription), \(size) octets" }
    var hasICV: Bool { sample.encryption.algorithm.isAEAD || sample.integrity != nil }
    var packet: [UInt8] { SamplePacket.udp(sample.family, count: size, seed: UInt64(spi)) }
    /// What ESP carries of the packet.
    var contents: [UInt8] {
        sample.mode == .tunnel ? packet : Array(packet[(sample.family == .ipv4 ? 20 : 40)...])
    }

    var association: SecurityAssociation {
        var association = sample.association(.outbound)
        association.id = SecurityAssociationID(
            destination: association.id.destination, protocol: .esp, spi: SPI(spi))
        return association
    }

    func sealed() throws -> [UInt8] {
        var random = FixedRandom(seed: UInt64(spi))
        var outbound = try OutboundSA(association, random: &random)
        return try outbound.sealing(packet).bytes
    }

    /// As a database has it.
    var entry: SADEntry {
        let association = association
        let transform = association.transform
        let integrity = transform.integrityKey.flatMap { key in
            transform.integrity.map { KeyedIntegrity($0, key: key) }
        }
        return SADEntry(
            id: association.id, source: association.source, mode: association.mode,
            transform: .esp(
                KeyedCipher(transform.encryption.algorithm, key: transform.encryptionKey), integrity))
    }
}

/// Every transform that Wireshark decrypts and checks, in both modes over both families, in UDP and not, with packets
/// of any size.
enum TSharkCorpus {
    static let all: [TSharkSample] = {
        var random = FixedRandom(seed: 4303)
        return SampleSA.all.enumerated().map { index, sample in
            let largest = [0, 3, 20, 100, 1500, 9000][index % 6]
            return TSharkSample(
                sample: sample, spi: UInt32(0x1000 + index), size: Int.random(in: 0...largest, using: &random)
            )
        }.filter { sample in
            let table = WiresharkTable([sample.entry])
            return table.notes.isEmpty && !table.rows.isEmpty
        }
    }()

    /// What one run over all packets shows of each, by SPI.
    static let seen: Result<[UInt32: TShark.Packet], any Error> = Result {
        var lines = ""
        WiresharkTable(all.map(\.entry)).forEachLine { lines += $0 + "\n" }
        return try TShark.read(try all.map { try $0.sealed() }, associations: lines)
    }
}

/// The program.
enum TShark {
    private static let path = "/usr/bin/tshark"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: path)

    /// What it printed of a packet.
    struct Packet: Sendable {
        var sequence: Substring
        var isICVGood: Bool
        /// Payload data without padding, in hexadecimal.
        var contents: Substring
    }

    /// DNS is left out: where the random octets in a packet are none, the verdict on its ICV would not be printed.
    ///
    /// - Parameter associations: the file `esp_sa`.
    static func read(_ packets: [[UInt8]], associations: String) throws -> [UInt32: Packet] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "esp-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(capture(of: packets)).write(to: folder.appending(path: "packets.pcap"))
        try Data(associations.utf8).write(to: folder.appending(path: "esp_sa"))
        let lines = try run(
            [
                "-r", folder.appending(path: "packets.pcap").path, "-o", "esp.enable_encryption_decode:TRUE",
                "-o",
                "esp.enable_authentication_check:TRUE", "--disable-protocol", "dns", "-d",
                "udp.port==50000,udpencap", "-T", "fields", "-E",
                "separator=/t", "-e", "esp.spi", "-e", "esp.sequence", "-e", "esp.icv_good", "-e",
                "esp.contained_data",
            ], configuration: folder)
        return Dictionary(lines.compactMap(packet)) { first, _ in first }
    }

    private static func packet(_ line: String) -> (UInt32, Packet)? {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 4, let spi = UInt32(fields[0].dropFirst(2), radix: 16) else { return nil }
        let isGood = fields[2] == "1" || fields[2] == "True"
        return (spi, Packet(sequence: fields[1], isICVGood: isGood, contents: fields[3]))
    }

    /// A pcap file of IP packets (LINKTYPE_RAW).
    private static func capture(of packets: [[UInt8]]) -> [UInt8] {
        func word(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        var bytes = word(0xa1b2_c3d4) + [2, 0, 4, 0] + word(0) + word(0) + word(65535) + word(101)
        for packet in packets {
            bytes += word(0) + word(0) + word(packet.count) + word(packet.count) + packet
        }
        return bytes
    }

    private static func run(_ arguments: [String], configuration: URL) throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = [
            "WIRESHARK_CONFIG_DIR": configuration.path, "HOME": configuration.path, "LC_ALL": "C",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (String(bytes: data, encoding: .utf8) ?? "").split(separator: "\n").map(String.init)
    }
}
