package import Foundation

/// Why a file of test vectors could not be used.
package struct VectorFailure: Error, CustomStringConvertible {
    package let description: String
}

/// Octets written as hexadecimal in a JSON file.
package struct HexOctets: Decodable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let bytes = octets(hexadecimal: text) else {
            throw VectorFailure(description: "not hexadecimal: \(text.prefix(40))")
        }
        self.bytes = bytes
    }

    package var description: String { bytes.hexadecimal }
}

/// Where test vectors are, and how they are read.
package enum VectorFile {
    /// The package's own folder, found from where this file is.
    package static let packageRoot = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Vectors that are read in place and never copied: `SWIFTIKE_VECTORS`, or `../shared/vectors`.
    package static let sharedFolder: URL = {
        if let path = ProcessInfo.processInfo.environment["SWIFTIKE_VECTORS"], !path.isEmpty {
            return URL(filePath: path)
        }
        return packageRoot.appending(path: "../shared/vectors").standardizedFileURL
    }()

    /// Whether a shared file or folder is there; suites that need it are enabled by this.
    package static func isPresent(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: sharedFolder.appending(path: name).path)
    }

    /// Reads a shared JSON file.
    package static func shared<Content: Decodable>(_ name: String, as type: Content.Type) throws -> Content {
        try decode(sharedFolder.appending(path: name))
    }

    /// Reads a committed JSON file of a test target: `Tests/<target>/Vectors/<name>`.
    package static func committed<Content: Decodable>(
        _ name: String, of target: String, as type: Content.Type
    ) throws -> Content {
        try decode(packageRoot.appending(path: "Tests/\(target)/Vectors/\(name)"))
    }

    /// The contents of every file of a shared folder, by name; empty where the folder is absent.
    package static func sharedFiles(in folder: String) -> [(name: String, bytes: [UInt8])] {
        let path = sharedFolder.appending(path: folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path.path)) ?? []
        return names.sorted().compactMap { name in
            guard let data = try? Data(contentsOf: path.appending(path: name)) else { return nil }
            return (name, [UInt8](data))
        }
    }

    private static func decode<Content: Decodable>(_ file: URL) throws -> Content {
        try JSONDecoder().decode(Content.self, from: Data(contentsOf: file))
    }
}
