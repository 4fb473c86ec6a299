import Algorithms
import IPsec
import Netlink
import Wire

/// Security associations to and from xfrm_usersa_info and its attributes.
enum StateMessages {
    /// NEWSA.
    static func add(
        _ association: SecurityAssociation, traits: KernelTraits
    ) throws(DatabaseFailure) -> NetlinkRequest {
        try message(XFRMMessage.newState, association, sequence: association.acquireSequence, traits)
    }

    /// UPDSA: of a mature SA it changes the lifetime and the ports of the encapsulation, nothing else.
    static func update(
        _ association: SecurityAssociation, traits: KernelTraits
    ) throws(DatabaseFailure) -> NetlinkRequest {
        try message(XFRMMessage.updateState, association, sequence: 0, traits)
    }

    /// DELSA.
    static func delete(_ id: SecurityAssociationID) -> NetlinkRequest {
        var request = NetlinkRequest(type: XFRMMessage.deleteState)
        request.put(id)
        return request
    }

    /// GETSA.
    static func get(_ id: SecurityAssociationID) -> NetlinkRequest {
        var request = NetlinkRequest(type: XFRMMessage.getState)
        request.put(id)
        return request
    }

    private static func message(
        _ type: UInt16, _ association: SecurityAssociation, sequence: UInt32, _ traits: KernelTraits
    ) throws(DatabaseFailure) -> NetlinkRequest {
        try check(association)
        let replay = ReplaySettings(association, traits)
        var request = NetlinkRequest(type: type)
        // The kernel's own selector of everything has no family; the flag says that it means both.
        let matchesAll = association.selector == nil && association.mode != .transport
        request.put(association.selector)
        request.putID(
            association.id.destination, spi: association.id.spi.value, protocol: association.id.protocol)
        request.put(association.source)
        request.put(association.lifetime)
        request.putZeros(12)
        request.put(sequence)
        request.put(association.requestID)
        request.put(association.id.destination.family.kernelNumber)
        request.put(association.mode.kernelNumber)
        request.put(replay.plainWindow)
        request.put(
            (matchesAll ? XFRMStateFlag.anyFamily : 0)
                | (association.usesExtendedSequenceNumbers ? XFRMStateFlag.extendedSequenceNumbers : 0))
        request.putZeros(7)
        try AlgorithmAttributes.put(association.transform, into: &request)
        putEncapsulation(association.encapsulation, into: &request)
        replay.put(into: &request)
        if traits.knowsDirection {
            request.putAttribute(XFRMAttribute.direction) { attribute in
                attribute.put(association.direction == .inbound ? XFRMValue.inbound : XFRMValue.outbound)
            }
        }
        return request
    }

    private static func check(_ association: SecurityAssociation) throws(DatabaseFailure) {
        guard association.id.protocol == .esp else {
            throw DatabaseFailure(.unsupported, "only ESP can be put into the kernel, not \(association.id)")
        }
        guard association.source.family == association.id.destination.family else {
            throw DatabaseFailure(
                .other, "\(association.id) comes from \(association.source), an address of the other family")
        }
    }

    /// xfrm_encap_tmpl; the ports are as on the wire.
    private static func putEncapsulation(
        _ encapsulation: UDPEncapsulation?, into request: inout NetlinkRequest
    ) {
        guard let encapsulation else { return }
        request.putAttribute(XFRMAttribute.encapsulation) { attribute in
            attribute.put(XFRMValue.espInUDP)
            attribute.putNetworkOrder(encapsulation.sourcePort)
            attribute.putNetworkOrder(encapsulation.destinationPort)
            attribute.putZeros(2)
            attribute.putZeros(16)
        }
    }
}

/// How an SA's replay check is told to the kernel.
struct ReplaySettings: Hashable {
    /// The window of the SA's own structure, for what fits it.
    var plainWindow: UInt8 = 0
    /// The window of the attribute that takes a wider one, and its bitmap in words of 32 bits; nil for no attribute.
    var wideWindow: UInt32?
    var bitmapWords: UInt32 = 0

    init(plainWindow: UInt8 = 0, wideWindow: UInt32? = nil, bitmapWords: UInt32 = 0) {
        self.plainWindow = plainWindow
        self.wideWindow = wideWindow
        self.bitmapWords = bitmapWords
    }

    init(_ association: SecurityAssociation, _ traits: KernelTraits) {
        let isExtended = association.usesExtendedSequenceNumbers
        switch association.direction {
        case .outbound:
            // Kernels that know directions refuse a window here; the others demand one.
            let demanded = traits.knowsDirection ? 0 : XFRMValue.plainReplayWindowLimit
            self = isExtended ? ReplaySettings(wide: demanded) : ReplaySettings()
        case .inbound:
            let window = min(association.replayWindow, XFRMValue.replayWindowLimit)
            if isExtended {
                // The window also finds the high half of the sequence number: there has to be one.
                self.init(wide: max(window, XFRMValue.plainReplayWindowLimit))
            } else if window > XFRMValue.plainReplayWindowLimit {
                self.init(wide: window)
            } else {
                self.init(plainWindow: UInt8(window))
            }
        }
    }

    private init(wide window: UInt32) {
        wideWindow = window
        bitmapWords = (window + 31) / 32
    }

    /// Appends xfrm_replay_state_esn, where one is needed.
    func put(into request: inout NetlinkRequest) {
        guard let wideWindow else { return }
        request.putAttribute(XFRMAttribute.replayState) { attribute in
            attribute.put(bitmapWords)
            attribute.putZeros(16)
            attribute.put(wideWindow)
            attribute.putZeros(4 * Int(bitmapWords))
        }
    }
}
