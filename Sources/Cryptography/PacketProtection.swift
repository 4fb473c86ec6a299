package import Algorithms
internal import CLibcrypto
package import KeyMaterial

/// Where the parts of one ESP packet are in a buffer: header, IV, body and ICV follow one another.
@usableFromInline package struct PacketLayout: Sendable {
    /// Offset of the SPI; the header is the SPI and the sequence number, 8 octets.
    @usableFromInline package let start: Int
    /// Octets between IV and ICV: payload, padding, pad length and next header.
    @usableFromInline package let bodyCount: Int
    /// The high half of an extended sequence number, which the ICV covers and no packet carries; nil without such.
    @usableFromInline package let sequenceHigh: UInt32?

    @inlinable package init(start: Int, bodyCount: Int, sequenceHigh: UInt32? = nil) {
        self.start = start
        self.bodyCount = bodyCount
        self.sequenceHigh = sequenceHigh
    }
}

/// One ESP transform with its keys, applied to packets in place (RFC 4303 section 3).
///
/// It encrypts and authenticates, or authenticates and decrypts, and allocates nothing per packet.
@safe
@usableFromInline
package struct PacketProtection: ~Copyable, @unchecked Sendable {  // why: its contexts have one owner
    /// Which way packets go; an instance does one.
    package enum Use: Sendable {
        case sealing
        case opening
    }

    /// Octets of the ESP header: SPI and sequence number.
    @inlinable package static var headerSize: Int { 8 }

    /// Octets of explicit IV in each packet.
    package let ivSize: Int
    /// Octets of integrity check value in each packet.
    package let icvSize: Int
    private let construction: EncryptionAlgorithm.Construction
    private var cipher: CipherContext?
    private var authentication: PacketAuthentication?
    private let scratch: PacketScratch

    /// Prepares a transform.
    ///
    /// - Parameters:
    ///   - encryptionKey: The key, then the salt where the cipher has one; `keyMaterialSize` octets.
    ///   - integrity: nil or the null algorithm for none.
    ///   - ivSeed: 16 octets nobody can guess, from which unpredictable CBC IVs are made; only for sealing.
    /// - Throws: `unsupported` for a combination that protects nothing or is not offered, `missing` for what the
    ///   host's libcrypto lacks, `keySize` for a wrong key.
    package init(
        _ encryption: CipherChoice, encryptionKey: SecretKey, integrity: IntegrityAlgorithm?,
        integrityKey: SecretKey?, use: Use, ivSeed: borrowing SecretBytes
    ) throws(CipherFailure) {
        let algorithm = encryption.algorithm
        let integrity = integrity == .null ? nil : integrity
        try Self.check(encryption, encryptionKey, integrity)
        // Before anything else is set, since it may throw.
        if algorithm.construction == .null {
            cipher = nil
        } else {
            cipher = try CipherContext(encryption, key: encryptionKey, use: use)
        }
        if let integrity {
            authentication = try PacketAuthentication(
                integrity, key: integrityKey ?? SecretKey(copying: []))
        } else {
            authentication = nil
        }
        construction = algorithm.construction
        ivSize = algorithm.ivSize
        icvSize = algorithm.isAEAD ? algorithm.icvSize : integrity?.icvSize ?? 0
        scratch = PacketScratch(algorithm, key: encryptionKey, ivSeed: ivSeed)
        if construction == .gcm || construction == .gmac { unsafe cipher?.countNonces(from: scratch.nonce) }
        if construction == .chaCha20Poly1305, NonceParameter.isObeyed { cipher?.nonceSetting = .parameter }
    }

    private static func check(
        _ encryption: CipherChoice, _ key: SecretKey, _ integrity: IntegrityAlgorithm?
    ) throws(CipherFailure) {
        let algorithm = encryption.algorithm
        guard algorithm.isInSoftware else { throw .unsupported("\(encryption)") }
        guard key.count == encryption.keyMaterialSize else {
            throw .keySize(expected: encryption.keyMaterialSize, found: key.count)
        }
        guard let integrity else {
            // Whoever changes a bit of a counter mode's packet changes that bit of its text.
            guard algorithm.construction != .null, algorithm.construction != .counter else {
                throw .unsupported("\(encryption) without integrity")
            }
            return
        }
        guard !algorithm.isAEAD else { throw .unsupported("\(encryption) with \(integrity)") }
    }

    /// Writes the IV, encrypts the body and writes the ICV; the header must be in place.
    ///
    /// - Parameter counter: Never the same twice for one key: the sequence number.
    package mutating func seal(_ packet: inout MutableSpan<UInt8>, _ layout: PacketLayout, counter: UInt64) {
        require(layout, fits: packet.count)
        unsafe packet.withUnsafeMutableBytes { buffer in
            let bytes = unsafe PacketParts(buffer, layout, ivSize: ivSize)
            switch construction {
            case .gcm, .ccm, .chaCha20Poly1305:
                unsafe sealAEAD(bytes, counter, header(bytes, layout), count: bytes.bodyCount)
            case .gmac:
                unsafe sealAEAD(bytes, counter, wholePacket(bytes, layout), count: 0)
            case .counter:
                unsafe scratch.writeCounter(counter, to: bytes.iv)
                unsafe applyCounterMode(bytes)
                unsafe writeICV(bytes, layout)
            case .cbc:
                unsafe sealChained(bytes, counter)
                unsafe writeICV(bytes, layout)
            case .null:
                unsafe writeICV(bytes, layout)
            }
        }
    }

    /// Encrypts the body with the IV that is in place, and writes the ICV: what another sealer did, done again.
    ///
    /// Only for comparing: an IV that is used for two texts gives both away.
    package mutating func reseal(_ packet: inout MutableSpan<UInt8>, _ layout: PacketLayout) {
        require(layout, fits: packet.count)
        unsafe packet.withUnsafeMutableBytes { buffer in
            let bytes = unsafe PacketParts(buffer, layout, ivSize: ivSize)
            switch construction {
            case .gcm, .ccm, .chaCha20Poly1305:
                unsafe sealAEAD(bytes, nil, header(bytes, layout), count: bytes.bodyCount)
            case .gmac:
                unsafe sealAEAD(bytes, nil, wholePacket(bytes, layout), count: 0)
            case .counter:
                unsafe applyCounterMode(bytes)
                unsafe writeICV(bytes, layout)
            case .cbc:
                let isSealed = unsafe cipher?.apply(bytes.body, count: bytes.bodyCount, iv: bytes.iv)
                precondition(isSealed == true, "encryption failed")
                unsafe scratch.keepLastBlock(endingAt: bytes.icv, count: ivSize)
                unsafe writeICV(bytes, layout)
            case .null:
                unsafe writeICV(bytes, layout)
            }
        }
    }

    /// Checks the ICV, then decrypts the body; false if the packet is not what the peer sealed.
    ///
    /// After a false the body holds nothing of use, and the IV never does afterwards.
    package mutating func open(_ packet: inout MutableSpan<UInt8>, _ layout: PacketLayout) -> Bool {
        require(layout, fits: packet.count)
        return unsafe packet.withUnsafeMutableBytes { buffer in
            let bytes = unsafe PacketParts(buffer, layout, ivSize: ivSize)
            switch construction {
            case .gcm, .ccm, .chaCha20Poly1305:
                return unsafe openAEAD(bytes, header(bytes, layout), count: bytes.bodyCount)
            case .gmac:
                return unsafe openAEAD(bytes, wholePacket(bytes, layout), count: 0)
            case .counter:
                return unsafe hasGoodICV(bytes, layout) && applyCounterMode(bytes)
            case .cbc:
                // Deciphered along with the body, the IV is what the body is chained to; what comes out in the IV's
                // own place, chained to the packet before, is of no use.
                return unsafe hasGoodICV(bytes, layout)
                    && cipher?.chain(bytes.iv, count: ivSize + bytes.bodyCount) == true
            case .null:
                return unsafe hasGoodICV(bytes, layout)
            }
        }
    }

    private func require(_ layout: PacketLayout, fits count: Int) {
        let end = layout.start + Self.headerSize + ivSize + layout.bodyCount + icvSize
        precondition(
            layout.start >= 0 && layout.bodyCount >= 0 && end <= count, "packet larger than its buffer")
    }

    /// Writes the IV, encrypted from zeros, and encrypts the body.
    private func sealChained(_ bytes: PacketParts, _ counter: UInt64) {
        unsafe scratch.writeSeed(counter, to: bytes.iv, count: ivSize)
        // The cipher chains on from the packet before, and setting it back would cost as much as a short packet.
        unsafe scratch.mixInLastBlock(to: bytes.iv, count: ivSize)
        let isSealed = unsafe cipher?.chain(bytes.iv, count: ivSize + bytes.bodyCount)
        precondition(isSealed == true, "encryption failed")
        unsafe scratch.keepLastBlock(endingAt: bytes.icv, count: ivSize)
    }

    /// What AEADs authenticate and leave alone.
    private func header(_ bytes: PacketParts, _ layout: PacketLayout) -> CipherContext.Additional {
        guard let high = layout.sequenceHigh else { return unsafe bytes.headerAlone }
        return unsafe scratch.extendedHeader(bytes.header, high: high)
    }

    /// What GMAC authenticates, encrypting nothing.
    private func wholePacket(_ bytes: PacketParts, _ layout: PacketLayout) -> CipherContext.Additional {
        guard let high = layout.sequenceHigh else { return unsafe bytes.authenticated }
        var additional = unsafe scratch.extendedHeader(bytes.header, high: high)
        unsafe additional.rest = bytes.ivAndBody
        return unsafe additional
    }

    /// - Parameter counter: nil to leave the IV as it is.
    private func sealAEAD(
        _ bytes: PacketParts, _ counter: UInt64?, _ additional: CipherContext.Additional, count: Int
    ) {
        if let counter { unsafe scratch.writeCounter(counter, to: bytes.iv) }
        unsafe scratch.writeNonce(iv: bytes.iv, count: ivSize)
        let isSealed = unsafe cipher?.seal(
            nonce: scratch.nonce, additional, bytes.body, count: count, tag: bytes.icv)
        precondition(isSealed == true, "encryption failed")
    }

    private func openAEAD(
        _ bytes: PacketParts, _ additional: CipherContext.Additional, count: Int
    ) -> Bool {
        unsafe scratch.writeNonce(iv: bytes.iv, count: ivSize)
        return unsafe cipher?.open(nonce: scratch.nonce, additional, bytes.body, count: count, tag: bytes.icv)
            ?? false
    }

    @discardableResult
    private func applyCounterMode(_ bytes: PacketParts) -> Bool {
        unsafe scratch.writeNonce(iv: bytes.iv, count: ivSize)
        return unsafe cipher?.apply(bytes.body, count: bytes.bodyCount, iv: scratch.nonce) ?? false
    }

    private mutating func writeICV(_ bytes: PacketParts, _ layout: PacketLayout) {
        guard unsafe computeTag(bytes, layout) else { return }
        unsafe bytes.icv.update(from: scratch.tag, count: icvSize)
    }

    private mutating func hasGoodICV(_ bytes: PacketParts, _ layout: PacketLayout) -> Bool {
        guard unsafe computeTag(bytes, layout) else { return true }
        return unsafe CRYPTO_memcmp(bytes.icv, scratch.tag, icvSize) == 0
    }

    /// Whether there is integrity to check; its whole tag is then in the scratch space.
    private mutating func computeTag(_ bytes: PacketParts, _ layout: PacketLayout) -> Bool {
        guard authentication != nil else { return false }
        let all = unsafe bytes.authenticated
        authentication?.restart()
        unsafe authentication?.update(UnsafeRawBufferPointer(start: all.start, count: all.count))
        if let high = layout.sequenceHigh { authentication?.update(sequenceHigh: high) }
        unsafe authentication?.finish(into: scratch.tag)
        return true
    }
}
