package import Algorithms
internal import CLibcrypto
package import KeyMaterial

/// The integrity algorithm of an SA with its key, applied to packet after packet.
@safe
package struct PacketAuthentication: ~Copyable, @unchecked Sendable {  // why: its contexts have one owner
    /// Octets that `finish` may write: the longest whole tag.
    static let tagRoom = 64

    /// Octets of integrity check value in a packet.
    package let icvSize: Int
    private var authentication: MessageAuthentication

    /// - Throws: `unsupported` for what is not performed here, `missing` where the host's libcrypto lacks the
    ///   hash or cipher under it, `keySize` for a wrong key.
    package init(_ algorithm: IntegrityAlgorithm, key: SecretKey) throws(CipherFailure) {
        try self.init(algorithm, key: key, for: .manyTags)
    }

    init(
        _ algorithm: IntegrityAlgorithm, key: SecretKey, for use: MessageAuthentication.Use
    ) throws(CipherFailure) {
        guard key.count == algorithm.keySize else {
            throw .keySize(expected: algorithm.keySize, found: key.count)
        }
        switch algorithm.construction {
        case .hmac(let hash):
            guard unsafe hash.fetched.pointer != nil else { throw .missing("\(hash)") }
            authentication = MessageAuthentication(hash, key: key, for: use)
        case .cmac:
            authentication = try MessageAuthentication(.cmac, key: key)
        case .xcbc:
            authentication = try MessageAuthentication(.xcbc, key: key)
        case .null, .keyed:
            throw .unsupported("\(algorithm)")
        }
        icvSize = algorithm.icvSize
    }

    /// Starts over with the same key.
    mutating func restart() {
        authentication.restart()
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        unsafe authentication.update(bytes)
    }

    /// Feeds the half of an extended sequence number that no packet carries (RFC 4303 section 2.2.1).
    mutating func update(sequenceHigh: UInt32) {
        unsafe withUnsafeBytes(of: sequenceHigh.bigEndian) { unsafe update($0) }
    }

    /// Writes the whole tag; `target` has `tagRoom` octets.
    mutating func finish(into target: UnsafeMutablePointer<UInt8>) {
        unsafe authentication.finish(into: target)
    }

    /// Writes the ICV over `range` at offset `icv` inside it, where it counts as zeros (RFC 4302 section 3.3.3.1).
    ///
    /// - Parameter sequenceHigh: The high half of an extended sequence number; nil without such.
    package mutating func sign(
        _ packet: inout MutableSpan<UInt8>, _ range: Range<Int>, icv: Int, sequenceHigh: UInt32? = nil
    ) {
        require(range, icv, in: packet.count)
        unsafe packet.withUnsafeMutableBytes { buffer in
            unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.tagRoom) { tag in
                guard let tag = tag.baseAddress else { return }
                let target = unsafe Self.cleared(buffer, at: icv, count: icvSize)
                unsafe compute(over: UnsafeRawBufferPointer(rebasing: buffer[range]), sequenceHigh, into: tag)
                unsafe target.update(from: tag, count: icvSize)
            }
        }
    }

    /// Whether the ICV that stands at offset `icv` is the one over `range`; its octets are zeros afterwards.
    package mutating func verify(
        _ packet: inout MutableSpan<UInt8>, _ range: Range<Int>, icv: Int, sequenceHigh: UInt32? = nil
    ) -> Bool {
        require(range, icv, in: packet.count)
        return unsafe packet.withUnsafeMutableBytes { buffer in
            unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * Self.tagRoom) { room in
                guard let tag = room.baseAddress, let start = buffer.baseAddress else { return false }
                let received = unsafe tag + Self.tagRoom
                let count = icvSize
                unsafe received.update(
                    from: (start + icv).assumingMemoryBound(to: UInt8.self), count: count)
                _ = unsafe Self.cleared(buffer, at: icv, count: count)
                unsafe compute(over: UnsafeRawBufferPointer(rebasing: buffer[range]), sequenceHigh, into: tag)
                return unsafe CRYPTO_memcmp(received, tag, count) == 0
            }
        }
    }

    private func require(_ range: Range<Int>, _ icv: Int, in count: Int) {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count && icv >= range.lowerBound
                && icv + icvSize <= range.upperBound, "ICV outside its packet")
    }

    private mutating func compute(
        over bytes: UnsafeRawBufferPointer, _ sequenceHigh: UInt32?, into tag: UnsafeMutablePointer<UInt8>
    ) {
        restart()
        unsafe update(bytes)
        if let sequenceHigh { update(sequenceHigh: sequenceHigh) }
        unsafe finish(into: tag)
    }

    private static func cleared(
        _ buffer: UnsafeMutableRawBufferPointer, at offset: Int, count: Int
    ) -> UnsafeMutablePointer<UInt8> {
        guard let start = buffer.baseAddress else { preconditionFailure("ICV outside its packet") }
        let target = unsafe (start + offset).assumingMemoryBound(to: UInt8.self)
        unsafe target.update(repeating: 0, count: count)
        return unsafe target
    }
}
