import Algorithms
import Cryptography
import TestSupport
import Testing

struct DigestTests {
    /// FIPS 180-4, RFC 1321, RIPEMD-160's and GB/T 32905's examples for "abc".
    static let abc: [(HashFunction, String)] = [
        (.md5, "900150983cd24fb0d6963f7d28e17f72"),
        (.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            .sha384,
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
        ),
        (
            .sha512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
                + "454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (.ripemd160, "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
        (.sm3, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    ]

    @Test(arguments: abc)
    func matchesTheStandard(_ hash: HashFunction, _ expected: String) {
        #expect(Digest.compute(hash, Array("abc".utf8)).hexadecimal == expected)
        #expect(expected.count == 2 * hash.digestSize)
    }

    @Test func hashesNothing() {
        #expect(Digest.compute(.md5, []).hexadecimal == "d41d8cd98f00b204e9800998ecf8427e")
    }

    @Test func everyAlgorithmOfTheCatalogueIsThere() {
        #expect(FetchedAlgorithms.missing() == [])
        #expect(FetchedAlgorithms.missingInBrief() == [])
    }
}
