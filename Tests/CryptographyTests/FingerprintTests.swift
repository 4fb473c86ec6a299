import Cryptography
import Testing

@Suite struct FingerprintTests {
    @Test func tellsOctetsApart() {
        let octets: [UInt8] = Array(0..<200)
        #expect(Fingerprint(of: octets) == Fingerprint(of: Array(0..<200)))
        for index in octets.indices {
            var other = octets
            other[index] ^= 1
            #expect(Fingerprint(of: other) != Fingerprint(of: octets))
        }
        #expect(Fingerprint(of: Array(octets.dropLast())) != Fingerprint(of: octets))
    }
}
