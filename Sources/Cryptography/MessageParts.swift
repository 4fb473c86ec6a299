internal import Algorithms
internal import CLibcrypto

/// Pointers to the parts of an IKEv2 message whose bounds have been checked.
@unsafe
struct MessageParts {
    /// The message from its first octet.
    let start: UnsafeMutablePointer<UInt8>
    /// Octets before the IV: IKE header, payloads in clear, and the generic header of the encrypted one.
    let headerCount: Int
    let iv: UnsafeMutablePointer<UInt8>
    let body: UnsafeMutablePointer<UInt8>
    let bodyCount: Int
    let icv: UnsafeMutablePointer<UInt8>

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>, headerCount: Int, _ protection: MessageProtection) {
        let bodyCount = buffer.count - headerCount - protection.ivSize - protection.icvSize
        guard let base = buffer.baseAddress, headerCount >= 0, bodyCount >= 0 else {
            preconditionFailure("encrypted payload outside its message")
        }
        unsafe start = base
        unsafe self.headerCount = headerCount
        unsafe iv = base + headerCount
        unsafe body = iv + protection.ivSize
        unsafe self.bodyCount = bodyCount
        unsafe icv = body + bodyCount
    }

    /// What AEADs authenticate and do not encrypt (RFC 5282 section 5.1).
    var additional: CipherContext.Additional {
        unsafe CipherContext.Additional(start: start, count: headerCount)
    }

    /// All before the ICV, which an integrity algorithm is over.
    var authenticated: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: start, count: icv - start)
    }
}

extension MessageKeys {
    /// Encrypts the body with the IV that is in place, and writes the ICV.
    func seal(_ message: MessageParts) throws(CipherFailure) {
        let cipher = try cipher(.sealing)
        let isSealed = unsafe withNonce(message) { nonce in
            switch protection.encryption.algorithm.construction {
            case .gcm, .ccm, .chaCha20Poly1305:
                unsafe cipher.seal(
                    nonce: nonce, message.additional, message.body, count: message.bodyCount,
                    tag: message.icv)
            case .cbc: unsafe cipher.apply(message.body, count: message.bodyCount, iv: message.iv)
            case .counter: unsafe cipher.apply(message.body, count: message.bodyCount, iv: nonce)
            case .null, .gmac: false
            }
        }
        precondition(isSealed, "encryption failed")
        guard var authentication = try authentication() else { return }
        unsafe withTag(of: message, &authentication) { tag in
            unsafe message.icv.update(from: tag, count: protection.icvSize)
        }
    }

    /// Checks the ICV, then decrypts the body; false if it is not what the peer sealed.
    func open(_ message: MessageParts) throws(CipherFailure) -> Bool {
        if var authentication = try authentication() {
            let isGood = unsafe withTag(of: message, &authentication) { tag in
                unsafe CRYPTO_memcmp(message.icv, tag, protection.icvSize) == 0
            }
            guard isGood else { return false }
        }
        let cipher = try cipher(.opening)
        return unsafe withNonce(message) { nonce in
            switch protection.encryption.algorithm.construction {
            case .gcm, .ccm, .chaCha20Poly1305:
                unsafe cipher.open(
                    nonce: nonce, message.additional, message.body, count: message.bodyCount,
                    tag: message.icv)
            case .cbc: unsafe cipher.apply(message.body, count: message.bodyCount, iv: message.iv)
            case .counter: unsafe cipher.apply(message.body, count: message.bodyCount, iv: nonce)
            case .null, .gmac: false
            }
        }
    }

    private func withNonce(
        _ message: MessageParts, _ body: (UnsafeMutablePointer<UInt8>) -> Bool
    ) -> Bool {
        let room = 16
        return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { buffer in
            guard let nonce = buffer.baseAddress else { return false }
            defer { unsafe OPENSSL_cleanse(nonce, room) }
            unsafe nonce.initialize(repeating: 0, count: room)
            if protection.encryption.algorithm.construction != .cbc {
                unsafe writeNonce(iv: message.iv, to: nonce)
            }
            return unsafe body(nonce)
        }
    }

    private func withTag<Result>(
        of message: MessageParts, _ authentication: inout PacketAuthentication,
        _ body: (UnsafePointer<UInt8>) -> Result
    ) -> Result {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: PacketAuthentication.tagRoom) { room in
            guard let tag = room.baseAddress else { preconditionFailure("out of memory") }
            unsafe authentication.update(message.authenticated)
            unsafe authentication.finish(into: tag)
            return unsafe body(tag)
        }
    }
}
