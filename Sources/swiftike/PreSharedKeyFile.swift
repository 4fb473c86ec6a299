import Credentials
import Glibc
import KeyMaterial
import LinuxIO
import Negotiation

/// The file of pre-shared keys, looked at for each look-up so that a change needs no reload.
struct PreSharedKeyFile {
    private let path: String

    init(_ path: String) {
        self.path = path
    }

    /// prf(the peer's key, data).
    ///
    /// The key goes no further than this.
    func answer(
        _ request: SharedSecretRequest, cache: PreSharedKeyCache
    ) -> Result<SecretKey, SharedSecretFailure> {
        // In IKEv1 main mode the identity is not known yet, and the address is all there is to go by.
        let names: [SharedSecretTable.PeerName] =
            (request.remoteIdentity.map { [.identity($0)] } ?? []) + [.address(request.remoteAddress)]
        do throws(SharedSecretFailure) {
            let kept = try cache.table(of: path) { () throws(SharedSecretFailure) in try table() }
            return kept.answer(request.prf, request.data, for: names).mapError(Self.failure)
        } catch {
            return .failure(error)
        }
    }

    /// What is wrong or surprising in the file, for the start and --check.
    func remarks() -> [String] {
        do {
            return try table().remarks.map { "\($0)" }
        } catch {
            guard case .unusable(let sentence) = error else { return [] }
            return ["pre-shared keys: \(sentence)"]
        }
    }

    private func table() throws(SharedSecretFailure) -> SharedSecretTable {
        var file: LocalFile
        do {
            file = try LocalFile.read(path)
        } catch {
            throw .unusable("\(path) cannot be read: \(SystemError.text(of: error.code))")
        }
        let content = SecretBytes(consuming: &file.bytes)
        if let weakness = facts(file.facts).weakness(for: .init(realUser: getuid(), effectiveUser: geteuid()))
        {
            throw .unusable(weakness)
        }
        return SharedSecretTable(content, file: path)
    }

    private func facts(_ facts: FileFacts) -> SharedSecretFile {
        SharedSecretFile(
            path: path, kind: facts.kind == .regular ? .regular : .other("\(facts.kind)"), owner: facts.owner,
            permissions: facts.mode)
    }

    private static func failure(_ failure: SharedSecretTable.Failure) -> SharedSecretFailure {
        switch failure {
        case .noEntry(let file, let lookedFor): .noEntry(file: file, lookedFor: lookedFor)
        case .unusable(let sentence): .unusable(sentence)
        }
    }
}
