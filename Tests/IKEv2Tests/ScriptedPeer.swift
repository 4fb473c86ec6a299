import Algorithms
import Credentials
import Cryptography
import IKEv2
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation

/// A peer that holds the keys and keeps to no rule: it sends an endpoint whatever its script says.
///
/// It uses the same messages and keys as an endpoint, and no machine. The fuzz targets share it.
struct ScriptedPeer {
    /// Under test.
    var endpoint: IKEv2Endpoint
    var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var spis = IKESPIs(initiator: 0x1122_3344_5566_7788)
    private(set) var channel: MessageChannel?
    /// What the endpoint has in its database.
    private(set) var installed: Set<SecurityAssociationID> = []
    private(set) var reports: [Report] = []
    /// Addresses and policies that are not taken back yet.
    private(set) var leased = 0
    private(set) var policies = 0
    private var keys: IKESAKeys?
    private var request: [UInt8] = []
    private var answer: [UInt8] = []
    private var nonces = Nonces(initiator: [], responder: [])
    private var random: any RandomSource = CountingRandom(seed: 1)

    static let secret = SecretKey(copying: Array("a secret both know".utf8))
    static let given = IPAddress(family: .ipv4, value: 0x0a09_0005)
    static let path = Path(
        local: Endpoint(IPAddress(family: .ipv4, value: 0xc000_0202), port: 500),
        remote: Endpoint(IPAddress(family: .ipv4, value: 0xc000_0201), port: 500))
    static let suite = SuiteProposal(
        encryption: [CipherChoice(.aesGCM16, keyBits: 128)], prfs: [.hmacSHA256],
        keyExchange: [.curve25519])
    static let childSuite = SuiteProposal(
        encryption: [CipherChoice(.aesGCM16, keyBits: 128)], sequenceNumbers: [.short])
    static let selector = TrafficSelector(IPPrefix(host: path.remote.address))
    static let ownSelector = TrafficSelector(IPPrefix(host: path.local.address))

    init(limits: FloodLimits = FloodLimits()) {
        var peer = PeerPolicy(name: "peer", match: .anonymous, proposals: [], origin: "swiftike.conf:10")
        peer.exchangeModes = [.ikev2]
        peer.suites = [Self.suite]
        peer.generatesPolicies = true
        let child = ChildPolicy(
            local: .anonymous, remote: .anonymous, encryption: Self.childSuite.encryption, integrity: [])
        var tunnel = Tunnel(
            name: "host", peer: "peer", remoteAddress: Self.path.remote.address, local: nil, remote: nil,
            mode: .transport, start: .onDemand, requestID: 7, origin: "swiftike.conf:50")
        tunnel.compression = .deflate
        var policy = NegotiationPolicy(peers: [peer], children: [child], tunnels: [tunnel], limits: limits)
        policy.pool = AddressPoolPolicy(ranges: [TrafficSelector(IPPrefix(host: Self.given))])
        endpoint = IKEv2Endpoint(
            policy: policy,
            random: CountingRandom(seed: 2), compressionIndices: CompressionIndices())
    }

    /// Gives the endpoint an event and carries out what it wants; the datagrams that it sends.
    mutating func handle(_ event: Event) -> [[UInt8]] {
        var sent: [[UInt8]] = []
        for effect in endpoint.handle(event, now: now) {
            switch effect {
            case .send(let datagram, _): sent.append(datagram)
            case .keyWithSharedSecret(let token, let request):
                let key = PRF.compute(request.prf, key: Self.secret, data: request.data)
                sent += handle(.sharedSecretKeyed(token, .success(key)))
            case .sign(let token, _): sent += handle(.signed(token, .failure(CredentialFailure("no key"))))
            case .verify(let token, _):
                sent += handle(.verified(token, .failure(CredentialFailure("no authority"))))
            case .install(let token, let association):
                installed.insert(association.id)
                sent += handle(.installed(token, .success(())))
            case .remove(let id): installed.remove(id)
            case .findPolicy(let token, _, _): sent += handle(.policyFound(token, nil))
            case .report(let report): reports.append(report)
            case .lease(let token, _):
                leased += 1
                sent += handle(.leased(token, .success([Self.given])))
            case .release: leased -= 1
            case .protect: policies += 1
            case .unprotect: policies -= 1
            case .sendKeepalive, .updateEncapsulation, .trace, .refused, .apply, .withdraw: break
            }
        }
        return sent
    }

    mutating func deliver(_ datagram: [UInt8]) -> [[UInt8]] { handle(.datagram(datagram, Self.path)) }

    /// Lets time pass.
    mutating func wait(_ time: Duration) -> [[UInt8]] {
        now = now + time
        return handle(.deadline)
    }

    func header(_ type: ExchangeType, _ messageID: UInt32, isResponse: Bool = false) -> MessageHeader {
        var flags: MessageHeader.Flags = .initiator
        if isResponse { flags.insert(.response) }
        return MessageHeader(
            initiatorCookie: spis.initiator, responderCookie: spis.responder, exchangeType: type,
            flags: flags, messageID: messageID, version: 0x20)
    }

