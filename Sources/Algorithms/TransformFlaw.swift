/// Why a cipher's transform of IKEv2 names no choice of ours.
package enum TransformFlaw: Error, Hashable, Sendable, CustomStringConvertible {
    /// The catalogue has no cipher of that number.
    case unknown(UInt16)
    /// The cipher has several key lengths and none was named.
    case noKeyLength(EncryptionAlgorithm)
    /// The cipher has no such key length, in bits, or one alone, which must not be named.
    case keyLength(EncryptionAlgorithm, bits: Int)

    package var description: String {
        switch self {
        case .unknown(let number):
            IKEv2Registry.name(type: 1, number: number).map { "\($0), which is not performed here" }
                ?? "encryption \(number)"
        case .noKeyLength(let algorithm): "\(algorithm) without a key length"
        case .keyLength(let algorithm, let bits): "\(algorithm) with \(bits) bits"
        }
    }
}

extension CipherChoice {
    /// The cipher of a transform of type 1.
    ///
    /// RFC 7296 section 3.3.5 wants the Key Length attribute for ciphers with several key lengths, and forbids it for
    /// those with one.
    ///
    /// - Parameter keyBits: the Key Length attribute; nil where there is none.
    package init(ikev2 number: UInt16, keyBits: Int?) throws(TransformFlaw) {
        guard let algorithm = Catalogue.encryption(ikev2: number) else { throw .unknown(number) }
        guard let keyBits else {
            guard !algorithm.hasVariableKeyLength else { throw .noKeyLength(algorithm) }
            self.init(algorithm)
            return
        }
        guard algorithm.hasVariableKeyLength, algorithm.keyLengths.contains(keyBits) else {
            throw .keyLength(algorithm, bits: keyBits)
        }
        self.init(algorithm, keyBits: keyBits)
    }

    /// The Key Length attribute of its transform, in bits; nil where there must be none.
    package var keyLengthAttribute: Int? { algorithm.hasVariableKeyLength ? keyBits : nil }
}
