/// What a datagram is known by when it comes again: a hash of it under a key of the process, as each SA keeps some.
///
/// It is held against that of one datagram, the last one. Nobody outside can find another datagram that has the same,
/// and who did would be taken for one who repeats himself.
struct Fingerprint: Hashable {
    private let value: Int

    init(of datagram: [UInt8]) {
        var hasher = Hasher()
        unsafe datagram.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        value = hasher.finalize()
    }
}
