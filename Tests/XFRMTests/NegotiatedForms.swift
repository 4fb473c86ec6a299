import Algorithms
import IPsec
import KeyMaterial
import Netlink
import Wire

@testable import XFRM

/// The negotiation's forms of SAs and policies, through the codec of the database's forms.
extension StateMessages {
    static func add(
        _ association: SecurityAssociation, traits: KernelTraits
    ) throws(DatabaseFailure) -> NetlinkRequest {
        try add(try SADEntry(association, traits: traits), traits: traits)
    }
}

extension PolicyMessages {
    static func set(_ policy: SecurityPolicy) throws(DatabaseFailure) -> NetlinkRequest {
        try set(SPDEntry(policy))
    }
}

extension SecurityPolicy {
    init?(kernel payload: Span<UInt8>) throws(WireError) {
        guard let policy = try SPDRecord(kernel: payload)?.policy else { return nil }
        self = policy
    }
}

extension SecurityAssociation {
    /// - Parameter direction: what to assume where the kernel does not tell (before Linux 6.10).
    init?(kernel payload: Span<UInt8>, assuming direction: Direction) throws(WireError) {
        guard let record = try SADRecord(kernel: payload) else { return nil }
        self.init(record, assuming: direction)
    }

    init?(_ record: SADRecord, assuming direction: Direction) {
        let entry = record.entry
        guard record.state != .larval, let mode = entry.mode,
            let transform = ESPTransform(entry.transform)
        else { return nil }
        self.init(
            id: entry.id, source: entry.source, direction: entry.options.direction ?? direction, mode: mode,
            requestID: entry.requestID, selector: entry.selector, transform: transform,
            encapsulation: entry.encapsulation?.ports, replayWindow: entry.replay.window,
            usesExtendedSequenceNumbers: entry.replay.usesExtendedSequenceNumbers,
            lifetime: entry.lifetime, acquireSequence: entry.acquireSequence)
    }
}

extension ESPTransform {
    fileprivate init?(_ transform: SATransform) {
        guard case .esp(let cipher, let integrity) = transform, case .known(let algorithm) = cipher.algorithm
        else { return nil }
        let choice = CipherChoice(algorithm, keyBits: (cipher.key.count - algorithm.saltSize) * 8)
        guard let integrity else {
            self.init(encryption: choice, encryptionKey: cipher.key, integrity: nil, integrityKey: nil)
            return
        }
        guard case .known(let method) = integrity.algorithm else { return nil }
        self.init(
            encryption: choice, encryptionKey: cipher.key, integrity: method, integrityKey: integrity.key)
    }
}
