import Foundation

/// libcrypto as in FIPS mode, but with no provider that meets what that asks for.
package enum RestrictedLibcrypto {
    /// Has the process read an `openssl.cnf` that says so while it looks at libcrypto for the first time, which is in
    /// `look`.
    package static func whenFirst<Seen>(_ look: () -> Seen) throws -> Seen {
        let file = FileManager.default.temporaryDirectory.appending(path: "swiftike-\(UUID().uuidString).cnf")
        let text = "openssl_conf = a\n[a]\nalg_section = b\n[b]\ndefault_properties = fips=yes\n"
        try text.write(to: file, atomically: true, encoding: .utf8)
        unsafe setenv("OPENSSL_CONF", file.path, 1)
        let seen = look()
        try FileManager.default.removeItem(at: file)
        return seen
    }
}
