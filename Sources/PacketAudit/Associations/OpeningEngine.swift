internal import ESP
internal import IPsec

/// The engine's inbound side for one SA, with no window and no lifetime: every packet is looked at.
struct OpeningEngine: ~Copyable {
    private var esp: InboundSA?
    private var ah: InboundAHSA?
    private var ipcomp: InboundIPCompSA?

    /// - Throws: `unsupported` with a sentence, for what the engine does not do.
    init(_ association: SecurityAssociation) throws(DatabaseFailure) {
        switch association.id.protocol {
        case .esp: esp = try InboundSA(association)
        case .ah: ah = try InboundAHSA(association)
        case .ipcomp: ipcomp = try InboundIPCompSA(association)
        }
    }

    /// Opens the packet in place; the result is where the packet inside is.
    mutating func open(
        _ buffer: inout MutableSpan<UInt8>, _ packet: ProtectedPacket.Form
    ) throws(DropReason) -> OpenedPacket? {
        switch packet {
        case .esp(let packet): try esp?.open(&buffer, packet)
        case .ah(let packet): try ah?.open(&buffer, packet)
        case .ipcomp(let packet): try ipcomp?.open(&buffer, packet)
        }
    }
}

extension DropReason {
    /// Whether a packet that is refused for this was found genuine first.
    var followsIntegrityCheck: Bool { Self.afterIntegrityCheck.contains(self) }

    private static let afterIntegrityCheck: Set<DropReason> = [
        .dummy, .badPadding, .wrongNextHeader, .badInnerPacket, .congestionMarkLost, .selectorMismatch,
    ]
}
