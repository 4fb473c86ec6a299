import CertificateAuthority
import Credentials
import Glibc
import KeyMaterial
import LinuxIO

/// An authority's files in a folder of this host.
struct LocalAuthorityStorage: AuthorityStorage {
    let directory: String

    private func path(_ name: String) -> String { "\(directory)/\(name)" }

    func content(of name: String) throws(StorageFailure) -> [UInt8]? {
        try file(name)?.bytes
    }

    func secret(in name: String) throws(StorageFailure) -> SecretBytes? {
        guard var file = try file(name) else { return nil }
        let content = SecretBytes(consuming: &file.bytes)
        let facts = SharedSecretFile(
            path: path(name), kind: file.facts.kind == .regular ? .regular : .other("\(file.facts.kind)"),
            owner: file.facts.owner, permissions: file.facts.mode)
        if let weakness = facts.weakness(for: .init(realUser: getuid(), effectiveUser: geteuid())) {
            throw StorageFailure(weakness)
        }
        return content
    }

    func write(_ octets: [UInt8], to name: String) throws(StorageFailure) {
        try makeFolder(of: name)
        do throws(SystemError) {
            try FileSystem.replace(path(name), with: octets.span, mode: 0o644)
        } catch { throw StorageFailure("\(error)") }
    }

    func writeSecret(_ octets: borrowing SecretBytes, to name: String) throws(StorageFailure) {
        try makeFolder(of: name)
        let path = path(name)
        do throws(SystemError) {
            try octets.withSpan { (span) throws(SystemError) in
                try FileSystem.create(path, holding: span, mode: 0o600)
            }
        } catch {
            let advice = error.code == EEXIST ? "; move the old key away, or choose another name" : ""
            throw StorageFailure("\(error)\(advice)")
        }
    }

    private func file(_ name: String) throws(StorageFailure) -> LocalFile? {
        do throws(SystemError) {
            return try LocalFile.read(path(name))
        } catch {
            if error.code == ENOENT { return nil }
            throw StorageFailure("\(error)")
        }
    }

    private func makeFolder(of name: String) throws(StorageFailure) {
        let path = path(name)
        guard let slash = path.lastIndex(of: "/") else { return }
        do throws(SystemError) {
            try FileSystem.makeDirectory(String(path[..<slash]), mode: 0o700)
        } catch { throw StorageFailure("\(error)") }
    }
}