    /// A first message of the SA with this SPI.
    func initial(spi: UInt64, _ value: [UInt8], nonce: [UInt8], first: [Payload] = []) throws -> [UInt8] {
        let proposal = SecurityAssociationPayload.Proposal(number: 1, .ike, spi: [], Self.suite)
        var header = header(.ikeSAInit, 0)
        header.initiatorCookie = spi
        header.responderCookie = 0
        return try Message(
            header: header,
            payloads: first + [
                .securityAssociation(SecurityAssociationPayload([proposal])),
                .keyExchange(KeyExchangePayload(method: 31, publicValue: value)), .nonce(nonce),
            ]
        ).encode()
    }

    /// IKE_SA_INIT; afterwards messages can be sealed.
    mutating func open() throws {
        let value = try PrivateValue(.curve25519, random: &random)
        let nonce = random.bytes(count: 32)
        request = try initial(
            spi: spis.initiator, value.publicValue, nonce: nonce,
            first: [.notify(NotifyPayload(.fragmentationSupported))])
        guard let answer = deliver(request).first else { throw ScriptFailure.noAnswer }
        let message = try Message(decoding: answer)
        self.answer = answer
        spis.responder = message.header.responderCookie
        var peerValue: [UInt8] = []
        for payload in message.payloads {
            switch payload {
            case .keyExchange(let exchange): peerValue = exchange.publicValue
            case .nonce(let octets): nonces = Nonces(initiator: nonce, responder: octets)
            default: break
            }
        }
        let suite = Suite(
            encryption: Self.suite.encryption[0], prf: Self.suite.prfs[0], keyExchange: .curve25519)
        let keys = try IKESAKeys(
            suite, initial: try value.sharedSecret(with: peerValue), nonces: nonces, spis: spis)
        self.keys = keys
        channel = try MessageChannel(keys, role: .initiator)
    }

    /// IDi and AUTH with the shared secret.
    func proof(_ identity: Identity = .address(path.remote.address)) throws -> [Payload] {
        guard let keys else { throw ScriptFailure.noAnswer }
        let identification = IdentificationPayload(identity)
        let body = try Message(
            header: header(.ikeAuth, 1), payloads: [.identification(identification, .initiator)]
        ).encode().dropFirst(MessageHeader.size + 4)
        let octets = SignedOctets.make(
            keys.prf, message: request, nonce: nonces.responder, key: keys.skPi,
            identification: Array(body))
        let pad = PRF.compute(keys.prf, key: Self.secret, data: SignedOctets.keyPad)
        return [
            .identification(identification, .initiator),
            .authentication(
                AuthenticationPayload(
                    .sharedKey, SignedOctets.authentication(keys.prf, keyedPad: pad, octets))),
        ]
    }

    /// Asks for a child between the two hosts.
    func childRequest(spi: UInt32, nonce: [UInt8]? = nil) -> [Payload] {
        let proposal = SecurityAssociationPayload.Proposal(
            number: 1, .esp, spi: (0..<4).map { UInt8(truncatingIfNeeded: spi >> (24 - 8 * $0)) },
            Self.childSuite)
        return [
            .notify(NotifyPayload(.useTransportMode)),
            .securityAssociation(SecurityAssociationPayload([proposal])),
        ] + (nonce.map { [.nonce($0)] } ?? []) + [
            .trafficSelectors(TrafficSelectorPayload([Self.selector]), .initiator),
            .trafficSelectors(TrafficSelectorPayload([Self.ownSelector]), .responder),
        ]
    }

    /// IKE_AUTH with a child.
    mutating func authenticate() throws {
        guard try ask(.ikeAuth, 1, proof() + childRequest(spi: 0x1000)).count == 1 else {
            throw ScriptFailure.noAnswer
        }
    }

    /// A sealed message.
    mutating func seal(
        _ type: ExchangeType, _ messageID: UInt32, _ payloads: [Payload], isResponse: Bool = false,
        limit: Int? = nil
    ) throws -> [[UInt8]] {
        guard let channel else { throw ScriptFailure.noAnswer }
        let message = Message(header: header(type, messageID, isResponse: isResponse), payloads: payloads)
        return try channel.seal(message, limit: limit, random: &random).datagrams
    }

    /// Sends a request, in fragments where a limit is given; the answers, opened.
    mutating func ask(
        _ type: ExchangeType, _ messageID: UInt32, _ payloads: [Payload], limit: Int? = nil
    ) throws -> [Message] {
        var sent: [[UInt8]] = []
        for datagram in try seal(type, messageID, payloads, limit: limit) { sent += deliver(datagram) }
        return sent.compactMap { datagram in
            guard case .message(let message, _)? = try? channel?.open(datagram),
                message.header.flags.contains(.response)
            else { return nil }
            return message
        }
    }
}

enum ScriptFailure: Error {
    /// The endpoint does not answer where it must.
    case noAnswer
}

/// Octets that differ from call to call, and are the same in each run.
struct CountingRandom: RandomSource {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func bytes(count: Int) -> [UInt8] {
        (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }

    mutating func secret(count: Int) -> SecretBytes { SecretBytes(copying: bytes(count: count)) }
}
