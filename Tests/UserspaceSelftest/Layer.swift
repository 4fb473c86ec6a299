import Algorithms
import IPsec
import KeyMaterial

/// One of the SAs that packets of a scenario go through.
struct Layer: Sendable {
    let `protocol`: SecurityProtocol
    let mode: EncapsulationMode
    let place: UInt32
    /// How far its ends' addresses are from those of the command line.
    let distance: UInt32

    /// Reads `ah/tunnel`, or `ah/tunnel@10` for one between addresses that are 10 further; a mode alone is one of ESP.
    init(_ text: Substring, place: Int) throws {
        let parts = text.split(separator: "@")
        guard let text = parts.first, parts.count <= 2,
            let distance = UInt32(parts.count > 1 ? parts[1] : "0")
        else { throw Usage() }
        self.distance = distance
        let words = text.split(separator: "/").map(String.init)
        let protocols: [String: SecurityProtocol] = ["esp": .esp, "ah": .ah, "ipcomp": .ipcomp]
        guard let last = words.last, let mode = EncapsulationMode(rawValue: last),
            let known = words.count == 1 ? .esp : protocols[words[0]]
        else { throw Usage() }
        self.protocol = known
        self.mode = mode
        self.place = UInt32(place)
    }
}

extension Scenario {
    /// The innermost first.
    func associations(_ direction: Direction) -> [SecurityAssociation] {
        layers.map { layer in
            var association = association(direction)
            association.mode = layer.mode
            association.requestID = requestID + layer.place
            association.source = association.source.advanced(by: layer.distance)
            if layer.mode == .beet { association.selector = selector(isOut: direction == .outbound) }
            if isExtended, layer.protocol != .ipcomp { association.usesExtendedSequenceNumbers = true }
            let spi = association.id.spi.value + layer.place << 20
            association.id = SecurityAssociationID(
                destination: association.id.destination.advanced(by: layer.distance),
                protocol: layer.protocol,
                spi: SPI(layer.protocol == .ipcomp ? spi & 0xff | 0x1000 : spi))
            switch layer.protocol {
            case .esp: break
            case .ah: association.transform = Self.authentication
            case .ipcomp: association.compression = .deflate
            }
            return association
        }
    }

    private static var authentication: ESPTransform {
        ESPTransform(
            encryption: CipherChoice(.null), encryptionKey: SecretKey(copying: []), integrity: .hmacSHA256,
            integrityKey: SecretKey(copying: Array(repeating: 0x44, count: 32)))
    }

    func templates(from source: IPAddress, to destination: IPAddress) -> [PolicyTemplate] {
        layers.map { layer in
            PolicyTemplate(
                protocol: layer.protocol, mode: layer.mode,
                tunnelSource: layer.mode == .transport ? nil : source.advanced(by: layer.distance),
                tunnelDestination: layer.mode == .transport ? nil : destination.advanced(by: layer.distance),
                level: .unique(requestID: requestID + layer.place))
        }
    }

    func selector(isOut: Bool) -> Selector {
        Selector(source: isOut ? localNet : remoteNet, destination: isOut ? remoteNet : localNet)
    }
}

extension IPAddress {
    fileprivate func advanced(by distance: UInt32) -> IPAddress {
        IPAddress(family: family, value: value + UInt128(distance))
    }
}
