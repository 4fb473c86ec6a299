import IPsec
import KeyMaterial
import Netlink
import PFKey
import Wire
import XFRM

/// An SA as the kernel told it, as far as PF_KEY shows it.
struct KernelAssociation {
    let record: StateRecord
    private let family: AddressFamily
    private var integrity: KernelKey?
    private var cipher: KernelKey?
    private var compression: KernelKey?
    private var encapsulation: KernelEncapsulation?
    private var label: SADBSecurityContext?
    /// Whether it has an algorithm of any kind.
    private(set) var isKeyed = false

    /// Reads NEWSA's payload; nil for a family that PF_KEY has no form for.
    init?(_ payload: Span<UInt8>) throws(WireError) {
        var rest = payload
        let record = try StateRecord(&rest)
        try self.init(record, attributes: rest)
    }

    init?(_ record: StateRecord, attributes: Span<UInt8>) throws(WireError) {
        guard let family = AddressFamily(kernelNumber: record.family) else { return nil }
        self.record = record
        self.family = family
        try attributes.forEachNetlinkAttribute { type, value throws(WireError) in try take(type, value) }
    }

    private mutating func take(_ type: UInt16, _ value: Span<UInt8>) throws(WireError) {
        var value = value
        switch type {
        case XFRMAttribute.authentication: integrity = try KernelKey(&value)
        case XFRMAttribute.encryption: cipher = try KernelKey(&value)
        case XFRMAttribute.compression: compression = try KernelKey(&value)
        case XFRMAttribute.encapsulation: encapsulation = try KernelEncapsulation(&value)
        case XFRMAttribute.securityContext: label = try SADBSecurityContext(kernel: &value)
        default: break
        }
        switch type {
        case XFRMAttribute.authentication, XFRMAttribute.encryption, XFRMAttribute.compression,
            XFRMAttribute.aead, XFRMAttribute.truncatedAuthentication:
            isKeyed = true
        default: break
        }
    }

    /// What finds it again.
    var key: KernelAssociationKey {
        KernelAssociationKey(
            destination: record.destination, spi: record.spi.value, protocolNumber: record.protocolNumber)
    }

    var satype: SADBSatype { SADBSatype(protocolNumber: record.protocolNumber) }

    /// What a report that tells no algorithms leaves out.
    var traits: KernelAssociationTraits {
        get {
            KernelAssociationTraits(
                numbers: numbers, encapsulation: encapsulation, label: label, sequence: record.acquireSequence
            )
        }
    }

    private var numbers: KernelAssociationTraits.Numbers {
        KernelAssociationTraits.Numbers(
            integrity: integrity.flatMap { KernelAlgorithm.integrity.named($0.name)?.number } ?? 0,
            encryption: cipher.map { KernelAlgorithm.encryption.named($0.name)?.number ?? 0 }
                ?? compression.flatMap { KernelAlgorithm.compression.named($0.name)?.number } ?? 0)
    }

    /// Whether it reached a soft limit; of octets and packets the kernel takes notice with the next packet alone.
    ///
    /// - Parameter now: seconds since 1970.
    func isPastSoftLimit(at now: UInt64) -> Bool {
        let (limits, usage) = (record.limits, record.usage)
        return usage.traffic.bytes >= limits.softBytes || usage.traffic.packets >= limits.softPackets
            || Self.isPast(limits.softTime, since: usage.added, now)
            || Self.isPast(limits.softUseTime, since: usage.firstUsed, now)
    }

    private static func isPast(_ limit: UInt64, since start: UInt64, _ now: UInt64) -> Bool {
        limit != 0 && start != 0 && now >= start && now - start >= limit
    }

    /// The extensions by which PF_KEY shows an SA with all there is to it.
    ///
    /// - Parameter state: as `sadb_sa_state` counts.
    /// - Throws: for a mode that PF_KEY has no number for.
    func whole(_ state: UInt8) throws(SADBError) -> [SADBExtension] {
        try form(state, traits, [hard, soft], keys: keys)
    }

    /// The extensions of a report of a limit.
    func expiry(isHard: Bool, _ remembered: KernelAssociationTraits?, state: UInt8) throws(SADBError)
        -> [SADBExtension]
    {
        try form(state, remembered ?? traits, [isHard ? hard : soft], keys: [])
    }

