import Algorithms
import IPsec
import KeyMaterial

/// An SA out of the extensions of ADD, UPDATE and GETSPI, and out of every answer that tells of one.
struct SADEntryReading {
    let message: SADBMessage
    let dialect: SADBDialect

    /// The SA, its state and usage as an answer tells them.
    func record() throws(SADBError) -> SADRecord {
        let association = try required(.association, message.association)
        let state = try Self.state(association.state)
        let isBare = state == .larval && association.authentication == 0 && association.encryption == 0
        var record = SADRecord(
            try entry(spi: association.spi, transform: isBare ? .none : try transform(.mayBeWithheld)),
            state: state)
        if let current = message.lifetime(.current) {
            record.usage.traffic = SecurityAssociationUsage(
                bytes: current.bytes, packets: UInt64(current.allocations))
            record.usage.added = current.addTime
            record.usage.firstUsed = current.useTime
        }
        return record
    }

    /// The SA that ADD or UPDATE asks for.
    func entry() throws(SADBError) -> SADEntry {
        guard (message.lifetime(.hard) == nil) == (message.lifetime(.soft) == nil) else {
            throw SADBError(
                .malformed, .invalid, "Of the hard and the soft lifetime one is there, and the other is not.")
        }
        return try entry(
            spi: try required(.association, message.association).spi, transform: try transform(.needed))
    }

    /// The larval SA that GETSPI asks for, with SPI 0.
    func larval() throws(SADBError) -> SADEntry {
        try entry(spi: 0, transform: .none)
    }

    /// What DELETE and GET ask for.
    func key() throws(SADBError) -> SADKey {
        let association = try required(.association, message.association)
        return SADKey(try id(spi: association.spi))
    }

    private func entry(spi: UInt32, transform: SATransform) throws(SADBError) -> SADEntry {
        var entry = SADEntry(
            id: try id(spi: spi), source: try addresses().source, mode: try mode(), transform: transform)
        entry.requestID = message.association2?.requestID ?? 0
        entry.selector = selector(entry)
        entry.encapsulation = encapsulation()
        entry.replay.window = UInt32(message.association?.replay ?? 0)
        entry.lifetime = Lifetime(hard: message.lifetime(.hard), soft: message.lifetime(.soft))
        entry.acquireSequence = message.header.sequence
        let flags = message.association?.flags ?? 0
        entry.options.flags = Set(SADBFlags.known.filter { flags & $0.bit != 0 }.map(\.flag))
        entry.options.securityContext = message.securityContext.map(SecurityContext.init)
        return entry
    }

    private func id(spi: UInt32) throws(SADBError) -> SecurityAssociationID {
        guard let `protocol` = message.header.satype.protocol else {
            throw SADBError(
                .unsupported, .noProtocol,
                "SA type \(message.header.satype.value) is none of 2 (AH), 3 (ESP) and 9 (IPComp).")
        }
        return SecurityAssociationID(
            destination: try addresses().destination, protocol: `protocol`, spi: SPI(spi))
    }

    private func addresses() throws(SADBError) -> (source: IPAddress, destination: IPAddress) {
        let source = try required(.addressSource, message.address(.source)).address
        let destination = try required(.addressDestination, message.address(.destination)).address
        guard source.family == destination.family else {
            throw SADBError(
                .malformed, .invalid, "The addresses \(source) and \(destination) are of two families.")
        }
        return (source, destination)
    }

    private func mode() throws(SADBError) -> EncapsulationMode? {
        guard let association = message.association2 else { return nil }
        return try SADBMode.mode(association.mode)
    }

    /// Linux carries the source network alone.
    private func selector(_ entry: SADEntry) -> Selector? {
        guard let proxy = message.address(.proxy), proxy.prefixLength > 0 else { return nil }
        return Selector(source: proxy.prefix, destination: .any(proxy.prefix.family))
    }

    private func encapsulation() -> SADEntry.Encapsulation? {
        guard let type = message.natTraversalType, type != 0 else { return nil }
        return SADEntry.Encapsulation(
            SADBEncapsulation.kind(type),
            ports: UDPEncapsulation(
                sourcePort: message.port(.source) ?? 0, destinationPort: message.port(.destination) ?? 0),
            originalAddress: message.address(.original)?.address)
    }

    private static func state(_ number: UInt8) throws(SADBError) -> SALifeState {
        switch number {
        case 0: return .larval
        case 1: return .mature
        case 2: return .dying
        case 3: return .dead
        default: throw .malformed(.association, "has a state of \(number), where 0 to 3 are known")
        }
    }

