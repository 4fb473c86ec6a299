import Algorithms
import Foundation
import IPsec
import TestSupport
import Testing

/// Another implementation decrypts what we seal: Wireshark's, where it is installed.
struct TSharkTests {
    private static let program = "/usr/bin/tshark"

    static let samples: [SampleSA] = [
        SampleSA.gcm,
        SampleSA(encryption: CipherChoice(.aesGCM16, keyBits: 256)),
        SampleSA(encryption: CipherChoice(.aesCBC, keyBits: 256), integrity: .hmacSHA256),
        SampleSA(encryption: CipherChoice(.aesCBC), integrity: .hmacSHA1, mode: .transport),
        SampleSA(encryption: CipherChoice(.tripleDES), integrity: .hmacMD5, family: .ipv6),
        SampleSA(encryption: CipherChoice(.null), integrity: .hmacSHA512, isUDP: true),
    ]

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
            cipher(sample), key.isEmpty ? "" : "0x" + key, integrity(sample),
            integrityKey.isEmpty ? "" : "0x" + integrityKey,
        ]
        return row.map { "\"\($0)\"" }.joined(separator: ",")
    }

    private func cipher(_ sample: SampleSA) -> String {
        switch sample.encryption.algorithm {
        case .aesCBC: "AES-CBC [RFC3602]"
        case .aesGCM16: "AES-GCM with 16 octet ICV [RFC4106]"
        case .tripleDES: "TripleDES-CBC [RFC2451]"
        default: "NULL"
        }
    }

    private func integrity(_ sample: SampleSA) -> String {
        switch sample.integrity?.hash {
        case .md5: "HMAC-MD5-96 [RFC2403]"
        case .sha1: "HMAC-SHA-1-96 [RFC2404]"
        case .sha256: "HMAC-SHA-256-128 [RFC4868]"
        case .sha384: "HMAC-SHA-384-192 [RFC4868]"
        case .sha512: "HMAC-SHA-512-256 [RFC4868]"
        case .ripemd160, .sm3, nil: "NULL"
        }
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