    private func form(
        _ state: UInt8, _ traits: KernelAssociationTraits, _ limits: [SADBExtension], keys: [SADBExtension]
    ) throws(SADBError) -> [SADBExtension] {
        guard let mode = KernelMode.number(kernel: record.modeNumber) else {
            throw SADBError(
                .unsupported, .invalid, "PF_KEY has no number for the kernel's mode \(record.modeNumber).")
        }
        let association = SADBAssociation(
            spi: record.spi.value, replay: record.plainReplayWindow, state: state,
            authentication: traits.numbers.integrity, encryption: traits.numbers.encryption,
            flags: KernelFlags.flags(kernel: record.flags))
        var extensions: [SADBExtension] = [.association(association)]
        extensions += limits
        extensions += [current, address(.source, record.source), address(.destination, record.destination)]
        extensions += proxy + keys
        extensions.append(.association2(SADBAssociation2(mode: mode, requestID: record.requestID)))
        if let encapsulation = traits.encapsulation { extensions += encapsulation.extensions }
        if let label = traits.label { extensions.append(.securityContext(label)) }
        return extensions
    }

    private var hard: SADBExtension { .lifetime(.hard, SADBLifetime(hardOf: record.limits)) }
    private var soft: SADBExtension { .lifetime(.soft, SADBLifetime(softOf: record.limits)) }
    private var current: SADBExtension { .lifetime(.current, SADBLifetime(record.usage)) }

    private func address(_ role: SADBAddress.Role, _ address: KernelAddress) -> SADBExtension {
        .address(role, SADBAddress(host: address.address(family)))
    }

    /// Told where the selector's source is another address than the SA's, which it is too where there is no selector.
    private var proxy: [SADBExtension] {
        let selector = record.selector
        let source = selector.source.address(family)
        guard source != record.source.address(family) else { return [] }
        return [
            .address(
                .proxy,
                SADBAddress(
                    upperProtocol: KernelSelector.number(pfkeyOf: selector.upperProtocol),
                    prefixLength: selector.sourceLength,
                    endpoint: SADBSocketAddress(source, port: selector.sourcePort)))
        ]
    }

    /// Linux tells no keys of length 0.
    private var keys: [SADBExtension] {
        [(SADBKey.Role.authentication, integrity), (.encryption, cipher)].compactMap { role, key in
            guard let key, key.key.count > 0 else { return nil }
            return .key(role, SADBKey(key.key, bits: UInt16(truncatingIfNeeded: key.bits)))
        }
    }
}

/// What finds an SA: xfrm_id.
struct KernelAssociationKey: Hashable {
    var destination: KernelAddress
    var spi: UInt32
    var protocolNumber: UInt8
}

/// xfrm_algo: an algorithm's name and a key.
struct KernelKey {
    let name: String
    let bits: UInt32
    let key: SecretKey

    init(_ value: inout Span<UInt8>) throws(WireError) {
        let text = try value.takeBytes(XFRMValue.algorithmNameSize).prefix { $0 != 0 }
        name = String(decoding: text, as: UTF8.self)
        bits = try value.takeHostUInt32()
        let count = (Int(bits) + 7) / 8
        guard count <= value.count else { throw .truncated(needed: count, available: value.count) }
        key = SecretKey(SecretBytes(copying: value.extracting(first: count)))
    }
}

/// xfrm_encap_tmpl as far as PF_KEY shows it.
struct KernelEncapsulation: Hashable {
    let type: UInt16
    let sourcePort: UInt16
    let destinationPort: UInt16

    init(_ value: inout Span<UInt8>) throws(WireError) {
        type = try value.takeHostUInt16()
        sourcePort = try value.takeUInt16()
        destinationPort = try value.takeUInt16()
    }

    var extensions: [SADBExtension] {
        guard type != 0 else { return [] }
        return [
            .natTraversalType(UInt8(truncatingIfNeeded: type)), .natTraversalPort(.source, sourcePort),
            .natTraversalPort(.destination, destinationPort),
        ]
    }
}
