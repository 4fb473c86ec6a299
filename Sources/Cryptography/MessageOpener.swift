internal import Algorithms
package import KeyMaterial

/// Opens the messages that come the other way of an IKEv2 SA.
package struct MessageOpener: Sendable {
    private let keys: MessageKeys

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

    /// Checks a whole message and decrypts it in place.
    ///
    /// After a throw the message holds nothing of use.
    ///
    /// - Parameters:
    ///   - message: From the IKE header to the ICV.
    ///   - headerCount: Octets before the IV.
    /// - Returns: where in the message the payloads are, without their padding.
    package func open(
        _ message: inout [UInt8], headerCount: Int
    ) throws(MessageProtectionFailure) -> Range<Int> {
        let content = message.count - headerCount
        let bodyCount = content - protection.ivSize - protection.icvSize
        guard headerCount >= 0, bodyCount > 0,
            bodyCount.isMultiple(of: protection.encryption.algorithm.blockSize)
        else { throw .wrongLength(content) }
        let isGenuine = unsafe message.withUnsafeMutableBufferPointer { buffer in
            do {
                return unsafe try keys.open(MessageParts(buffer, headerCount: headerCount, protection))
            } catch {
                preconditionFailure("libcrypto refused keys that it took before: \(error)")
            }
        }
        guard isGenuine else { throw .badIntegrity }
        let start = headerCount + protection.ivSize
        let padding = Int(message[start + bodyCount - 1])
        // Any content of any length is good padding (RFC 7296 section 3.14), as long as it fits.
        guard padding < bodyCount else { throw .badPadding(padding: padding, available: bodyCount) }
        return start..<(start + bodyCount - 1 - padding)
    }
}
