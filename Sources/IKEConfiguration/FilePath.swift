/// Paths as text.
enum FilePath {
    /// The part before the last slash; empty for a bare name.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// A name seen from a directory: absolute and home-relative names stay as they are.
    static func join(_ directory: String, _ name: String) -> String {
        guard !directory.isEmpty, !name.hasPrefix("/"), !name.hasPrefix("~") else { return name }
        return directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }
}
