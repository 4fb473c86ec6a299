import Algorithms
import Cryptography
import KeyMaterial
import TestSupport
import Testing

/// Contexts that live as long as an SA do to each packet what one made for that packet alone does.
struct LongLivedProtectionTests {
    /// One packet between some octets that are not its own.
    private struct Packet {
        let layout: PacketLayout
        let counter: UInt64
        var octets: [UInt8]

        /// Where IV, body and ICV are, and the end.
        private let places: (iv: Int, body: Int, icv: Int, end: Int)

        init(
            _ number: Int, counter: UInt64, _ choice: CipherChoice, icvSize: Int, _ random: inout FixedRandom
        ) {
            let algorithm = choice.algorithm
            // Whole blocks of up to 1500 octets, and every eighth with as little as a packet can have.
            let blocks = number % 8 == 0 ? 4 : 1500 / UInt32(algorithm.blockSize)
            let count = Int(random.uint32() % blocks) * algorithm.blockSize
            let start = Int(random.uint32() % 8)
            layout = PacketLayout(
                start: start, bodyCount: count, sequenceHigh: number % 3 == 0 ? random.uint32() : nil)
            let body = start + 8 + algorithm.ivSize
            places = (start + 8, body, body + count, body + count + icvSize)
            self.counter = counter
            octets = random.bytes(count: places.end + 5)
        }

        mutating func seal(_ protection: inout PacketProtection) {
            let (layout, counter) = (layout, counter)
            var span = octets.mutableSpan
            protection.seal(&span, layout, counter: counter)
        }

        mutating func reseal(_ protection: inout PacketProtection) {
            let layout = layout
            var span = octets.mutableSpan
            protection.reseal(&span, layout)
        }

        mutating func open(_ protection: inout PacketProtection) -> Bool {
            let layout = layout
            var span = octets.mutableSpan
            return protection.open(&span, layout)
        }

        mutating func takeIV(of other: Packet) {
            octets.replaceSubrange(places.iv..<places.body, with: other.octets[places.iv..<places.body])
        }

        /// Changes what the ICV is over, or the ICV.
        mutating func invertBit(_ random: UInt32) {
            let place = layout.start + Int(random / 8) % (places.end - layout.start)
            octets[place] ^= 1 << UInt8(random % 8)
        }

        /// The body, and whatever is around IV and ICV.
        var untouched: [UInt8] {
            Array(octets[..<places.iv] + octets[places.body..<places.icv] + octets[places.end...])
        }
    }

    private func protection(
        _ choice: CipherChoice, _ integrity: IntegrityAlgorithm?, _ use: PacketProtection.Use
    ) throws -> PacketProtection {
        let seed = UInt8(choice.keyBits / 8)
        return try PacketProtection(
            choice,
            encryptionKey: SecretKey(copying: (0..<UInt8(choice.keyMaterialSize)).map { $0 &* 7 &+ seed }),
            integrity: integrity,
            integrityKey: integrity.map { SecretKey(copying: [UInt8](repeating: 3, count: $0.keySize)) },
            use: use, ivSeed: SecretBytes(copying: [UInt8](repeating: 5, count: 16)))
    }

    @Test(arguments: PacketProtectionTests.suites)
    func doesWhatAFreshOneDoes(_ choice: CipherChoice, _ integrity: IntegrityAlgorithm?) throws {
        var random = FixedRandom(seed: UInt64(choice.keyBits))
        var sealing = try protection(choice, integrity, .sealing)
        var opening = try protection(choice, integrity, .opening)
        var counter: UInt64 = 0
        for number in 0..<60 {
            // A number is left out now and then.
            counter += number % 11 == 5 ? 3 : 1
            let clear = Packet(number, counter: counter, choice, icvSize: sealing.icvSize, &random)
            var packet = clear
            packet.seal(&sealing)
            var again = try sealedAfresh(clear, packet, choice, integrity)
            #expect(again.octets == packet.octets, "packet \(number) sealed")

            if number % 4 == 1 {
                var forged = packet
                forged.invertBit(random.uint32())
                let isGenuine = forged.open(&opening)
                #expect(!isGenuine, "packet \(number) forged")
            }
            var freshOpening = try protection(choice, integrity, .opening)
            let areGenuine = [packet.open(&opening), again.open(&freshOpening)]
            #expect(areGenuine == [true, true], "packet \(number) opened")
            #expect(packet.untouched == clear.untouched, "packet \(number)")
            #expect(again.untouched == clear.untouched, "packet \(number)")
        }
    }

    /// The packet sealed by a context of its own, with the IV that `sealed` has.
    private func sealedAfresh(
        _ clear: Packet, _ sealed: Packet, _ choice: CipherChoice, _ integrity: IntegrityAlgorithm?
    ) throws -> Packet {
        var packet = clear
        var protection = try protection(choice, integrity, .sealing)
        if choice.algorithm.construction == .cbc {
            // IVs of this mode are chained to the packet before.
            packet.takeIV(of: sealed)
            packet.reseal(&protection)
        } else {
            packet.seal(&protection)
        }
        return packet
    }
}
