import Foundation
import IKEConfiguration

/// The files under etc/, read from the package this test belongs to.
enum ExampleFiles {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Configuration files, by path from the root.
    static let configurations: [String] =
        ["etc/swiftike.conf"]
        + names(in: "etc/examples").filter { $0.hasSuffix(".conf") && !$0.hasSuffix(".swanctl.conf") }
        .filter { $0 != "setkey.conf" }.map { "etc/examples/" + $0 }
    static let policies = ["etc/examples/setkey.conf", "etc/examples/article.policy"]

    static let reading = FileReading(
        read: { path in
            guard let bytes = try? Data(contentsOf: URL(filePath: path)) else {
                return .failure(.init(reason: "No such file or directory"))
            }
            return .success(Array(bytes))
        },
        matches: { _ in [] })

    static func path(_ name: String) -> String { root.appending(path: name).path }

    static func text(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: root.appending(path: name)))
    }

    private static func names(in directory: String) -> [String] {
        let path = root.appending(path: directory).path
        return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }
}
