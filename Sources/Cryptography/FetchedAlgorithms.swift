internal import Algorithms
internal import CLibcrypto

/// A digest, MAC or cipher that libcrypto was asked for once, so that no later use has to look it up by name.
@safe
struct Fetched: @unchecked Sendable {
    // why Sendable: fetched algorithms are immutable and live as long as the process
    let pointer: OpaquePointer?

    fileprivate static func digest(_ hash: HashFunction) -> Fetched {
        defer { ERR_clear_error() }
        return unsafe Fetched(pointer: EVP_MD_fetch(nil, hash.libcryptoName, nil))
    }

    fileprivate static func cipher(_ name: String) -> Fetched {
        defer { ERR_clear_error() }
        return unsafe Fetched(pointer: EVP_CIPHER_fetch(nil, name, nil))
    }

    fileprivate static func mac(_ name: String) -> Fetched {
        defer { ERR_clear_error() }
        return unsafe Fetched(pointer: EVP_MAC_fetch(nil, name, nil))
    }
}

extension HashFunction {
    /// The name under which libcrypto's providers offer it.
    var libcryptoName: String {
        switch self {
        case .md5: "MD5"
        case .sha1: "SHA1"
        case .sha256: "SHA2-256"
        case .sha384: "SHA2-384"
        case .sha512: "SHA2-512"
        case .ripemd160: "RIPEMD-160"
        case .sm3: "SM3"
        }
    }

    var fetched: Fetched {
        switch self {
        case .md5: FetchedAlgorithms.md5
        case .sha1: FetchedAlgorithms.sha1
        case .sha256: FetchedAlgorithms.sha256
        case .sha384: FetchedAlgorithms.sha384
        case .sha512: FetchedAlgorithms.sha512
        case .ripemd160: FetchedAlgorithms.ripemd160
        case .sm3: FetchedAlgorithms.sm3
        }
    }
}

extension CipherChoice {
    /// libcrypto's cipher for this choice; nil where there is none, such as for the null cipher.
    var fetched: Fetched? {
        switch (algorithm, keyBits) {
        case (.aesCBC, 128): FetchedAlgorithms.aes128CBC
        case (.aesCBC, 192): FetchedAlgorithms.aes192CBC
        case (.aesCBC, 256): FetchedAlgorithms.aes256CBC
        case (.aesGCM16, 128): FetchedAlgorithms.aes128GCM
        case (.aesGCM16, 192): FetchedAlgorithms.aes192GCM
        case (.aesGCM16, 256): FetchedAlgorithms.aes256GCM
        case (.tripleDES, 192): FetchedAlgorithms.tripleDES
        // An open set: algorithms are catalogue entries, not cases.
        default: nil
        }
    }
}

/// Every algorithm of the catalogue, fetched on first use, and which of them this libcrypto lacks.
package enum FetchedAlgorithms {
    static let md5 = Fetched.digest(.md5)
    static let sha1 = Fetched.digest(.sha1)
    static let sha256 = Fetched.digest(.sha256)
    static let sha384 = Fetched.digest(.sha384)
    static let sha512 = Fetched.digest(.sha512)
    static let ripemd160 = Fetched.digest(.ripemd160)
    static let sm3 = Fetched.digest(.sm3)
    static let hmac = Fetched.mac("HMAC")
    static let aes128CBC = Fetched.cipher("AES-128-CBC")
    static let aes192CBC = Fetched.cipher("AES-192-CBC")
    static let aes256CBC = Fetched.cipher("AES-256-CBC")
    static let aes128GCM = Fetched.cipher("AES-128-GCM")
    static let aes192GCM = Fetched.cipher("AES-192-GCM")
    static let aes256GCM = Fetched.cipher("AES-256-GCM")
    static let tripleDES = Fetched.cipher("DES-EDE3-CBC")

    /// Names of catalogue algorithms that this host's libcrypto does not offer (FIPS mode removes some).
    ///
    /// A program checks this at start: hashes and ciphers named here must not be offered or accepted.
    package static func missing() -> [String] {
        var names: [String] = []
        for hash in HashFunction.allCases where unsafe hash.fetched.pointer == nil {
            names.append(hash.rawValue)
        }
        let ciphers = Catalogue.encryption.filter { $0.isInSoftware && $0.construction != .null }
        for algorithm in ciphers {
            for bits in algorithm.keyLengths {
                let choice = CipherChoice(algorithm, keyBits: bits)
                if unsafe choice.fetched?.pointer == nil { names.append(choice.description) }
            }
        }
        return names
    }
}
