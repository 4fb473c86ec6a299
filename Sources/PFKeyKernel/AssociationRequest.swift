import IPsec
package import Netlink
package import PFKey
import XFRM

/// A request about an SA, as the kernel's messages.
///
/// What is checked here, and in which order, is what Linux's own PF_KEY socket checks before it asks the SAD.
package struct AssociationRequest {
    let message: SADBMessage
    let dialect: SADBDialect

    package init(message: SADBMessage, dialect: SADBDialect) {
        self.message = message
        self.dialect = dialect
    }

    private var header: SADBHeader { message.header }

    /// The addresses, which must both be there and of one family.
    private func ends() throws(SADBError) -> (source: IPAddress, destination: IPAddress) {
        guard let source = message.address(.source)?.address,
            let destination = message.address(.destination)?.address, source.family == destination.family
        else { throw .refusal(.invalid, "Two addresses of one family are needed.") }
        return (source, destination)
    }

    private func protocolNumber() throws(SADBError) -> UInt8 {
        guard let number = header.satype.protocolNumber else {
            throw .refusal(.invalid, "SA type \(header.satype.value) is none of IPsec's.")
        }
        return number
    }

    /// DELSA or GETSA; a kind of SA that is none of IPsec's cannot be found.
    package func lookUp(_ type: UInt16) throws(SADBError) -> NetlinkRequest {
        guard let association = message.association else { throw .refusal(.invalid, "The SPI is missing.") }
        let destination = try ends().destination
        guard let kind = header.satype.protocol else {
            throw .refusal(.noAssociation, "There are no SAs of type \(header.satype.value).")
        }
        var request = NetlinkRequest(type: type)
        request.put(
            SecurityAssociationID(destination: destination, protocol: kind, spi: SPI(association.spi)))
        return request
    }

    /// ALLOCSPI.
    package func larval() throws(SADBError) -> NetlinkRequest {
        let ends = try ends()
        let number = try protocolNumber()
        let mode = try KernelMode.kernel(number: message.association2?.mode ?? 0)
        var request = NetlinkRequest(type: XFRMMessage.allocateSPI, capacity: 256)
        request.putZeros(KernelSize.selector)
        putIdentity(ends, spi: 0, number, into: &request)
        request.putLimits(KernelLimits(hard: nil, soft: nil))
        putRest(ends.source.family, mode, replay: 0, flags: 0, into: &request)
        let range = message.spiRange ?? SADBSPIRange(0x100...0x0fff_ffff)
        request.put(range.minimum)
        request.put(range.maximum)
        return request
    }

    /// NEWSA or UPDSA.
    package func whole(_ type: UInt16) throws(SADBError) -> NetlinkRequest {
        guard let association = message.association else { throw .refusal(.invalid, "The SPI is missing.") }
        let ends = try ends()
        let number = try protocolNumber()
        try checkKeys(association)
        var attributes = NetlinkRequest(type: type, capacity: 1024)
        try putSelectorAndIdentity(ends, association, number, into: &attributes)
        attributes.putLimits(KernelLimits(hard: message.lifetime(.hard), soft: message.lifetime(.soft)))
        let algorithms = try algorithms(association)
        putRest(
            ends.source.family, try KernelMode.kernel(number: message.association2?.mode ?? 0),
            replay: min(association.replay, UInt8(XFRMValue.plainReplayWindowLimit)),
            flags: KernelFlags.kernel(flags: association.flags), into: &attributes)
        guard number != XFRMValue.anyIPsecProtocol else {
            throw .refusal(.noProtocol, "SA type 0 is no protocol that an SA could have.")
        }
        put(algorithms, into: &attributes)
        putEncapsulation(into: &attributes)
        attributes.putLabel(message.securityContext)
        return attributes
    }

    private func checkKeys(_ association: SADBAssociation) throws(SADBError) {
        let (integrityKey, cipherKey) = (message.key(.authentication), message.key(.encryption))
        guard header.satype != .esp || cipherKey != nil, header.satype != .ah || integrityKey != nil else {
            throw .refusal(.invalid, "The key is missing.")
        }
        guard (message.lifetime(.hard) == nil) == (message.lifetime(.soft) == nil) else {
            throw .refusal(.invalid, "Of the hard and the soft lifetime only one is there.")
        }
        let isCompression = header.satype == .ipcomp
        guard association.authentication <= KernelAlgorithm.maximumIntegrity,
            association.encryption
                <= (isCompression ? KernelAlgorithm.maximumCompression : KernelAlgorithm.maximumCipher)
        else { throw .refusal(.invalid, "There are no algorithms with numbers as high as these.") }
        guard integrityKey?.bits != 0 || association.authentication == KernelAlgorithm.nullIntegrity,
            cipherKey?.bits != 0 || association.encryption == KernelAlgorithm.nullCipher
        else { throw .refusal(.invalid, "A key has no bits.") }
    }

    /// The algorithms that are asked for; those that the kind of SA has no use for are left out.
    private struct Algorithms {
        var integrity: KernelAlgorithm?
        var cipher: KernelAlgorithm?
        var compression: KernelAlgorithm?
    }

    private func algorithms(_ association: SADBAssociation) throws(SADBError) -> Algorithms {
        let isCompression = header.satype == .ipcomp
        let integrity = try Self.algorithm(association.authentication, KernelAlgorithm.integrity)
        let other = try Self.algorithm(
            association.encryption, isCompression ? KernelAlgorithm.compression : KernelAlgorithm.encryption)
        return switch header.satype {
        case .ipcomp: Algorithms(compression: other)
        case .ah: Algorithms(integrity: integrity)
        default: Algorithms(integrity: integrity, cipher: other)
        }
    }

    private static func algorithm(
        _ number: UInt8, _ table: [KernelAlgorithm]
    ) throws(SADBError) -> KernelAlgorithm? {
        guard number != 0 else { return nil }
        guard let known = table.numbered(number) else {
            throw .refusal(.noAlgorithm, "There is no algorithm with the number \(number).")
        }
        return known
    }

    private func put(_ algorithms: Algorithms, into request: inout NetlinkRequest) {
        if let integrity = algorithms.integrity {
            let key = message.key(.authentication)
            let isWide = integrity.number == KernelAlgorithm.sha256 && !dialect.hasShortSHA256
            // Left to itself the kernel truncates as its PF_KEY socket does: SHA2-256 to 96 bits.
            request.putAlgorithm(
                isWide ? XFRMAttribute.truncatedAuthentication : XFRMAttribute.authentication, integrity.name,
                key, truncation: isWide ? 128 : nil)
        }
        if let cipher = algorithms.cipher {
            request.putAlgorithm(XFRMAttribute.encryption, cipher.name, message.key(.encryption))
        }
        if let compression = algorithms.compression {
            request.putAlgorithm(XFRMAttribute.compression, compression.name, nil)
        }
    }
}

