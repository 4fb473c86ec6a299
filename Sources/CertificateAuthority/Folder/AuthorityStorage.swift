package import KeyMaterial

/// Why a file of an authority was not read or written; a sentence that names it.
package struct StorageFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Where an authority keeps its files; names are seen from its folder.
package protocol AuthorityStorage {
    /// The content of a file; nil where there is none of that name.
    func content(of name: String) throws(StorageFailure) -> [UInt8]?
    /// The same of a file that holds a private key.
    func secret(in name: String) throws(StorageFailure) -> SecretBytes?
    /// Writes a file whole; readers see the old or the new content, never half of one.
    func write(_ octets: [UInt8], to name: String) throws(StorageFailure)
    /// Writes a file that its owner alone may read; fails where there is one of that name.
    func writeSecret(_ octets: borrowing SecretBytes, to name: String) throws(StorageFailure)
}
