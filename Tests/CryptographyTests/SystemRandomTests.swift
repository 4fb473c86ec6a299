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
}
