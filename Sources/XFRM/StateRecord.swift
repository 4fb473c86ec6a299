import Algorithms
import IPsec
import KeyMaterial
import Netlink
import Wire

/// An SA as the kernel tells it: xfrm_usersa_info, and the attributes that follow.
struct StateRecord {
    static let size = 224

    var selector: KernelSelector
    var destination: KernelAddress
    var spi: SPI
    var protocolNumber: UInt8
    var source: KernelAddress
    var lifetime: Lifetime
    var usage: SecurityAssociationUsage
    var acquireSequence: UInt32
    var requestID: UInt32
    var family: UInt16
    var modeNumber: UInt8
    var plainReplayWindow: UInt8
    var flags: UInt8

    /// Reads the structure, leaving the attributes.
    init(_ payload: inout Span<UInt8>) throws(WireError) {
        selector = try payload.takeKernelSelector()
        destination = try payload.takeKernelAddress()
        spi = SPI(try payload.takeUInt32())
        protocolNumber = try payload.takeUInt8()
        try payload.skip(3)
        source = try payload.takeKernelAddress()
        lifetime = try payload.takeKernelLifetime()
        usage = try payload.takeKernelUsage()
        try payload.skip(12)
        acquireSequence = try payload.takeHostUInt32()
        requestID = try payload.takeHostUInt32()
        family = try payload.takeHostUInt16()
        modeNumber = try payload.takeUInt8()
        plainReplayWindow = try payload.takeUInt8()
        flags = try payload.takeUInt8()
        try payload.skip(7)
    }

    /// Nil for a larval SA and for protocols that are not ours.
    var id: SecurityAssociationID? {
        guard spi.value != 0, let family = AddressFamily(kernelNumber: family),
            let kind = SecurityProtocol(rawValue: protocolNumber)
        else { return nil }
        return SecurityAssociationID(destination: destination.address(family), protocol: kind, spi: spi)
    }
}

/// The attributes of an SA that our form can say.
private struct StateAttributes {
    var encryption: AlgorithmAttributes.Reading?
    var integrity: AlgorithmAttributes.Reading?
    var encapsulation: UDPEncapsulation?
    var wideReplayWindow: UInt32?
    var direction: Direction?

    init(_ payload: Span<UInt8>) throws(WireError) {
        try payload.forEachNetlinkAttribute { type, value throws(WireError) in
            var value = value
            switch type {
            case XFRMAttribute.aead:
                encryption = try AlgorithmAttributes.read(value, hasICVLength: true)
            case XFRMAttribute.encryption:
                encryption = try AlgorithmAttributes.read(value, hasICVLength: false)
            case XFRMAttribute.truncatedAuthentication:
                integrity = try AlgorithmAttributes.read(value, hasICVLength: true)
            case XFRMAttribute.encapsulation:
                try value.skip(2)
                encapsulation = UDPEncapsulation(
                    sourcePort: try value.takeUInt16(), destinationPort: try value.takeUInt16())
            case XFRMAttribute.replayState:
                try value.skip(20)
                wideReplayWindow = try value.takeHostUInt32()
            case XFRMAttribute.direction:
                direction = try value.takeUInt8() == XFRMValue.inbound ? .inbound : .outbound
            default: break
            }
        }
    }

    /// Nil where the catalogue lacks an algorithm or its ICV has another length.
    var transform: ESPTransform? {
        guard let encryption,
            let cipher = Catalogue.encryption(xfrm: encryption.name, icvBits: encryption.icvBits)
        else { return nil }
        let keyBits = (encryption.key.count - cipher.saltSize) * 8
        guard cipher.keyLengths.contains(keyBits) else { return nil }
        let choice = CipherChoice(cipher, keyBits: keyBits)
        guard let integrity else {
            return ESPTransform(
                encryption: choice, encryptionKey: encryption.key, integrity: nil, integrityKey: nil)
        }
        guard let icvBits = integrity.icvBits,
            let algorithm = Catalogue.integrity(xfrm: integrity.name, icvBits: icvBits)
        else { return nil }
        return ESPTransform(
            encryption: choice, encryptionKey: encryption.key, integrity: algorithm,
            integrityKey: integrity.key)
    }
}

extension SecurityAssociation {
    /// Reads an SA from a NEWSA message's payload; nil for a larval one and for what our form cannot say.
    ///
    /// - Parameter direction: what to assume where the kernel does not tell (before Linux 6.10).
    init?(kernel payload: Span<UInt8>, assuming direction: Direction) throws(WireError) {
        var rest = payload
        let record = try StateRecord(&rest)
        let attributes = try StateAttributes(rest)
        guard let id = record.id, let mode = EncapsulationMode(kernelNumber: record.modeNumber),
            let transform = attributes.transform
        else { return nil }
        let selectsAll =
            record.selector.destinationLength == 0 && record.selector.sourceLength == 0
            && record.selector.upperProtocol == 0
        self.init(
            id: id, source: record.source.address(id.destination.family),
            direction: attributes.direction ?? direction, mode: mode, requestID: record.requestID,
            selector: selectsAll ? nil : record.selector.selector, transform: transform,
            encapsulation: attributes.encapsulation,
            replayWindow: attributes.wideReplayWindow ?? UInt32(record.plainReplayWindow),
            usesExtendedSequenceNumbers: record.flags & XFRMStateFlag.extendedSequenceNumbers != 0,
            lifetime: record.lifetime, acquireSequence: record.acquireSequence)
    }
}
