import Foundation
import TestSupport
import Testing

/// Every input that ever broke a reader of credentials, and every input that fuzzing starts from, once more.
struct CredentialReplayTests {
    private func inputs(_ target: String) -> [(name: String, octets: [UInt8])] {
        ["Seeds", "Findings"].flatMap { kind in
            let folder = VectorFile.packageRoot.appending(path: "Tests/Fuzz/\(kind)/\(target)")
            let files =
                (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil))
                ?? []
            return files.compactMap { file in
                (try? Data(contentsOf: file)).map { (file.lastPathComponent, [UInt8]($0)) }
            }
        }
    }

    private func replay(_ target: String, atLeast count: Int, _ walk: ([UInt8]) -> String?) {
        let inputs = inputs(target)
        #expect(inputs.count >= count)
        for input in inputs { #expect(walk(input.octets) == nil, "\(input.name)") }
    }

    @Test func certificates() { replay("CertificateDER", atLeast: 3, CredentialWalk.certificate) }
    @Test func keyFiles() { replay("KeyFile", atLeast: 11, CredentialWalk.keyFile) }
    @Test func names() { replay("NameText", atLeast: 3, CredentialWalk.name) }
    @Test func revocation() { replay("RevocationAnswer", atLeast: 2, CredentialWalk.revocation) }
    @Test func signatures() { replay("SignatureData", atLeast: 6, CredentialWalk.signature) }
}
