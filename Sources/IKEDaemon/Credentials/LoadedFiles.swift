import Credentials
import Cryptography
import Glibc
import KeyMaterial
import LinuxIO

/// The files of credentials as they were when they could last be read.
///
/// A file that has become unreadable leaves what it held before in effect; one that is gone does not.
struct LoadedFiles: Sendable {
    private struct Known: Sendable {
        var certificates: [Certificate]?
        var privateKey: PrivateKeyFile?
        var publicKey: PublicKey?
        var list: RevocationList?
    }

    private let reading: CredentialFileReading
    private var known: [String: Known] = [:]
    private var used: Set<String> = []
    /// What is wrong with files, a sentence each.
    private(set) var problems: [String] = []

    init(_ reading: CredentialFileReading) {
        self.reading = reading
    }

    /// Begins another round of reading.
    mutating func begin() {
        problems = []
        used = []
    }

    /// Lets go of what the round did not ask for.
    mutating func finish() {
        known = known.filter { used.contains($0.key) }
    }

    func exists(_ path: String) -> Bool {
        known[path] != nil || (try? reading.read(path)) != nil
    }

    func names(in folder: String) -> [String] { reading.names(folder) }

    mutating func note(_ problem: String) {
        if !problems.contains(problem) { problems.append(problem) }
    }

    /// What is wrong with a file, as a failure.
    struct Unusable: Error {
        let sentence: String
        /// Whether there is no such file.
        var isMissing = false
    }

    mutating func certificates(_ path: String) throws(Unusable) -> [Certificate] {
        try load(path, \.certificates) { (file) throws(Unusable) in
            do throws(CredentialFileFailure) {
                return try CertificateFile(file.bytes, file: path).certificates
            } catch { throw Unusable(sentence: error.description) }
        }
    }

    /// The same of a file that need not hold any, as long as it is something else in PEM.
    mutating func certificates(amongOthers path: String) throws(Unusable) -> [Certificate] {
        try load(path, \.certificates) { (file) throws(Unusable) in
            if CertificateFile.holdsOthersAlone(file.bytes) { return [] }
            do throws(CredentialFileFailure) {
                return try CertificateFile(file.bytes, file: path).certificates
            } catch { throw Unusable(sentence: error.description) }
        }
    }

    mutating func list(_ path: String) throws(Unusable) -> RevocationList {
        try load(path, \.list) { (file) throws(Unusable) in
            do throws(RevocationFailure) {
                return try RevocationList(file: file.bytes)
            } catch { throw Unusable(sentence: "\(path): not a CRL that counts: \(error)") }
        }
    }

    /// A private key, whose file nobody else may read.
    ///
    /// - Parameter missing: where it was looked for in vain, for people.
    mutating func privateKey(
        _ path: String, passphrase: SecretKey?, missing: String? = nil
    ) throws(Unusable) -> PrivateKeyFile {
        let process = reading.process
        return try load(path, \.privateKey) { (file) throws(Unusable) in
            var file = file
            let content = SecretBytes(consuming: &file.bytes)
            if let missing, PrivateKeyFile.holdsOthersAlone(content) {
                throw Unusable(
                    sentence: "\(missing) is missing: the private key belongs there, and \(path) holds none")
            }
            try Self.requirePrivate(path, file.facts, process)
            do throws(CredentialFileFailure) {
                return try PrivateKeyFile(content, file: path, passphrase: passphrase)
            } catch { throw Unusable(sentence: error.description) }
        }
    }

    mutating func publicKey(_ path: String) throws(Unusable) -> PublicKey {
        try load(path, \.publicKey) { (file) throws(Unusable) in
            do throws(CredentialFileFailure) {
                return try Self.publicKey(file.bytes, path)
            } catch { throw Unusable(sentence: error.description) }
        }
    }

    /// What opens a key: the first line of a file that nobody else may read.
    func passphrase(_ path: String) throws(Unusable) -> SecretKey {
        var file = try read(path)
        defer { for index in file.bytes.indices { file.bytes[index] = 0 } }
        try Self.requirePrivate(path, file.facts, reading.process)
        let line = file.bytes.prefix { $0 != 0x0a && $0 != 0x0d }
        guard !line.isEmpty else {
            throw Unusable(sentence: "\(path): its first line is empty; write the passphrase there")
        }
        return SecretKey(copying: Array(line))
    }

    private mutating func load<Content>(
        _ path: String, _ place: WritableKeyPath<Known, Content?>,
        _ make: (CredentialFile) throws(Unusable) -> Content
    ) throws(Unusable) -> Content {
        used.insert(path)
        do throws(Unusable) {
            let content = try make(read(path))
            known[path, default: Known()][keyPath: place] = content
            return content
        } catch {
            guard !error.isMissing, let old = known[path]?[keyPath: place] else {
                known[path]?[keyPath: place] = nil
                note(error.sentence)
                throw error
            }
            note(error.sentence + " (what the file held before stays in effect)")
            return old
        }
    }

    private func read(_ path: String) throws(Unusable) -> CredentialFile {
        do throws(SystemError) {
            return try reading.read(path)
        } catch {
            throw Unusable(
                sentence: "\(path) cannot be read: \(SystemError.text(of: error.code))",
                isMissing: error.code == ENOENT || error.code == ENOTDIR)
        }
    }

    private static func requirePrivate(
        _ path: String, _ facts: FileFacts, _ process: SharedSecretFile.Process
    ) throws(Unusable) {
        let file = SharedSecretFile(
            path: path, kind: facts.kind == .regular ? .regular : .other("\(facts.kind)"),
            owner: facts.owner, permissions: facts.mode)
        if let weakness = file.weakness(for: process) { throw Unusable(sentence: weakness) }
    }

    /// PEM or DER, or racoon's text with one key, or such a key alone, as leftrsasigkey of others has it.
    private static func publicKey(_ content: [UInt8], _ path: String) throws(CredentialFileFailure)
        -> PublicKey
    {
        let failure: CredentialFileFailure
        do throws(CredentialFileFailure) {
            return try PublicKeyFile(content, file: path).key
        } catch { failure = error }
        let words = content.split { $0 == 0x20 || (0x09...0x0d).contains($0) }
        let alone = words.count == 1 ? Array(words[0]) : []
        if let key = try? PublicKey(recordText: alone.span) { return key }
        let entries = (try? RSAKeyText.entries(SecretBytes(copying: content), file: path)) ?? []
        let keys = entries.compactMap { if case .publicKey(let key) = $0.key { key } else { nil } }
        guard let key = keys.first, keys.count == 1 else { throw failure }
        return key
    }
}
