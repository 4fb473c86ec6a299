import Algorithms
import Credentials
import IPsec
import Negotiation
import TestSupport

@testable import IKEv2

/// Configurations of two sides that fit each other.
struct Policies {
    var suites = [
        SuiteProposal(
            encryption: [CipherChoice(.aesGCM16, keyBits: 128)], prfs: [.hmacSHA256], keyExchange: [.ecp256],
            origin: "swiftike.conf:12")
    ]
    var childEncryption = [CipherChoice(.aesGCM16, keyBits: 128)]
    var childIntegrity = [IntegrityAlgorithm.hmacSHA256]
    var pfsGroup: KeyExchangeMethod?
    var mode = EncapsulationMode.tunnel
    var natTraversal = NATTraversal.on
    var childLifetime = Duration.seconds(3600)
    var limits = FloodLimits()
    var changePeer: (inout PeerPolicy, NetworkSide) -> Void = { _, _ in }
    var changeTunnel: (inout Tunnel, NetworkSide) -> Void = { _, _ in }
    var changeChild: (inout ChildPolicy, NetworkSide) -> Void = { _, _ in }

    func policy(_ side: NetworkSide) -> NegotiationPolicy {
        let other = side == .a ? NetworkSide.addressB : NetworkSide.addressA
        let match: PeerMatch = side == .a ? .address(other, port: nil) : .anonymous
        var peer = PeerPolicy(name: "peer", match: match, proposals: [], origin: "swiftike.conf:10")
        peer.exchangeModes = [.ikev2]
        peer.suites = suites
        peer.natTraversal = natTraversal
        changePeer(&peer, side)
        var child = ChildPolicy(
            local: .anonymous, remote: .anonymous, encryption: childEncryption, integrity: childIntegrity,
            pfsGroup: pfsGroup, lifetime: childLifetime, origin: "swiftike.conf:30")
        changeChild(&child, side)
        let nets = [Self.net(0x0a01_0000), Self.net(0x0a02_0000)]
        let isTunnel = mode == .tunnel
        var tunnel = Tunnel(
            name: "hq", peer: "peer", remoteAddress: other, local: isTunnel ? nets[side.rawValue] : nil,
            remote: isTunnel ? nets[side.other.rawValue] : nil, mode: mode, start: .up, requestID: 7,
            origin: "swiftike.conf:50")
        changeTunnel(&tunnel, side)
        return NegotiationPolicy(peers: [peer], children: [child], tunnels: [tunnel], limits: limits)
    }

    func request(_ side: NetworkSide = .a) -> ChildRequest {
        let policy = policy(side)
        let own = side == .a ? NetworkSide.addressA : NetworkSide.addressB
        let other = side == .a ? NetworkSide.addressB : NetworkSide.addressA
        let path = Path(local: Endpoint(own, port: 500), remote: Endpoint(other, port: 500))
        return ChildRequest(
            tunnel: "hq", peer: "peer", path: path, local: policy.tunnels[0].localSelector(on: path),
            remote: policy.tunnels[0].remoteSelector(on: path), mode: mode, requestID: 7)
    }

    func pair(seed: UInt64, faults: NetworkFaults = NetworkFaults()) -> TwoEndpoints {
        TwoEndpoints(policy(.a), policy(.b), seed: seed, faults: faults)
    }

    static func net(_ address: UInt128) -> TrafficSelector {
        let address = IPAddress(family: .ipv4, value: address)
        return TrafficSelector(IPPrefix(address, length: 24) ?? IPPrefix(host: address))
    }
}
