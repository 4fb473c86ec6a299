import Algorithms
import IPsec
import KeyMaterial

extension SADEntry {
    /// What a negotiation asks for, as the kernel's SAD is to hold it.
    ///
    /// The replay window is fitted to the kernel: a wider one than it knows only ever meant "wide".
    init(_ association: SecurityAssociation, traits: KernelTraits) throws(DatabaseFailure) {
        try Self.check(association)
        self.init(association)
        replay.window = Self.window(association, traits)
    }

    private static func window(_ association: SecurityAssociation, _ traits: KernelTraits) -> UInt32 {
        let isExtended = association.usesExtendedSequenceNumbers
        switch association.direction {
        case .outbound:
            // Kernels that know directions refuse a window here; the others demand one with long numbers.
            return isExtended && !traits.knowsDirection ? XFRMValue.plainReplayWindowLimit : 0
        case .inbound:
            let window = min(association.replayWindow, XFRMValue.replayWindowLimit)
            // The window also finds the high half of the sequence number: there has to be one.
            return isExtended ? max(window, XFRMValue.plainReplayWindowLimit) : window
        }
    }

    private static func check(_ association: SecurityAssociation) throws(DatabaseFailure) {
        guard (association.id.protocol == .ipcomp) == (association.compression != nil) else {
            throw DatabaseFailure(
                .other, "IPComp and nothing else has a compression algorithm; \(association.id) is wrong")
        }
        guard association.compression == nil else { return }
        let transform = association.transform
        let encryption = transform.encryption
        guard transform.encryptionKey.count == encryption.keyMaterialSize else {
            throw DatabaseFailure(
                .other,
                "\(encryption) needs \(encryption.keyMaterialSize) octets of key, "
                    + "\(transform.encryptionKey.count) were given")
        }
        guard (transform.integrity == nil) == (transform.integrityKey == nil) else {
            throw DatabaseFailure(.other, "an integrity algorithm and its key must be given together")
        }
        if let integrity = transform.integrity, let key = transform.integrityKey,
            key.count != integrity.keySize
        {
            throw DatabaseFailure(
                .other, "\(integrity) needs \(integrity.keySize) octets of key, \(key.count) were given")
        }
        guard !encryption.algorithm.isAEAD || transform.integrity == nil else {
            throw DatabaseFailure(
                .other, "\(encryption) authenticates by itself: it takes no integrity algorithm")
        }
        guard encryption.algorithm.construction != .null || transform.integrity != nil else {
            throw DatabaseFailure(
                .unsupported,
                "\(association.id.protocol) without encryption and without integrity protects nothing")
        }
    }
}