/// xfrm_usersa_info, piece by piece.
extension AssociationRequest {
    /// Of a proxy address Linux takes the network alone.
    private func putSelectorAndIdentity(
        _ ends: (source: IPAddress, destination: IPAddress), _ association: SADBAssociation,
        _ protocolNumber: UInt8, into request: inout NetlinkRequest
    ) throws(SADBError) {
        let proxy = message.address(.proxy)
        request.putZeros(16)
        request.put(proxy?.address)
        request.putZeros(8)
        request.put((proxy?.address ?? ends.source).family.kernelNumber)
        request.putZeros(1)
        request.put(proxy?.prefixLength ?? 0)
        request.putZeros(12)
        putIdentity(ends, spi: association.spi, protocolNumber, into: &request)
    }

    /// The xfrm_id and the source address.
    private func putIdentity(
        _ ends: (source: IPAddress, destination: IPAddress), spi: UInt32, _ protocolNumber: UInt8,
        into request: inout NetlinkRequest
    ) {
        request.put(ends.destination)
        request.putNetworkOrder(spi)
        request.put(protocolNumber)
        request.putZeros(3)
        request.put(ends.source)
    }

    /// What follows the limits: statistics, sequence, request ID, family, mode, window and flags.
    private func putRest(
        _ family: AddressFamily, _ mode: UInt8, replay: UInt8, flags: UInt8,
        into request: inout NetlinkRequest
    ) {
        request.putZeros(12)
        request.put(header.sequence)
        request.put(message.association2?.requestID ?? 0)
        request.put(family.kernelNumber)
        request.put(mode)
        request.put(replay)
        request.put(flags)
        request.putZeros(7)
    }

    private func putEncapsulation(into request: inout NetlinkRequest) {
        guard let type = message.natTraversalType else { return }
        request.putAttribute(XFRMAttribute.encapsulation) { attribute in
            attribute.put(UInt16(type))
            attribute.putNetworkOrder(message.port(.source) ?? 0)
            attribute.putNetworkOrder(message.port(.destination) ?? 0)
            attribute.putZeros(18)
        }
    }
}
