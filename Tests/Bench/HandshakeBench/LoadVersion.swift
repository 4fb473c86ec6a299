import Algorithms
import Credentials
import IKEv1
import IKEv2
import IPsec
import Negotiation

/// The machine of one IKE version, as far as a peer of the load needs it.
protocol LoadMachine {
    mutating func handle(_ event: Event, now: Instant) -> [Effect]
    var nextDeadline: Instant? { get }
}

extension IKEv1Endpoint: LoadMachine {}
extension IKEv2Endpoint: LoadMachine {}

/// What is measured: which version with which algorithms.
enum LoadVersion: String, CaseIterable {
    /// IKEv1 main and quick mode.
    case ikev1
    /// IKE_SA_INIT and IKE_AUTH of IKEv2.
    case ikev2

    /// What a handshake of it may cost the responder, nanoseconds of processor time.
    var goal: Int64 {
        switch self {
        case .ikev1: 180_000
        case .ikev2: 150_000
        }
    }

    func machine(_ policy: NegotiationPolicy) -> any LoadMachine {
        switch self {
        case .ikev1: IKEv1Endpoint(policy: policy, random: LoadRandom())
        case .ikev2:
            IKEv2Endpoint(
                policy: policy, random: LoadRandom(), compressionIndices: CompressionIndices())
        }
    }

    /// The configuration of the peer with a number.
    ///
    /// All have one address; the identity tells one from another.
    func policy(_ number: Int, responder: IPAddress, _ lifetimes: LoadLifetimes) -> NegotiationPolicy {
        let cipher = CipherChoice(.aesCBC, keyBits: 128)
        let proposal = IKEProposal(
            encryption: cipher, prf: .hmacSHA256, group: .curve25519, authentication: .preSharedKey,
            lifetime: lifetimes.ike)
        var peer = PeerPolicy(
            name: "responder", match: .address(responder, port: nil), proposals: [proposal])
        peer.exchangeModes = [self == .ikev1 ? .main : .ikev2]
        peer.suites = [
            SuiteProposal(
                encryption: [cipher], integrity: [.hmacSHA256], prfs: [.hmacSHA256],
                keyExchange: [.curve25519])
        ]
        peer.localIdentity = .userFQDN("peer\(number)@bench")
        peer.ikeLifetime = lifetimes.ike
        peer.rekey = .force
        let child = ChildPolicy(
            local: .anonymous, remote: .anonymous, encryption: [cipher], integrity: [.hmacSHA256],
            lifetime: lifetimes.child)
        return NegotiationPolicy(
            peers: [peer], children: [child],
            timers: TimerPolicy(retransmissions: 5, interval: .seconds(2)))
    }
}

/// How long SAs live before they are renewed.
struct LoadLifetimes {
    var ike = Duration.seconds(28800)
    var child = Duration.seconds(28800)
}
