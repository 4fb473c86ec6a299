/// What octets are known by when they come again: a hash of them under a key of the process.
///
/// Held against that of one other value, not looked for among many. Nobody outside can find other octets that have the
/// same; it says nothing about who they are from.
package struct Fingerprint: Hashable, Sendable {
    private let value: Int

    package init(of octets: [UInt8]) {
        var hasher = Hasher()
        unsafe octets.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        value = hasher.finalize()
    }
}
