/// The codes that are explained.
extension Explanation {
    /// In the order in which they are listed.
    package static let all = negotiation + protocolErrors + children + silence

    private static let negotiation = [
        Explanation(
            name: "NO_PROPOSAL_CHOSEN", number: 14,
            meaning: "the side that answers accepts none of the offered combinations of algorithms.",
            causes: [
                "The proposals of both sides have no cipher, integrity algorithm, PRF or group in common.",
                "The peer has no configuration for our address or identity, and says so in this way.",
                "For a child: one side asks for PFS with a group that the other does not have, or for ESN alone.",
                "For a child: one side wants transport mode and the other tunnel mode.",
            ],
            remedies: [
                "make the proposals on both sides the same",
                "If the peer called us, our log has a table of its nearest offer beside ours, with the line to change.",
                "If we called, our log lists what we offered; compare it with the peer's log or configuration.",
                "Look on the peer whether a connection for our address exists and is loaded.",
            ]),
        Explanation(
            name: "AUTHENTICATION_FAILED", number: 24,
            meaning: "one side does not believe who the other says it is; the message never says why.",
            causes: [
                "The pre-shared keys differ, often by a blank or a line end.",
                "The peer expects another identity than we send: an address where a name is meant, or the reverse.",
                "The peer wants a certificate where we have a key, or the reverse.",
                "A certificate is expired, revoked, not yet valid by a wrong clock, or of an unknown authority.",
            ],
            remedies: [
                "make my_identifier here, and the key or certificate, what the peer expects; its log says what differs",
                "Read the log of the side that refused: only there the reason is told.",
                "If we refused, our log and \"swiftikectl status\" name what came and what was expected.",
            ]),
        Explanation(
            name: "TS_UNACCEPTABLE", number: 38,
            meaning: "the side that answers protects none of the traffic that was asked for.",
            causes: [
                "The networks differ: local_net here is not the remote network there, or remote_net not the local one.",
                "One side has a wider or another prefix length, and narrowing leaves nothing.",
                "Protocol or port are restricted on one side.",
            ],
            remedies: [
                "make local_net and remote_net here the mirror image of the networks on the peer",
                "If the peer called us, our log shows the networks it asked for and those of every tunnel with it.",
                "If we called, our log shows what we asked for; compare it with the peer's configuration.",
            ]),
        Explanation(
            name: "FAILED_CP_REQUIRED", number: 37,
            meaning: "the responder gives addresses to its peers, and was not asked for one.",
            causes: ["The peer is a gateway for road warriors, and expects a request for a virtual address."],
            remedies: [
                "ask for an address (mode_cfg on, local_net assigned), or have the peer expect a network of ours"
            ]),
        Explanation(
            name: "INTERNAL_ADDRESS_FAILURE", number: 36,
            meaning: "the responder has no address left to give.",
            causes: ["Its pool is used up, or has none of the family that was asked for."],
            remedies: ["enlarge the pool of addresses on the peer"]),
    ]

    private static let protocolErrors = [
        Explanation(
            name: "INVALID_SYNTAX", number: 7,
            meaning:
                "a message could be decrypted, or was in clear, and makes no sense to the side that got it.",
            causes: [
                "One of the two implementations has a bug, or does not know an extension that the other used.",
                "A device between the two changed the message before it was protected.",
            ],
            remedies: [
                "see in the log of the side that refused which payload it could not read, and report that",
                "Try again with fewer extensions, such as with \"ike_frag off\".",
            ]),
        Explanation(
            name: "INVALID_MAJOR_VERSION", number: 5,
            meaning: "the side that answers does not speak this version of IKE.",
            causes: ["The peer has IKEv1 only, or nothing but IKEv2."],
            remedies: ["name the version that the peer has in exchange_mode, or both"]),
        Explanation(
            name: "UNSUPPORTED_CRITICAL_PAYLOAD", number: 1,
            meaning: "a message has a payload that must be understood and is not.",
            causes: ["One side uses an extension that it may use only after the other has announced it."],
            remedies: ["switch that extension off on the side that sent it"]),
        Explanation(
            name: "INVALID_IKE_SPI", number: 4,
            meaning: "a message belongs to an IKE SA that its receiver does not have.",
            causes: ["One side was restarted, and the other does not know it yet."],
            remedies: ["wait for dead peer detection, or take the tunnel down and up again"]),
        Explanation(
            name: "INVALID_MESSAGE_ID", number: 9,
            meaning: "a message has a number outside the window of its receiver.",
            causes: ["Messages were replayed, or one side lost its state."],
            remedies: ["take the tunnel down and up again if it does not recover by itself"]),
        Explanation(
            name: "INVALID_KE_PAYLOAD", number: 17,
            meaning: "the responder wants the key exchange in another group, which it names.",
            causes: [
                "The first group we offer is not the one that the peer prefers; this costs one round trip."
            ],
            remedies: ["put the peer's group first in proposals to save the round trip"]),
    ]

    private static let children = [
        Explanation(
            name: "TEMPORARY_FAILURE", number: 43,
            meaning: "the peer cannot do it now, since something else is under way.",
            causes: ["Both sides renewed or deleted an SA at the same moment."],
            remedies: ["nothing: it is tried again"]),
        Explanation(
            name: "CHILD_SA_NOT_FOUND", number: 44,
            meaning: "the child SA to be renewed does not exist on the peer any more.",
            causes: ["The peer deleted it at the same moment."],
            remedies: ["nothing: a new one is made"]),
        Explanation(
            name: "NO_ADDITIONAL_SAS", number: 35,
            meaning: "the peer makes no further child SA in this IKE SA.",
            causes: ["It has a limit, or can do but one, as small devices."],
            remedies: [
                "give every tunnel with that peer an IKE SA of its own, or join the networks to one tunnel"
            ]),
        Explanation(
            name: "SINGLE_PAIR_REQUIRED", number: 34,
            meaning: "the peer makes a child SA only for a single pair of addresses.",
            causes: ["Its policy has SAs per host."],
            remedies: ["ask for hosts instead of networks, or change the peer's policy"]),
        Explanation(
            name: "INVALID_SELECTORS", number: 39,
            meaning: "a packet came through an SA that is not for it.",
            causes: ["The networks of both sides differ, and one sends more through the SA than was agreed."],
            remedies: ["make the networks on both sides the same"]),
    ]

    private static let silence = [
        Explanation(
            name: "TIMEOUT", number: nil,
            meaning: "nothing, or nothing that can be believed, came from the peer.",
            causes: [
                "The peer is down, or its IKE daemon is.",
                "A firewall drops UDP 500 or 4500 on the way, or large datagrams that are fragmented by IP.",
                "The peer has no connection for our address, and is configured to keep silent.",
                "The peer's answers go to another address: it has several, or a NAT in between forgot us.",
            ],
            remedies: [
                "see whether our datagrams arrive there: tcpdump -n udp port 500 or udp port 4500, on both sides",
                "If IKE_SA_INIT is answered and IKE_AUTH is not: look at port 4500, and at \"ike_frag\" on both sides.",
                "If an answer came that cannot be believed, the log says what it claimed.",
            ])
    ]
}