    private func required<Value>(_ type: SADBExtensionType, _ value: Value?) throws(SADBError) -> Value {
        guard let value else { throw SADBError.missing(type) }
        return value
    }
}

/// The algorithms and keys of an SA.
extension SADEntryReading {
    fileprivate enum Keys {
        /// In what asks for an SA.
        case needed
        /// In what tells of one: to whom it is none of their business, and in EXPIRE.
        case mayBeWithheld
    }

    fileprivate func transform(_ keys: Keys) throws(SADBError) -> SATransform {
        let association = try required(.association, message.association)
        switch message.header.satype.protocol {
        case .ah: return .ah(try integrity(association.authentication, keys))
        case .ipcomp:
            guard let algorithm = AlgorithmNumbers.compression(association.encryption) else {
                throw Self.unknown("compression", association.encryption)
            }
            return .ipcomp(.known(algorithm))
        case .esp, nil:
            let cipher = try cipher(association.encryption, keys)
            guard association.authentication != 0 else { return .esp(cipher, nil) }
            return .esp(cipher, try integrity(association.authentication, keys))
        }
    }

    private func cipher(_ number: UInt8, _ keys: Keys) throws(SADBError) -> KeyedCipher {
        guard let algorithm = AlgorithmNumbers.cipher(number) else {
            throw Self.unknown("encryption", number)
        }
        // Linux leaves the keys of length 0 out of its answers.
        let key = message.key(.encryption)?.key ?? SecretKey(copying: [])
        guard key.count > 0 || algorithm == .null || keys == .mayBeWithheld else {
            throw .missing(.keyEncryption)
        }
        return KeyedCipher(algorithm, key: key)
    }

    private func integrity(_ number: UInt8, _ keys: Keys) throws(SADBError) -> KeyedIntegrity {
        guard let algorithm = AlgorithmNumbers.integrity(number, dialect) else {
            throw Self.unknown("integrity", number)
        }
        let key = message.key(.authentication)?.key ?? SecretKey(copying: [])
        guard key.count > 0 || algorithm == .null || keys == .mayBeWithheld else {
            throw .missing(.keyAuthentication)
        }
        return KeyedIntegrity(algorithm, key: key)
    }

    private static func unknown(_ kind: String, _ number: UInt8) -> SADBError {
        SADBError(
            .unsupported, .noAlgorithm, "There is no \(kind) algorithm with the PF_KEY number \(number).")
    }
}

extension Lifetime {
    /// 0 is no limit.
    init(hard: SADBLifetime?, soft: SADBLifetime?) {
        self.init(
            softTime: soft.flatMap { Self.limit($0.addTime) }.map(Self.seconds),
            hardTime: hard.flatMap { Self.limit($0.addTime) }.map(Self.seconds),
            softBytes: soft.flatMap { Self.limit($0.bytes) },
            hardBytes: hard.flatMap { Self.limit($0.bytes) },
            softPackets: soft.flatMap { Self.limit(UInt64($0.allocations)) },
            hardPackets: hard.flatMap { Self.limit(UInt64($0.allocations)) },
            softUseTime: soft.flatMap { Self.limit($0.useTime) }.map(Self.seconds),
            hardUseTime: hard.flatMap { Self.limit($0.useTime) }.map(Self.seconds))
    }

    private static func limit(_ value: UInt64) -> UInt64? { value == 0 ? nil : value }

    private static func seconds(_ value: UInt64) -> Duration { .seconds(Int64(clamping: value)) }
}

extension SecurityContext {
    init(_ context: SADBSecurityContext) {
        self.init(
            domain: context.domain, algorithm: context.algorithm,
            text: String(decoding: context.label.prefix { $0 != 0 }, as: UTF8.self))
    }
}

/// The flags of an SA that Linux keeps (SADB_SAFLAGS_…).
enum SADBFlags {
    static let known: [(bit: UInt32, flag: SAFlag)] = [
        (0x8000_0000, .noECN), (0x4000_0000, .decapsulateDSCP), (0x2000_0000, .noPMTUDiscovery),
    ]
}

/// The numbers of encapsulations (UDP_ENCAP_…).
enum SADBEncapsulation {
    static func kind(_ number: UInt8) -> SADEntry.Encapsulation.Kind {
        switch number {
        case 1: .udpNonIKE
        case 2: .udp
        case 7: .tcp
        default: .foreign(UInt16(number))
        }
    }

    static func number(_ kind: SADEntry.Encapsulation.Kind) -> UInt8 {
        switch kind {
        case .udpNonIKE: 1
        case .udp: 2
        case .tcp: 7
        case .foreign(let number): UInt8(truncatingIfNeeded: number)
        }
    }
}
