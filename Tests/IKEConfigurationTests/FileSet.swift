import IKEConfiguration
import SourceText

/// Files that exist only in a test.
struct FileSet: Sendable {
    var files: [String: String] = [:]

    var reading: FileReading {
        let files = files
        return FileReading(
            read: { path in
                files[path].map { .success(Array($0.utf8)) }
                    ?? .failure(.init(reason: "No such file or directory"))
            },
            matches: { pattern in
                guard pattern.hasSuffix("*") else { return files[pattern] == nil ? [] : [pattern] }
                return files.keys.filter { $0.hasPrefix(pattern.dropLast()) }.sorted()
            })
    }

    func load(_ text: String, name: String = "t.conf") -> Result<Configuration, ConfigurationRejection> {
        var set = self
        set.files[name] = text
        return ConfigurationFile.load(name, reading: set.reading)
    }
}

extension Result where Success == Configuration, Failure == ConfigurationRejection {
    /// The headlines of everything that was said.
    var headlines: [String] {
        switch self {
        case .success(let configuration): configuration.notices.headlines
        case .failure(let rejection): rejection.diagnostics.headlines
        }
    }

    var configuration: Configuration? { try? get() }
}

/// Pieces of configuration that tests build on.
enum Sample {
    static let proposal = """
        proposal { encryption_algorithm aes 256; hash_algorithm sha256; authentication_method pre_shared_key; dh_group modp2048; }
        """
    static let remote = "remote 192.0.2.2 { exchange_mode main; \(proposal) }\n"
    static let sainfo =
        "sainfo anonymous { encryption_algorithm aes; authentication_algorithm hmac_sha256; }\n"
}
