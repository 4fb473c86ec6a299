import Algorithms
import ESP
import IPsec
import TestSupport
import Testing

struct ArbitraryPacketTests {
    private func feed(_ bytes: [UInt8]) throws {
        for sample in [SampleSA.gcm, SampleSA(encryption: .init(.aesCBC), integrity: nil)] {
            for mode in [EncapsulationMode.tunnel, .transport] {
                var sample = sample
                sample.mode = mode
                var inbound = try sample.inbound()
                if let drop = inbound.refusal(of: bytes) { #expect(!drop.sentence.isEmpty) }
                let outer = ESPPacket.Outer(
                    source: SampleSA.address(.ipv4, 1), destination: SampleSA.address(.ipv4, 2))
                var second = try sample.inbound()
                _ = try? second.opening(payload: bytes, outer: outer)
                var outbound = try sample.outbound()
                _ = try? outbound.sealing(bytes)
            }
        }
        _ = try? PacketFlow(bytes.span)
    }

    @Test(.enabled(if: VectorFile.isPresent("esp-seeds")))
    func capturedPacketsAndTheirPrefixesNeverTrap() throws {
        let files = VectorFile.sharedFiles(in: "esp-seeds")
        #expect(files.count >= 91)
        for file in files {
            try feed(file.bytes)
            for count in 0..<min(file.bytes.count, 60) { try feed(Array(file.bytes.prefix(count))) }
        }
    }

    @Test func randomPacketsNeverTrap() throws {
        var random = FixedRandom(seed: 9)
        for round in 0..<3000 {
            let count = Int(random.next() % 120)
            var bytes = random.bytes(count: count)
            if count > 48 {
                bytes[0] = round % 2 == 0 ? 0x45 : 0x60
                let protocols: [UInt8] = [50, 17, 0, 43, 44, 60]
                bytes[round % 2 == 0 ? 9 : 6] = protocols[round % 6]
                if round % 2 == 0 { (bytes[2], bytes[3], bytes[6], bytes[7]) = (0, UInt8(count), 0, 0) }
                if round % 2 == 1 { (bytes[4], bytes[5]) = (0, UInt8(count - 40)) }
                if round % 3 == 0 { bytes[41] = 0 }
            }
            try feed(bytes)
        }
    }
}
