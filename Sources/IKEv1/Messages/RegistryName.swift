/// Names of numbers that IANA knows and we do not perform, for the comparison of offers.
enum RegistryName {
    static func phase1Encryption(_ number: UInt16) -> String {
        let names: [UInt16: String] = [
            1: "des-cbc", 2: "idea-cbc", 4: "rc5-cbc",
        ]
        return names[number] ?? "encryption \(number)"
    }

    static func espTransform(_ number: UInt8) -> String {
        let names: [UInt8: String] = [
            1: "des-iv64", 4: "rc5-cbc", 5: "idea-cbc", 8: "3idea", 9: "des-iv32", 10: "rc4", 21: "seed-cbc",
        ]
        return names[number] ?? "ESP transform \(number)"
    }

    static func integrity(_ number: UInt16) -> String {
        let names: [UInt16: String] = [
            3: "des-mac", 4: "kpdk", 10: "rsa signatures",
            11: "aes-128-gmac", 12: "aes-192-gmac", 13: "aes-256-gmac",
        ]
        return names[number] ?? "integrity \(number)"
    }

    static func authenticationMethod(_ number: UInt16) -> String {
        let names: [UInt16: String] = [
            2: "DSS signatures", 4: "RSA encryption", 5: "revised RSA encryption",
            9: "ECDSA P-256", 10: "ECDSA P-384", 11: "ECDSA P-521", 64221: "hybrid, RSA initiator",
            64222: "hybrid, RSA responder", 65001: "XAUTH with a pre-shared key, initiator",
            65002: "XAUTH with a pre-shared key, responder", 65005: "XAUTH with RSA, initiator",
            65006: "XAUTH with RSA, responder",
        ]
        return names[number] ?? "authentication \(number)"
    }
}
