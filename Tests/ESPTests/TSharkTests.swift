import Algorithms
import Foundation
import IPsec
import TestSupport
import Testing

/// Another implementation decrypts what we seal: Wireshark's, where it is installed.
struct TSharkTests {
    private static let program = "/usr/bin/tshark"

    /// Wireshark's names of ciphers; those it does not know are checked by vectors alone.
    static let ciphers: [EncryptionAlgorithm: String] = [
        .null: "NULL", .aesCBC: "AES-CBC [RFC3602]", .tripleDES: "TripleDES-CBC [RFC2451]",
        .aesCTR: "AES-CTR [RFC3686]", .desCBC: "DES-CBC [RFC2405]",
        .blowfishCBC: "BLOWFISH-CBC [RFC2451]", .cast128CBC: "CAST5-CBC [RFC2144]",
        .aesGCM16: "AES-GCM with 16 octet ICV [RFC4106]", .aesGCM12: "AES-GCM with 12 octet ICV [RFC4106]",
        .aesGCM8: "AES-GCM with 8 octet ICV [RFC4106]",
    ]

    static let integrity: [IntegrityAlgorithm: String] = [
        .hmacMD5: "HMAC-MD5-96 [RFC2403]", .hmacSHA1: "HMAC-SHA-1-96 [RFC2404]",
        .hmacSHA256: "HMAC-SHA-256-128 [RFC4868]",
        .hmacSHA256With96Bits: "HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]",
        .hmacSHA384: "HMAC-SHA-384-192 [RFC4868]", .hmacSHA512: "HMAC-SHA-512-256 [RFC4868]",
        .hmacRIPEMD160: "MAC-RIPEMD-160-96 [RFC2857]",
    ]

    /// Every transform whose parts it knows, in one mode or another.
    static let samples: [SampleSA] = SampleSA.transforms.filter { sample in
        ciphers[sample.encryption.algorithm] != nil && sample.integrity.map { integrity[$0] != nil } ?? true
            && !cannotBeChecked(sample.encryption)
    }.enumerated().map { index, sample in
        var sample = sample
        (sample.mode, sample.isUDP) = (index % 2 == 0 ? .tunnel : .transport, index % 3 == 2)
        sample.family = index % 5 == 4 ? .ipv6 : .ipv4
        return sample
    }

    /// libgcrypt wants 128 bits for these.
    private static func cannotBeChecked(_ choice: CipherChoice) -> Bool {
        (choice.algorithm == .blowfishCBC || choice.algorithm == .cast128CBC) && choice.keyBits != 128
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: program)), arguments: samples)
    func decryptsWhatWeSeal(_ sample: SampleSA) throws {
        var outbound = try sample.outbound()
        let packets = try [0, 1, 37, 1300].map {
            try outbound.sealing(SamplePacket.udp(sample.family, count: $0)).bytes
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "esp-\(UUID().uuidString).pcap")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(capture(of: packets)).write(to: file)
        let lines = try run([
            "-r", file.path, "-o", "esp.enable_encryption_decode:TRUE", "-o",
            "esp.enable_authentication_check:TRUE",
            "-d", "udp.port==50000,udpencap",
            "-o", "uat:esp_sa:" + association(sample), "-T", "fields", "-E", "separator=/t",
            "-e", "esp.sequence", "-e", "esp.icv_good", "-e", "udp.dstport", "-e", "udp.length",
        ])
        #expect(lines.count == packets.count)
        // tshark 4.0 prints its verdict on the ICV for the first packet of an SA alone.
        let verdict = lines.first?.split(separator: "\t", omittingEmptySubsequences: false).dropFirst().first
        #expect(verdict == "1" || verdict == "True")
        for (line, count) in zip(lines, [0, 1, 37, 1300]) {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            #expect(fields.count == 4)
            #expect(fields.dropFirst(2).first?.hasSuffix("53") == true, "\(line)")
            #expect(fields.last?.hasSuffix("\(count + 8)") == true, "\(line)")
        }
    }

    /// A row of Wireshark's table of ESP SAs.
    private func association(_ sample: SampleSA) -> String {
        var random = FixedRandom(seed: 77)
        let key = random.bytes(count: sample.encryption.keyMaterialSize).hexadecimal
        let integrityKey = random.bytes(count: sample.integrity?.keySize ?? 0).hexadecimal
        let family = sample.family == .ipv4 ? "IPv4" : "IPv6"
        let row = [
            family, "\(SampleSA.address(sample.family, 1))", "\(SampleSA.address(sample.family, 2))",
            "0x01020304",
            Self.ciphers[sample.encryption.algorithm] ?? "", key.isEmpty ? "" : "0x" + key,
            sample.integrity.flatMap { Self.integrity[$0] } ?? "NULL",
            integrityKey.isEmpty ? "" : "0x" + integrityKey,
        ]
        return row.map { "\"\($0)\"" }.joined(separator: ",")
    }

    /// A pcap file of IP packets (LINKTYPE_RAW).
    private func capture(of packets: [[UInt8]]) -> [UInt8] {
        func word(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        var bytes = word(0xa1b2_c3d4) + [2, 0, 4, 0] + word(0) + word(0) + word(65535) + word(101)
        for packet in packets {
            bytes += word(0) + word(0) + word(packet.count) + word(packet.count) + packet
        }
        return bytes
    }

    private func run(_ arguments: [String]) throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: Self.program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(bytes: data, encoding: .utf8) ?? ""
        return text.split(separator: "\n").map(String.init)
    }
}
