import Foundation
import TestSupport

/// Messages of every exchange: what the fuzz targets start from.
enum MessageSeeds {
    /// Datagrams in clear.
    static let clear = ["init", "init-cookie", "init-answer", "refusal", "version", "critical"]
    /// Bodies after decryption; the first octet says which payload comes first.
    static let decrypted = ["auth", "auth-answer", "rekey", "rekey-ike", "delete", "errors", "empty"]

    static func octets(_ name: String) throws -> [UInt8] {
        let folder = clear.contains(name) ? "IKEv2Message" : "IKEv2Payloads"
        let file = VectorFile.packageRoot.appending(path: "Tests/Fuzz/Seeds/\(folder)/\(name)")
        return [UInt8](try Data(contentsOf: file))
    }
}
