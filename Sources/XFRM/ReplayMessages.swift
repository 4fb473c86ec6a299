package import IPsec
import Netlink
import Wire

/// How far an SA's sequence numbers have come (xfrm_aevent_id), as high availability hands it from host to host.
package struct ReplayReport: Hashable, Sendable {
    package var key: SADKey
    package var source: IPAddress
    package var requestID: UInt32 = 0
    /// nil in a request that leaves it as it is; the window is the SA's own.
    package var replay: SADEntry.ReplayProtection?
    /// nil in a request that leaves it as it is.
    package var usage: EntryUsage?
    /// How far the position moves between two reports, packets.
    package var replayThreshold: UInt32?
    /// How long at most between two reports, in units of 100 ms.
    package var timerThreshold: UInt32?
    package var causes: Set<Cause> = []

    /// Why the kernel reports.
    package enum Cause: UInt32, Hashable, Sendable, CaseIterable {
        /// The position moved as far as the threshold.
        case moved = 16
        /// Time passed.
        case timer = 32
        /// Somebody set it.
        case set = 64
    }

    package init(_ key: SADKey, source: IPAddress) {
        self.key = key
        self.source = source
    }
}

extension ReplayReport: CustomStringConvertible {
    /// `replay position of esp 0x00001001 to 192.0.2.2: sent 5, received 7`.
    package var description: String {
        let sequences = replay.map { "sent \($0.outboundSequence), received \($0.inboundSequence)" }
        return "replay position of \(key.id): \(sequences ?? "not told")"
    }
}

/// NEWAE and GETAE.
enum ReplayMessages {
    private static let wantsReplayThreshold: UInt32 = 1
    private static let wantsTimerThreshold: UInt32 = 8

    /// GETAE, thresholds included.
    static func get(_ key: SADKey, source: IPAddress) -> NetlinkRequest {
        var request = NetlinkRequest(type: XFRMMessage.getReplayPosition)
        put(
            ReplayReport(key, source: source), flags: wantsReplayThreshold | wantsTimerThreshold,
            into: &request)
        request.put(key.mark)
        return request
    }

    /// NEWAE, which changes what the report has.
    static func set(_ report: ReplayReport) throws(DatabaseFailure) -> NetlinkRequest {
        guard
            report.replay != nil || report.usage != nil || report.replayThreshold != nil
                || report.timerThreshold != nil
        else { throw DatabaseFailure(.other, "nothing is to be changed of \(report.key.id)") }
        var request = NetlinkRequest(type: XFRMMessage.newReplayPosition, flags: NetlinkFlag.replace)
        put(report, flags: 0, into: &request)
        if let replay = report.replay {
            if replay.isWide { request.put(replay) } else { request.putPlain(replay) }
        }
        if let usage = report.usage { request.put(usage) }
        request.putAttribute(XFRMAttribute.replayThreshold, report.replayThreshold)
        request.putAttribute(XFRMAttribute.timerThreshold, report.timerThreshold)
        request.put(report.key.mark)
        return request
    }

    /// Appends xfrm_aevent_id.
    private static func put(_ report: ReplayReport, flags: UInt32, into request: inout NetlinkRequest) {
        request.put(report.key.id)
        request.put(report.source)
        request.put(flags)
        request.put(report.requestID)
    }
}

extension ReplayReport {
    /// Reads NEWAE; nil for an SA of a protocol or family that is not ours.
    init?(kernel payload: Span<UInt8>) throws(WireError) {
        var rest = payload
        guard let id = try rest.takeKernelStateID() else { return nil }
        let source = try rest.takeKernelAddress().address(id.destination.family)
        let flags = try rest.takeHostUInt32()
        self.init(SADKey(id), source: source)
        requestID = try rest.takeHostUInt32()
        causes = Set(Cause.allCases.filter { flags & $0.rawValue != 0 })
        try rest.forEachNetlinkAttribute { type, value throws(WireError) in
            var value = value
            switch type {
            case XFRMAttribute.replayState:
                var wide = try value.takeKernelReplayState()
                // A narrow window is told in this form only where sequence numbers are long.
                wide.usesExtendedSequenceNumbers = wide.window <= XFRMValue.plainReplayWindowLimit
                replay = wide
            case XFRMAttribute.replayValue: replay = try value.takeKernelReplayValue()
            case XFRMAttribute.usage: usage = try value.takeKernelUsage()
            case XFRMAttribute.replayThreshold: replayThreshold = try value.takeHostUInt32()
            case XFRMAttribute.timerThreshold: timerThreshold = try value.takeHostUInt32()
            case XFRMAttribute.mark: key.mark = try value.takeKernelMark()
            default: break
            }
        }
    }
}

extension Span where Element == UInt8 {
    /// Takes xfrm_usersa_id; nil for a protocol or family that is not ours.
    mutating func takeKernelStateID() throws(WireError) -> SecurityAssociationID? {
        let destination = try takeKernelAddress()
        let spi = SPI(try takeUInt32())
        let family = AddressFamily(kernelNumber: try takeHostUInt16())
        let kind = SecurityProtocol(rawValue: try takeUInt8())
        try skip(1)
        guard let family, let kind else { return nil }
        return SecurityAssociationID(destination: destination.address(family), protocol: kind, spi: spi)
    }
}
