internal import Algorithms
package import KeyMaterial

/// Seals the messages that go one way of an IKEv2 SA; it never uses an IV twice.
package struct MessageSealer: ~Copyable, Sendable {
    private let keys: MessageKeys
    /// The IV of the next message, where IVs are counted.
    private var counter: UInt64 = 0
    private var isExhausted = false

    /// The algorithms, and how long things are under them.
    package var protection: MessageProtection { keys.protection }

    /// - Parameters:
    ///   - encryptionKey: SK_ei or SK_er: the cipher's key, then its salt.
    ///   - integrityKey: SK_ai or SK_ar; nil for ciphers that authenticate.
    /// - Throws: `keySize` for a key of the wrong length.
    package init(
        _ protection: MessageProtection, encryptionKey: SecretKey, integrityKey: SecretKey?
    ) throws(CipherFailure) {
        keys = try MessageKeys(protection, encryptionKey: encryptionKey, integrityKey: integrityKey)
    }

    /// Appends the encrypted payload's content to a message: IV, encrypted payloads, padding, pad length and ICV.
    ///
    /// - Parameters:
    ///   - message: All that stands before the IV, its lengths counting `protection.sealedCount(payloads.count)`
    ///     octets more already: they are authenticated.
    ///   - payloads: What is encrypted: the payloads inside, or a part of them (RFC 7383).
    ///   - random: where the IVs of CBC come from, which nobody may guess.
    /// - Throws: `exhausted` alone, leaving the message alone.
    package mutating func seal(
        _ message: inout [UInt8], payloads: [UInt8], random: inout some RandomSource
    ) throws(MessageProtectionFailure) {
        let headerCount = message.count
        let padding = protection.paddingCount(for: payloads.count)
        message.reserveCapacity(headerCount + protection.sealedCount(payloads.count))
        message += try nextIV(&random)
        message += payloads
        message += repeatElement(0, count: padding)
        message.append(UInt8(truncatingIfNeeded: padding))
        message += repeatElement(0, count: protection.icvSize)
        unsafe message.withUnsafeMutableBufferPointer { buffer in
            do {
                unsafe try keys.seal(MessageParts(buffer, headerCount: headerCount, protection))
            } catch {
                preconditionFailure("libcrypto refused keys that it took before: \(error)")
            }
        }
    }

    private mutating func nextIV(_ random: inout some RandomSource) throws(MessageProtectionFailure)
        -> [UInt8]
    {
        guard protection.encryption.algorithm.construction != .cbc else {
            return random.bytes(count: protection.ivSize)
        }
        guard !isExhausted else { throw .exhausted }
        let iv = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: counter >> $0) }
        (counter, isExhausted) = counter.addingReportingOverflow(1)
        return iv
    }
}
