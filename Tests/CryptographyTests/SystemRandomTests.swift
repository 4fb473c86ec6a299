import Cryptography
import KeyMaterial
import Testing

struct SystemRandomTests {
    @Test func givesAsManyAsAsked() {
        var random = SystemRandom()
        for count in [0, 1, 31, 4096] {
            let bytes = random.bytes(count: count)
            let secret = random.secret(count: count)
            let size = secret.count
            #expect(bytes.count == count)
            #expect(size == count)
        }
    }

    @Test func doesNotRepeatItself() {
        var random = SystemRandom()
        let first = random.secret(count: 32)
        let second = random.secret(count: 32)
        let equal = SecretBytes.constantTimeEqual(first, second)
        #expect(!equal)
        #expect(random.bytes(count: 32) != random.bytes(count: 32))
    }

    /// What a copy of a source gives out must not come again: it may be a nonce.
    @Test(arguments: [4, 16, 32, 64, 65, 600])
    func copiesDoNotRepeatEachOther(count: Int) {
        var random = SystemRandom()
        var seen: Set<[UInt8]> = []
        // Of so few octets, two of many could be alike by chance.
        let rounds = count > 4 ? 40 : 4
        for _ in 0..<rounds {
            var copy = random
            for octets in [random.bytes(count: count), copy.bytes(count: count)] {
                #expect(octets.count == count && seen.insert(octets).inserted)
            }
        }
    }

    @Test func smallDrawsCoverAllOctets() {
        var random = SystemRandom()
        let octets = Set((0..<4000).flatMap { _ in random.bytes(count: 4) })
        #expect(octets.count == 256)
    }
}
