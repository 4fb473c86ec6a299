import Algorithms
import IPsec
import Negotiation

/// Offers and policies that fit each other.
enum Samples {
    static let aes128 = CipherChoice(.aesCBC, keyBits: 128)
    static let aes256 = CipherChoice(.aesCBC, keyBits: 256)
    static let gcm = CipherChoice(.aesGCM16, keyBits: 128)

    static func proposal(_ cipher: CipherChoice = aes128, lifetime: Int = 3600) -> IKEProposal {
        IKEProposal(
            encryption: cipher, prf: .hmacSHA1, group: .modp1024, authentication: .preSharedKey,
            lifetime: .seconds(lifetime), origin: "swiftike.conf:12")
    }

    static func offer(_ cipher: CipherChoice = aes128, lifetime: Int? = 3600) -> IKEOffer {
        IKEOffer(
            encryption: .known(cipher), prf: .known(.hmacSHA1), group: .known(.modp1024),
            authentication: .known(.preSharedKey), lifetime: lifetime.map { .seconds($0) })
    }

    static func childPolicy(
        _ ciphers: [CipherChoice] = [aes128], pfs: KeyExchangeMethod? = nil, lifetime: Int = 3600
    ) -> ChildPolicy {
        ChildPolicy(
            local: .anonymous, remote: .anonymous, encryption: ciphers, integrity: [.hmacSHA1],
            pfsGroup: pfs, lifetime: .seconds(lifetime), origin: "swiftike.conf:30")
    }

    static func childOffer(
        _ cipher: CipherChoice = aes128, pfs: KeyExchangeMethod? = nil, lifetime: Int? = 3600
    ) -> ChildOffer {
        ChildOffer(
            encryption: .known(cipher), integrity: cipher.algorithm.isAEAD ? .absent : .known(.hmacSHA1),
            pfsGroup: pfs.map { .known($0) } ?? .absent, mode: .known(.tunnel),
            lifetime: lifetime.map { .seconds($0) })
    }

    static func address(_ last: UInt8) -> IPAddress {
        IPAddress(family: .ipv4, value: 0xc000_0200 | UInt128(last))
    }

    static func host(_ last: UInt8) -> TrafficSelector { TrafficSelector(IPPrefix(host: address(last))) }
}
