package import Algorithms
package import KeyMaterial

/// Rows of Wireshark's two tables of IKE SAs.
package enum WiresharkIKETable {
    /// A row of `ikev1_decryption_table`: the initiator's cookie, and the key that messages are encrypted with.
    package static func ikev1Row(initiatorCookie: UInt64, key: SecretKey) -> SecretText {
        var row = SecretText()
        row.append(digits(initiatorCookie) + ",")
        row.append(hexadecimal: key)
        row.append("\n")
        return row
    }

    /// The keys of one direction.
    package struct DirectionKeys: Sendable {
        /// SK_ei or SK_er, with its salt.
        package var encryption: SecretKey
        /// SK_ai or SK_ar; nil where the cipher authenticates.
        package var integrity: SecretKey?

        package init(encryption: SecretKey, integrity: SecretKey?) {
            self.encryption = encryption
            self.integrity = integrity
        }
    }

    /// A row of `ikev2_decryption_table`; nil where Wireshark 4.0 does not know the cipher, or how long the ICV is.
    ///
    /// - Parameters:
    ///   - spis: the initiator's and the responder's.
    ///   - keys: the initiator's and the responder's.
    package static func ikev2Row(
        spis: (UInt64, UInt64), _ encryption: CipherChoice, _ integrity: IntegrityAlgorithm?,
        keys: (DirectionKeys, DirectionKeys)
    ) -> SecretText? {
        guard let cipher = cipherName(encryption), let check = integrityName(integrity) else { return nil }
        var row = SecretText()
        row.append("\(digits(spis.0)),\(digits(spis.1)),")
        row.append(hexadecimal: keys.0.encryption)
        row.append(",")
        row.append(hexadecimal: keys.1.encryption)
        row.append(",\"\(cipher)\",")
        if let key = keys.0.integrity { row.append(hexadecimal: key) }
        row.append(",")
        if let key = keys.1.integrity { row.append(hexadecimal: key) }
        row.append(",\"\(check)\"\n")
        return row
    }

    /// What Wireshark 4.0 calls a cipher of IKEv2.
    static func cipherName(_ choice: CipherChoice) -> String? {
        let length = choice.keyBits
        let icv = choice.algorithm.icvSize
        return switch choice.algorithm {
        case .tripleDES: "3DES [RFC2451]"
        case .aesCBC: "AES-CBC-\(length) [RFC3602]"
        case .aesCTR: "AES-CTR-\(length) [RFC5930]"
        case .aesGCM8, .aesGCM12, .aesGCM16: "AES-GCM-\(length) with \(icv) octet ICV [RFC5282]"
        case .aesCCM8, .aesCCM12, .aesCCM16: "AES-CCM-\(length) with \(icv) octet ICV [RFC5282]"
        default: nil
        }
    }

    /// What Wireshark 4.0 calls an integrity algorithm of IKEv2; one that it does not know it leaves unchecked.
    static func integrityName(_ algorithm: IntegrityAlgorithm?) -> String? {
        guard let algorithm else { return "NONE [RFC4306]" }
        switch algorithm {
        case .hmacMD5: return "HMAC_MD5_96 [RFC2403]"
        case .hmacSHA1: return "HMAC_SHA1_96 [RFC2404]"
        case .hmacSHA256With96Bits: return "HMAC_SHA2_256_96 [draft-ietf-ipsec-ciph-sha-256-00]"
        case .hmacSHA256: return "HMAC_SHA2_256_128 [RFC4868]"
        case .hmacSHA384: return "HMAC_SHA2_384_192 [RFC4868]"
        case .hmacSHA512: return "HMAC_SHA2_512_256 [RFC4868]"
        default:
            let bits = algorithm.icvSize * 8
            return uncheckedBits.contains(bits) ? "ANY \(bits)-bits of Authentication [No Checking]" : nil
        }
    }

    private static let uncheckedBits = [64, 96, 128, 160, 192, 256]

    /// Sixteen digits.
    private static func digits(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
