package import CaptureFile
package import ESP
package import IPsec

/// What became of one layer of protection of one captured packet, or why there is none to look into.
package struct Finding: Sendable {
    /// The packet's record in the capture, from 1.
    package let record: UInt64
    package let time: CaptureTime?
    /// 0 for the packet as captured, 1 for the packet inside its first layer, and so on.
    package let depth: Int
    /// Of the IP header around the layer.
    package let source: IPAddress
    package let destination: IPAddress
    /// Of the UDP header before it; nil without one.
    package let ports: PacketFlow.Ports?
    package let what: What

    package enum What: Sendable {
        case sealed(SealedFinding)
        /// One octet 255 in the ESP port (RFC 3948 section 2.3).
        case keepalive
        /// The non-ESP marker in the ESP port.
        case ike
        /// A piece of a protected packet, kept until the others come.
        case fragment
        /// The snap length kept so many octets from the file.
        case cut(missing: Int)
        case malformed(DropReason)
    }
}

/// One ESP, AH or IPComp packet.
package struct SealedFinding: Sendable {
    package let `protocol`: SecurityProtocol
    package let spi: SPI
    /// All 64 bits with extended sequence numbers, as far as they are known; nil for IPComp.
    package var sequence: UInt64?
    package var verdict: Verdict
    /// nil unless the packet is genuine and numbered.
    package var replay: ReplayVerdict?
    /// Numbers that are missing right before this one.
    package var gap: UInt64 = 0
    package var inside: Inside?
    package var resealing: Resealing?
    /// What to check: said once for an SA whose first packet is not genuine.
    package var advice: String?

    package enum Verdict: Hashable, Sendable {
        case good
        case bad
        /// The SA has no integrity check.
        case unchecked
        /// No SA is for this packet; a sentence where one nearly is.
        case unknown(String?)
        /// The SA is one that the engine cannot use; why.
        case unusable(String)
        /// It does not get as far as the integrity check.
        case refused(DropReason)
    }

    package enum ReplayVerdict: String, Hashable, Sendable {
        case ok
        case replayed
        case tooOld = "too_old"
    }

    package enum Inside: Hashable, Sendable {
        case packet(PacketFlow, count: Int)
        /// Traffic flow confidentiality: nothing.
        case dummy
        /// Genuine, but a receiver drops it.
        case refused(DropReason)
    }

    /// How the packet that our engine seals with the same IV and number compares with the captured one.
    package enum Resealing: Hashable, Sendable {
        case identical
        /// Octets that are the same before the first that is not, counted from the SPI.
        case differs(at: Int)
    }

    /// Whether a receiver with this SA takes the packet; nil where there is no such SA.
    package var isAccepted: Bool? {
        switch verdict {
        case .unknown, .unusable: return nil
        case .bad, .refused: return false
        case .good, .unchecked: break
        }
        if case .differs = resealing { return false }
        if case .refused = inside { return false }
        return replay == nil || replay == .ok
    }
}
