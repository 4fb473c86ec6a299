import Algorithms
import IPsec
import Negotiation
import TestSupport
import Testing

/// What two hashes of endpoints say of a NAT between them (RFC 3947 section 3.2).
@Suite struct NATDetectionTests {
    @Test(arguments: [(true, true), (true, false), (false, true), (false, false)])
    func compares(local: Bool, remote: Bool) {
        let nat = NATDetection(
            destination: local ? [9] : [1], sources: remote ? [[7], [8]] : [[7], [2]], local: [1], remote: [2]
        )
        #expect(nat.isLocalBehindNAT == local && nat.isRemoteBehindNAT == remote)
        #expect(nat.isDetected == (local || remote))
    }

    @Test func hashesCookiesAddressAndPort() {
        let endpoint = Endpoint(Samples.address(1), port: 500)
        let hash = NATDetection.hash(
            .sha1, initiatorSPI: 0x0102_0304_0506_0708, responderSPI: 0x1112_1314_1516_1718,
            endpoint: endpoint)
        // printf of the octets | sha1sum
        #expect(hash == octets(hexadecimal: "d798d986143f878f70765e0e869c80bbc375f701"))
        let other = NATDetection.hash(
            .sha1, initiatorSPI: 0x0102_0304_0506_0708, responderSPI: 0x1112_1314_1516_1718,
            endpoint: Endpoint(Samples.address(1), port: 4500))
        #expect(hash != other)
    }
}
