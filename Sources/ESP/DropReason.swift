/// Why a packet was dropped: one counter and one sentence each.
package enum DropReason: String, Error, Hashable, Sendable, CaseIterable {
    // Any packet
    case truncatedHeader = "truncated_header"
    case badVersion = "bad_version"
    case badLength = "bad_length"
    case noRoom = "no_room"
    case lifetimeExpired = "lifetime_expired"
    case badFragment = "bad_fragment"
    case overlappingFragments = "overlapping_fragments"
    // Outbound
    case mayNotBeFragmented = "may_not_be_fragmented"
    case pathTooNarrow = "path_too_narrow"
    case fragmentInTransportMode = "fragment_in_transport_mode"
    case tooLarge = "too_large"
    case sequenceExhausted = "sequence_exhausted"
    case sourceRouted = "source_routed"
    // Inbound
    case notESP = "not_esp"
    case notAH = "not_ah"
    case notIPComp = "not_ipcomp"
    case outerFragment = "outer_fragment"
    case tooShort = "too_short"
    case partialBlock = "partial_block"
    case sequenceZero = "sequence_zero"
    case replayed = "replayed"
    case tooOld = "too_old"
    case integrityFailed = "integrity_failed"
    case badPadding = "bad_padding"
    case wrongNextHeader = "wrong_next_header"
    case badInnerPacket = "bad_inner_packet"
    case congestionMarkLost = "congestion_mark_lost"
    case tooDeep = "too_deep"
    case badCompression = "bad_compression"
    case decompressedTooLong = "decompressed_too_long"
    case selectorMismatch = "selector_mismatch"
    case dummy = "dummy"

    /// The counter's name, in statistics and man page.
    package var counterName: String { rawValue }

    /// Whether it happens between honest peers and is worth no line in a log.
    package var isExpected: Bool { self == .dummy }

    /// What happened, for a person.
    package var sentence: String {
        switch self {
        case .truncatedHeader: "The packet ends inside an IP or extension header."
        case .badVersion: "The packet is neither IPv4 nor IPv6."
        case .badLength: "A length in an IP or UDP header contradicts the size of the packet."
        case .noRoom: "The buffer has no room for the headers that ESP adds."
        case .lifetimeExpired: "The security association has reached its hard lifetime."
        case .badFragment: "A fragment is empty, uneven, or reaches beyond the end of its packet."
        case .overlappingFragments: "Fragments of one packet overlap and differ, as only an attacker's do."
        case .mayNotBeFragmented:
            "The packet is longer than the path takes and may not be fragmented; its sender is told."
        case .pathTooNarrow: "The path takes packets so short that no payload fits into a fragment."
        case .fragmentInTransportMode:
            "A fragment cannot be protected in transport or BEET mode; tunnel mode can."
        case .tooLarge: "The protected packet would be longer than an IP packet can be."
        case .sequenceExhausted: "The security association has used all its sequence numbers."
        case .notESP: "The packet is not ESP, or a keepalive or IKE message in the ESP port."
        case .notAH: "The packet is not AH."
        case .notIPComp: "The packet is not IPComp, nor a tunnel's packet that was not worth compressing."
        case .sourceRouted: "AH cannot foresee how the stops of this source route will change the packet."
        case .outerFragment: "A fragment of an ESP packet arrived that nobody reassembled."
        case .tooShort: "The ESP packet is too short for its algorithms."
        case .partialBlock: "The encrypted part does not fill whole cipher blocks."
        case .sequenceZero: "Sequence number 0 is never sent."
        case .replayed: "A packet with this sequence number was received before."
        case .tooOld: "The sequence number lies before the replay window."
        case .integrityFailed: "The integrity check failed: altered on the way, or another key."
        case .badPadding: "The padding is not 1, 2, 3 and so on, or longer than the packet."
        case .wrongNextHeader: "A tunnel carried something that is not an IP packet."
        case .badInnerPacket: "The decrypted packet has a malformed IP header."
        case .congestionMarkLost:
            "A router marked congestion on a packet whose sender does not understand the mark."
        case .tooDeep: "The packet is wrapped in more security associations than are allowed."
        case .badCompression: "The compressed octets are not one whole DEFLATE stream."
        case .decompressedTooLong: "The decompressed packet would be longer than an IP packet can be."
        case .selectorMismatch: "The packet is not one this security association is for."
        case .dummy: "A dummy packet, sent by the peer to hide traffic (RFC 4303 section 2.6)."
        }
    }
}
