internal import Algorithms
internal import CLibcrypto
internal import KeyMaterial
internal import Synchronization

/// A digest or cipher that libcrypto was asked for once, so that no later use has to look it up by name.
@safe
struct Fetched: @unchecked Sendable {  // why: immutable, and lives as long as the process
    let pointer: OpaquePointer?

    fileprivate static func digest(_ hash: HashFunction) -> Fetched {
        defer { ERR_clear_error() }
        return unsafe Fetched(pointer: withLegacy { unsafe EVP_MD_fetch(nil, hash.libcryptoName, nil) })
    }

    fileprivate static func cipher(_ name: String) -> Fetched {
        defer { ERR_clear_error() }
        return unsafe Fetched(pointer: withLegacy { unsafe EVP_CIPHER_fetch(nil, name, nil) })
    }

    /// libcrypto's provider of old algorithms, loaded when the first of them is asked for.
    ///
    /// What the host's configuration has chosen stays: the providers loaded so far are kept.
    static let isLegacyLoaded = unsafe OSSL_PROVIDER_try_load(nil, "legacy", 1) != nil

    private static func withLegacy(_ fetch: () -> OpaquePointer?) -> OpaquePointer? {
        unsafe fetch() ?? (isLegacyLoaded ? fetch() : nil)
    }
}

extension Fetched {
    /// Gives a context this cipher and a key, and an IV where it is known; false if libcrypto refuses.
    ///
    /// - Parameter key: The cipher's key; what follows it (a salt) is left alone.
    func start(
        _ context: OpaquePointer, _ choice: CipherChoice, key: SecretKey, iv: UnsafePointer<UInt8>? = nil,
        encrypting: Int32
    ) -> Bool {
        let isSized = hasSizes(of: choice)
        if !isSized {
            guard unsafe EVP_CipherInit_ex2(context, pointer, nil, nil, encrypting, nil) == 1,
                unsafe setSizes(context, choice)
            else { return false }
        }
        let cipher = unsafe isSized ? pointer : nil
        return unsafe key.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            guard choice.algorithm.construction == .cbc else {
                return unsafe EVP_CipherInit_ex2(context, cipher, start, iv, encrypting, nil) == 1
            }
            return unsafe swiftike_start_unpadded(context, cipher, start, iv, encrypting) == 1
        }
    }

    /// Whether libcrypto knows without being told how long the key is, and nonce and tag as far as the key depends on
    /// them.
    private func hasSizes(of choice: CipherChoice) -> Bool {
        unsafe choice.algorithm.construction != .ccm
            && EVP_CIPHER_get_key_length(pointer) == Int32(choice.keyBits / 8)
    }

    /// The length of the key where it varies, and those of nonce and tag, which CCM must know before the key.
    private func setSizes(_ context: OpaquePointer, _ choice: CipherChoice) -> Bool {
        let algorithm = choice.algorithm
        let keySize = Int32(choice.keyBits / 8)
        guard
            unsafe EVP_CIPHER_get_key_length(pointer) == keySize
                || EVP_CIPHER_CTX_set_key_length(context, keySize) == 1
        else { return false }
        guard algorithm.construction == .ccm else { return true }
        let nonceSize = Int32(algorithm.saltSize + algorithm.ivSize)
        return unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, nonceSize, nil) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(algorithm.icvSize), nil) == 1
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
    /// The name under which libcrypto's providers offer it; nil where no version does.
    var libcryptoName: String? {
        guard algorithm.keyLengths.contains(keyBits) else { return nil }
        return switch algorithm.construction {
        case .null: nil
        case .cbc: chainedName
        case .counter: "AES-\(keyBits)-CTR"
        case .gcm, .gmac: "AES-\(keyBits)-GCM"
        case .ccm: "AES-\(keyBits)-CCM"
        case .chaCha20Poly1305: "ChaCha20-Poly1305"
        }
    }

    private var chainedName: String? {
        switch algorithm {
        case .aesCBC: "AES-\(keyBits)-CBC"
        case .camelliaCBC: "CAMELLIA-\(keyBits)-CBC"
        case .tripleDES: "DES-EDE3-CBC"
        case .desCBC: "DES-CBC"
        case .cast128CBC: "CAST5-CBC"
        case .blowfishCBC: "BF-CBC"
        case .sm4CBC: "SM4-CBC"
        // An open set: algorithms are catalogue entries, not cases.
        default: nil
        }
    }

    /// libcrypto's cipher for this choice; nil where there is none, such as for the null cipher.
    var fetched: Fetched? { FetchedAlgorithms.cipher(self) }
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
    private static let ciphers = Mutex<[CipherChoice: Fetched?]>([:])

    /// libcrypto's cipher for a choice; nil where there is none.
    fileprivate static func cipher(_ choice: CipherChoice) -> Fetched? {
        ciphers.withLock { known in
            if let found = known[choice] { return found }
            let fetched = choice.libcryptoName.map(Fetched.cipher)
            known[choice] = .some(fetched)
            return fetched
        }
    }

    /// Names of the catalogue's hashes and ciphers that this host's libcrypto does not offer (FIPS mode removes some, and
    /// old ones are in a provider that may not be installed).
    ///
    /// A program checks this at start: what is named here must not be offered or accepted.
    package static func missing() -> [String] {
        missingHashes() + missingCiphers().flatMap { $0.choices.map(\.description) }
    }

    /// The same for a person: a cipher that lacks all its key lengths stands there once.
    package static func missingInBrief() -> [String] {
        missingHashes()
            + missingCiphers().flatMap { algorithm, choices in
                choices.count == algorithm.keyLengths.count
                    ? [algorithm.name] : choices.map(\.description)
            }
    }

    private static func missingHashes() -> [String] {
        HashFunction.allCases.filter { unsafe $0.fetched.pointer == nil }.map(\.rawValue)
    }

    private static func missingCiphers() -> [(algorithm: EncryptionAlgorithm, choices: [CipherChoice])] {
        let performed = Catalogue.encryption.filter { $0.isInSoftware && $0.construction != .null }
        return performed.map { algorithm in
            let choices = algorithm.keyLengths.map { CipherChoice(algorithm, keyBits: $0) }
            return (algorithm, choices.filter { unsafe $0.fetched?.pointer == nil })
        }.filter { !$0.choices.isEmpty }
    }
}
