import Algorithms
import Cryptography
import KeyMaterial
import Testing

struct PRFTests {
    @Test(arguments: Catalogue.pseudorandomFunctions)
    func partsAreOneMessage(_ prf: PseudorandomFunction) {
        let key = SecretKey(copying: Array("key".utf8))
        let whole = PRF.publicValue(prf, key: key, data: [1, 2, 3, 4, 5])
        let parts = PRF.publicValue(
            prf, key: key,
            parts: [.clear([1, 2]), .secret(SecretKey(copying: [3])), .clear([]), .clear([4, 5])])
        let secret = PRF.compute(prf, key: key, parts: [.secret(SecretKey(copying: [1, 2, 3, 4, 5]))])
        if let hash = prf.hash {
            #expect(whole == MessageAuthentication.compute(hash, key: key, data: [1, 2, 3, 4, 5]))
        }
        #expect(parts == whole)
        #expect(SecretKey.constantTimeEqual(secret, SecretKey(copying: whole)))
        #expect(SecretKey.constantTimeEqual(PRF.compute(prf, key: key, data: [1, 2, 3, 4, 5]), secret))
        #expect(whole.count == prf.outputSize)
    }
}
