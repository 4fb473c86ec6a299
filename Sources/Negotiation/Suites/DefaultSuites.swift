import Algorithms

/// What is offered and accepted where a configuration names no algorithms.
///
/// It is what RFC 8247 (IKE) and RFC 8221 (ESP, AH) say MUST or SHOULD be there for hosts in general, without SHA-1,
/// which both mark as going (MUST-), and with Curve25519, which came after the first (RFC 8031).
package enum DefaultSuites {
    /// Proposals of an IKE SA, the preferred first.
    package static let ike = [
        SuiteProposal(encryption: aeads, prfs: pseudorandomFunctions, keyExchange: keyExchange),
        SuiteProposal(
            encryption: ciphers, integrity: integrity, prfs: pseudorandomFunctions, keyExchange: keyExchange),
    ]

    /// Proposals of a child SA that is ESP, the preferred first; its keys come from the IKE SA's alone.
    package static let esp = [
        SuiteProposal(encryption: aeads, sequenceNumbers: sequenceNumbers),
        SuiteProposal(encryption: ciphers, integrity: integrity, sequenceNumbers: sequenceNumbers),
    ]

    /// Proposals of a child SA that is AH, the preferred first.
    package static let ah = [SuiteProposal(integrity: integrity, sequenceNumbers: sequenceNumbers)]

    static func of(_ use: SuiteUse) -> [SuiteProposal] {
        switch use {
        case .ike: ike
        case .esp: esp
        case .ah: ah
        }
    }

    /// RFC 8247 section 2.1 and RFC 8221 section 5; AES with 192 bits is in neither.
    private static let aeads = [
        CipherChoice(.aesGCM16, keyBits: 256), CipherChoice(.aesGCM16, keyBits: 128),
        CipherChoice(.chaCha20Poly1305),
    ]
    private static let ciphers = [CipherChoice(.aesCBC, keyBits: 256), CipherChoice(.aesCBC, keyBits: 128)]

    /// RFC 8247 section 2.3 and RFC 8221 section 6.
    private static let integrity: [IntegrityAlgorithm] = [.hmacSHA256, .hmacSHA512]

    /// RFC 8247 section 2.2.
    static let pseudorandomFunctions: [PseudorandomFunction] = [.hmacSHA256, .hmacSHA512]

    /// RFC 8247 section 2.4 and RFC 8031.
    static let keyExchange: [KeyExchangeMethod] = [.curve25519, .ecp256, .modp2048]

    /// Both widths: the peer may have one alone.
    package static let sequenceNumbers: [SequenceNumberWidth] = [.extended, .short]
}
