package import ESP

/// Why this plane dropped a packet: one counter and one sentence each.
package enum PacketDrop: Error, Hashable, Sendable {
    /// The ESP engine refused it.
    case engine(DropReason)
    case plane(PlaneDrop)

    /// The counter's name in statistics.
    package var counterName: String {
        switch self {
        case .engine(let reason): reason.counterName
        case .plane(let reason): reason.rawValue
        }
    }

    /// What happened, for a person.
    package var sentence: String {
        switch self {
        case .engine(let reason): reason.sentence
        case .plane(let reason): reason.sentence
        }
    }

    /// Every reason there is.
    package static let all: [PacketDrop] =
        DropReason.allCases.map(PacketDrop.engine) + PlaneDrop.allCases.map(PacketDrop.plane)
}

/// Why a packet was dropped outside the ESP engine.
package enum PlaneDrop: String, Hashable, Sendable, CaseIterable {
    // Outbound
    case noPolicy = "no_policy"
    case policyDiscards = "policy_discards"
    case malformedOffload = "malformed_offload"
    case queueFull = "queue_full"
    case negotiationTooSlow = "negotiation_too_slow"
    case noSocket = "no_socket"
    case notSent = "not_sent"
    // Both
    case workerBusy = "worker_busy"
    // Inbound
    case unknownSPI = "unknown_spi"
    case wrongEncapsulation = "wrong_encapsulation"
    case noInboundPolicy = "no_inbound_policy"
    case policyMismatch = "policy_mismatch"
    case truncated = "truncated"
    case notDelivered = "not_delivered"

    var sentence: String {
        switch self {
        case .noPolicy:
            "A link-local or multicast packet met no policy; such packets do not leave the device."
        case .policyDiscards: "The policy says discard."
        case .malformedOffload: "What the device said of the packet it handed over does not fit the packet."
        case .workerBusy: "Too many packets wait for the thread that owns their SA."
        case .queueFull: "Enough packets wait already for the SA that is being negotiated."
        case .negotiationTooSlow: "The packet waited for an SA that was not negotiated in time."
        case .noSocket: "There is no socket for the UDP port or address family of the SA."
        case .notSent: "The kernel refused to send the protected packet."
        case .unknownSPI: "No inbound SA has this SPI and destination address."
        case .wrongEncapsulation:
            "The SA is for ESP in UDP and the packet came without, or the other way round."
        case .noInboundPolicy: "No inbound policy covers the decrypted packet."
        case .policyMismatch:
            "The policy for the decrypted packet asks for another SA than the one that was used."
        case .truncated:
            "The packet, or its IPv6 extension headers, were longer than the room to receive them."
        case .notDelivered: "The kernel refused the decrypted packet."
        }
    }
}
