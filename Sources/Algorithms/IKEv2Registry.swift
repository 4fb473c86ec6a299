/// IANA's names for the numbers of IKEv2 transforms, those included that nothing here performs.
///
/// They let a comparison of offers say what a peer asked for.
package enum IKEv2Registry {
    /// The name of a transform, such as `CAMELLIA_CTR`; nil for numbers that IANA has not given away.
    ///
    /// - Parameter type: the transform type of RFC 7296 section 3.3.2.
    package static func name(type: UInt8, number: UInt16) -> String? {
        switch type {
        case 1: encryption[number]
        case 2: pseudorandomFunctions[number]
        case 3: integrity[number]
        // Additional key exchanges have the numbers of the first (RFC 9370).
        case 4, 6...12: keyExchange[number]
        case 5: sequenceNumbers[number]
        default: nil
        }
    }

    /// What a transform type is about, such as `encryption`; nil for types that IANA has not given away.
    package static func typeName(_ type: UInt8) -> String? {
        switch type {
        case 1: "encryption"
        case 2: "pseudorandom function"
        case 3: "integrity"
        case 4: "key exchange"
        case 5: "sequence numbers"
        case 6...12: "additional key exchange \(type - 5)"
        case 13: "key wrap"
        case 14: "group controller authentication"
        default: nil
        }
    }

    private static let encryption: [UInt16: String] = [
        1: "DES_IV64", 2: "DES", 3: "3DES", 4: "RC5", 5: "IDEA", 6: "CAST", 7: "BLOWFISH", 8: "3IDEA",
        9: "DES_IV32", 11: "NULL", 12: "AES_CBC", 13: "AES_CTR", 14: "AES_CCM_8", 15: "AES_CCM_12",
        16: "AES_CCM_16", 18: "AES_GCM_8", 19: "AES_GCM_12", 20: "AES_GCM_16", 21: "NULL_AUTH_AES_GMAC",
        23: "CAMELLIA_CBC", 24: "CAMELLIA_CTR", 25: "CAMELLIA_CCM_8", 26: "CAMELLIA_CCM_12",
        27: "CAMELLIA_CCM_16", 28: "CHACHA20_POLY1305", 29: "AES_CCM_8_IIV", 30: "AES_GCM_16_IIV",
        31: "CHACHA20_POLY1305_IIV", 32: "KUZNYECHIK_MGM_KTREE", 33: "MAGMA_MGM_KTREE",
        34: "KUZNYECHIK_MGM_MAC_KTREE", 35: "MAGMA_MGM_MAC_KTREE",
    ]
    private static let pseudorandomFunctions: [UInt16: String] = [
        1: "HMAC_MD5", 2: "HMAC_SHA1", 3: "HMAC_TIGER", 4: "AES128_XCBC", 5: "HMAC_SHA2_256",
        6: "HMAC_SHA2_384", 7: "HMAC_SHA2_512", 8: "AES128_CMAC", 9: "HMAC_STREEBOG_512",
    ]
    private static let integrity: [UInt16: String] = [
        0: "NONE", 1: "HMAC_MD5_96", 2: "HMAC_SHA1_96", 3: "DES_MAC", 4: "KPDK_MD5", 5: "AES_XCBC_96",
        6: "HMAC_MD5_128", 7: "HMAC_SHA1_160", 8: "AES_CMAC_96", 9: "AES_128_GMAC", 10: "AES_192_GMAC",
        11: "AES_256_GMAC", 12: "HMAC_SHA2_256_128", 13: "HMAC_SHA2_384_192", 14: "HMAC_SHA2_512_256",
    ]
    private static let keyExchange: [UInt16: String] = [
        0: "NONE", 1: "MODP_768", 2: "MODP_1024", 5: "MODP_1536", 14: "MODP_2048", 15: "MODP_3072",
        16: "MODP_4096", 17: "MODP_6144", 18: "MODP_8192", 19: "ECP_256", 20: "ECP_384", 21: "ECP_521",
        22: "MODP_1024_160", 23: "MODP_2048_224", 24: "MODP_2048_256", 25: "ECP_192", 26: "ECP_224",
        27: "BRAINPOOL_P224R1", 28: "BRAINPOOL_P256R1", 29: "BRAINPOOL_P384R1", 30: "BRAINPOOL_P512R1",
        31: "CURVE25519", 32: "CURVE448", 33: "GOST3410_2012_256", 34: "GOST3410_2012_512", 35: "ML_KEM_512",
        36: "ML_KEM_768", 37: "ML_KEM_1024",
    ]
    private static let sequenceNumbers: [UInt16: String] = [
        0: "32_BIT_SEQUENTIAL", 1: "PARTIALLY_TRANSMITTED_64_BIT_SEQUENTIAL", 2: "32_BIT_UNSPECIFIED",
    ]
}
