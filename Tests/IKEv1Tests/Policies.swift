import Algorithms
import Credentials
import IPsec
import Negotiation
import TestSupport

@testable import IKEv1

/// Configurations of two sides that fit each other.
struct Policies {
    var encryption = CipherChoice(.aesCBC, keyBits: 128)
    var prf = PseudorandomFunction.hmacSHA1
    var group = KeyExchangeMethod.ecp256
    var childEncryption = CipherChoice(.aesCBC, keyBits: 128)
    var childIntegrity = IntegrityAlgorithm.hmacSHA1
    var pfsGroup: KeyExchangeMethod?
    var mode = EncapsulationMode.tunnel
    var natTraversal = NATTraversal.on
    var lifetime = Duration.seconds(28800)
    var authentication = OakleyAuthentication.preSharedKey
    var childLifetime = Duration.seconds(3600)
    var changePeer: (inout PeerPolicy) -> Void = { _ in }

    func policy(_ side: NetworkSide) -> NegotiationPolicy {
        let other = side == .a ? NetworkSide.addressB : NetworkSide.addressA
        let proposal = IKEProposal(
            encryption: encryption, prf: prf, group: group, authentication: authentication,
            lifetime: lifetime,
            origin: "swiftike.conf:12")
        let match: PeerMatch = side == .a ? .address(other, port: nil) : .anonymous
        var peer = PeerPolicy(name: "peer", match: match, proposals: [proposal], origin: "swiftike.conf:10")
        peer.natTraversal = natTraversal
        changePeer(&peer)
        let child = ChildPolicy(
            local: .anonymous, remote: .anonymous, encryption: [childEncryption], integrity: [childIntegrity],
            pfsGroup: pfsGroup, lifetime: childLifetime, origin: "swiftike.conf:30")
        let nets = [Self.net(0x0a01_0000), Self.net(0x0a02_0000)]
        let isTunnel = mode == .tunnel
        let tunnel = Tunnel(
            name: "hq", peer: "peer", remoteAddress: other, local: isTunnel ? nets[side.rawValue] : nil,
            remote: isTunnel ? nets[side.other.rawValue] : nil, mode: mode, start: .up, requestID: 7,
            origin: "swiftike.conf:50")
        return NegotiationPolicy(peers: [peer], children: [child], tunnels: [tunnel])
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

    private static func net(_ address: UInt128) -> TrafficSelector {
        let address = IPAddress(family: .ipv4, value: address)
        return TrafficSelector(IPPrefix(address, length: 24) ?? IPPrefix(host: address))
    }
}
