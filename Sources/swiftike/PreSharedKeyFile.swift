import KeyMaterial
import Negotiation

/// The file of pre-shared keys.
struct PreSharedKeyFile {
    private let path: String

    init(_ path: String) {
        self.path = path
    }

    func answer(_ request: SharedSecretRequest) -> Result<SecretKey, SharedSecretFailure> {
        .failure(.unusable("\(path): this program cannot read pre-shared keys"))
    }

    func remarks() -> [String] { [] }
}
