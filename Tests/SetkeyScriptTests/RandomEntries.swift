import Algorithms
import IPsec
import KeyMaterial
import TestSupport

/// Entries as a database may hold them, any field with any value that setkey's language can say.
struct RandomEntries {
    private var random: FixedRandom

    init(seed: UInt64) {
        random = FixedRandom(seed: seed)
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func number32() -> UInt32 { .random(in: 1...(.max), using: &random) }

    private mutating func address(_ family: AddressFamily) -> IPAddress {
        let value = UInt128(random.next()) << 64 | UInt128(random.next())
        return IPAddress(family: family, value: chance(20) ? value & 0xff << 80 | 1 : value)
    }

    private mutating func prefix(_ family: AddressFamily) -> IPPrefix {
        let length = Int.random(in: 0...family.addressBits, using: &random)
        return IPPrefix(address(family), length: length) ?? .any(family)
    }

    private mutating func family() -> AddressFamily { chance(50) ? .ipv4 : .ipv6 }

    private mutating func port() -> UInt16 { chance(40) ? .random(in: 0...(.max), using: &random) : 0 }

    private mutating func mark() -> Mark { Mark(value: number32(), mask: chance(50) ? .max : number32()) }

    private mutating func key(octets: Int) -> SecretKey { SecretKey(random.secret(count: octets)) }

    mutating func selector() -> Selector {
        let family = family()
        let upper: UInt8 =
            [0, 1, 6, 17, 47, 58, 135, UInt8.random(in: 0..<255, using: &random)].randomElement(
                using: &random) ?? 0
        let hasType = [1, 58, 135].contains(upper) && chance(80)
        return Selector(
            source: prefix(family), destination: prefix(family), upperProtocol: upper,
            sourcePort: hasType ? port() & 0xff : port(), destinationPort: hasType ? port() & 0xff : port())
    }

    private mutating func lifetime() -> Lifetime {
        var lifetime = Lifetime.unlimited
        if chance(50) { lifetime.hardTime = .seconds(Int64(number32())) }
        if chance(50) { lifetime.softTime = .seconds(Int64(number32())) }
        if chance(30) { lifetime.hardBytes = random.next() | 1 }
        if chance(30) { lifetime.softBytes = random.next() | 1 }
        if chance(30) { lifetime.hardPackets = random.next() | 1 }
        if chance(30) { lifetime.softPackets = random.next() | 1 }
        return lifetime
    }

    private mutating func integrity() -> KeyedIntegrity {
        let usable = Catalogue.integrity.filter { !$0.isObsolete && $0 != .null }
        guard chance(85), let algorithm = usable.randomElement(using: &random) else {
            return KeyedIntegrity(.foreign("hmac(md4)"), key: key(octets: 7), icvBits: 96)
        }
        let keyed = KeyedIntegrity(algorithm, key: key(octets: algorithm.keySize))
        guard chance(20) else { return keyed }
        return KeyedIntegrity(.foreign(algorithm.xfrm ?? ""), key: keyed.key, icvBits: 56)
    }

    private mutating func cipher() -> KeyedCipher {
        guard chance(90), let algorithm = Catalogue.encryption.randomElement(using: &random),
            let bits = Array(algorithm.keyLengths).randomElement(using: &random)
        else { return KeyedCipher(.foreign("cbc(anubis)"), key: key(octets: 5)) }
        let keyed = KeyedCipher(algorithm, key: key(octets: bits / 8 + algorithm.saltSize))
        guard algorithm.isAEAD, chance(20) else { return keyed }
        return KeyedCipher(.foreign(algorithm.xfrm), key: keyed.key, icvBits: 32)
    }

    private mutating func transform(_ wanted: SecurityProtocol) -> SATransform {
        guard chance(90) else { return .none }
        switch wanted {
        case .ah: return .ah(integrity())
        case .ipcomp: return .ipcomp(chance(80) ? .known(.deflate) : .foreign("lz4(raw)"))
        case .esp:
            let cipher = cipher()
            return .esp(cipher, cipher.icvBits == nil && chance(80) ? integrity() : nil)
        }
    }

    private mutating func options() -> SAOptions {
        var options = SAOptions()
        if chance(30) { options.mark = mark() }
        if chance(30) { options.outputMark = mark() }
        if chance(30) { options.interfaceID = number32() }
        if chance(30) { options.direction = chance(50) ? .inbound : .outbound }
        options.flags = Set(SAFlag.allCases.filter { _ in chance(20) })
        if chance(20) { options.trafficFlowPadding = number32() }
        if chance(20) { options.keepaliveInterval = number32() }
        if chance(20) { options.mappingThreshold = number32() }
        if chance(20) { options.processor = number32() - 1 }
        if chance(20) { options.offload = offload() }
        if chance(20) { options.careOfAddress = address(family()) }
        if chance(20) { options.securityContext = context() }
        if chance(20) { options.foreign = [ForeignAttribute(number: port(), octets: random.bytes(count: 3))] }
        return options
    }

    private mutating func offload() -> HardwareOffload {
        HardwareOffload(
            interface: number32(), direction: chance(50) ? .inbound : .outbound,
            extent: chance(50) ? .crypto : .packet)
    }

    private mutating func context() -> SecurityContext {
        SecurityContext(
            domain: .random(in: 0...255, using: &random), algorithm: .random(in: 0...255, using: &random),
            text: "system_u:object_r:ipsec_spd_t:s0-s15 # ;")
    }

    mutating func association() -> SADEntry {
        let family = family()
        let wanted: SecurityProtocol = [.esp, .esp, .ah, .ipcomp].randomElement(using: &random) ?? .esp
        let spi = wanted == .ipcomp ? .random(in: 256...0xffff, using: &random) : number32() | 256
        var entry = SADEntry(
            id: SecurityAssociationID(destination: address(family), protocol: wanted, spi: SPI(spi)),
            source: address(family),
            mode: [nil, .transport, .tunnel, .beet].randomElement(using: &random) ?? nil,
            transform: transform(wanted))
        if chance(50) { entry.requestID = number32() }
        if chance(30) { entry.selector = selector() }
        if wanted == .esp, chance(30) {
            let kinds: [SADEntry.Encapsulation.Kind] = [.udp, .udpNonIKE, .tcp, .foreign(9)]
            entry.encapsulation = SADEntry.Encapsulation(
                kinds.randomElement(using: &random) ?? .udp,
                ports: UDPEncapsulation(sourcePort: port() | 1, destinationPort: port() | 1),
                originalAddress: chance(50) ? address(self.family()) : nil)
        }
        entry.replay = SADEntry.ReplayProtection(
            window: chance(50) ? number32() : 0, usesExtendedSequenceNumbers: chance(30),
            outboundSequence: chance(20) ? random.next() : 0, inboundSequence: chance(20) ? random.next() : 0)
        entry.lifetime = lifetime()
        if chance(20) { entry.acquireSequence = number32() }
        entry.options = options()
        return entry
    }

    private mutating func template(_ family: AddressFamily) -> PolicyTemplate {
        let mode: EncapsulationMode = [.transport, .tunnel, .beet].randomElement(using: &random) ?? .tunnel
        let levels: [PolicyTemplate.Level] = [
            .require, .unique(requestID: number32()), .unique(requestID: 9),
        ]
        return PolicyTemplate(
            protocol: [.esp, .ah, .ipcomp].randomElement(using: &random) ?? .esp, mode: mode,
            tunnelSource: mode == .transport ? nil : address(family),
            tunnelDestination: mode == .transport ? nil : address(family),
            level: mode == .transport && chance(30) ? .use : levels.randomElement(using: &random) ?? .require)
    }

    mutating func policy() -> SPDEntry {
        let family = family()
        let templates = (0..<Int.random(in: 1...6, using: &random)).map { _ in template(family) }
        let actions: [SecurityPolicy.Action] = [.bypass, .discard, .protect(templates)]
        var entry = SPDEntry(
            SecurityPolicy(
                selector: selector(),
                direction: PolicyDirection.allCases.randomElement(using: &random) ?? .outbound,
                action: actions.randomElement(using: &random) ?? .bypass,
                priority: chance(20) ? SecurityPolicy.defaultPriority : number32()))
        if chance(30) { entry.mark = mark() }
        if chance(30) { entry.interfaceID = number32() }
        if chance(30) { entry.interface = number32() }
        if chance(30) { entry.lifetime.hardTime = .seconds(Int64(number32())) }
        entry.flags = Set(SPDFlag.allCases.filter { _ in chance(30) })
        if chance(20) { entry.offload = offload() }
        if chance(20) { entry.securityContext = context() }
        if chance(20) { entry.foreign = [ForeignAttribute(number: port(), octets: random.bytes(count: 2))] }
        return entry
    }
}
