import Algorithms
import ESP
import IPsec
import KeyMaterial

/// An SA between the form administrators know and the engine's.
extension SecurityAssociation {
    /// Takes what an administrator asked for.
    ///
    /// - Throws: a sentence for what the engine cannot do.
    init(_ entry: SADEntry, ownAddresses: [IPAddress]) throws(DatabaseFailure) {
        try Self.check(entry.options)
        self.init(
            id: entry.id, source: entry.source, direction: try Self.direction(entry, ownAddresses),
            mode: try Self.mode(entry.mode), requestID: entry.requestID, selector: entry.selector,
            transform: try ESPTransform(entry.transform), encapsulation: try Self.ports(entry.encapsulation),
            replayWindow: entry.replay.window, lifetime: entry.lifetime,
            acquireSequence: entry.acquireSequence)
        guard entry.lifetime.softUseTime == nil, entry.lifetime.hardUseTime == nil else {
            throw .notInSoftware("lifetimes from the first packet; use -lh and -ls")
        }
        guard entry.replay == SADEntry.ReplayProtection(window: entry.replay.window),
            entry.initialUsage == nil
        else {
            throw .notInSoftware("extended sequence numbers, and no sequence numbers or usage to start with")
        }
    }

    /// Which way it goes is told by which end is ours.
    private static func direction(
        _ entry: SADEntry, _ ownAddresses: [IPAddress]
    ) throws(DatabaseFailure) -> Direction {
        if ownAddresses.contains(entry.id.destination) { return .inbound }
        if ownAddresses.contains(entry.source) { return .outbound }
        throw DatabaseFailure(
            .unsupported,
            "Neither \(entry.source) nor \(entry.id.destination) is an address of this host, so the SA "
                + "\(entry.id.spi) would carry nothing; set the address up first.")
    }

    private static func mode(_ mode: EncapsulationMode?) throws(DatabaseFailure) -> EncapsulationMode {
        switch mode {
        case nil, .transport: return .transport
        case .tunnel: return .tunnel
        case .iptfs: throw .notInSoftware("IPTFS mode; use tunnel or transport")
        case .beet: throw .notInSoftware("BEET mode; use tunnel or transport")
        }
    }

    private static func ports(
        _ encapsulation: SADEntry.Encapsulation?
    ) throws(DatabaseFailure) -> UDPEncapsulation? {
        guard let encapsulation else { return nil }
        switch encapsulation.kind {
        case .udp: return encapsulation.ports
        case .udpNonIKE, .tcp, .foreign:
            throw .notInSoftware("this encapsulation of ESP; use the UDP of RFC 3948")
        }
    }

    private static func check(_ options: SAOptions) throws(DatabaseFailure) {
        if let flag = options.flags.first { throw .notInSoftware("the SA flag \(flag.rawValue)") }
        var plain = SAOptions()
        plain.direction = options.direction
        guard options == plain else {
            throw .notInSoftware("marks, interfaces, offload and the like of an SA; leave them out")
        }
    }
}

extension ESPTransform {
    fileprivate init(_ transform: SATransform) throws(DatabaseFailure) {
        switch transform {
        case .esp(let cipher, let integrity): try self.init(cipher, integrity)
        case .ah:
            throw .notInSoftware("AH; use ESP, with the cipher null where nothing has to be hidden")
        case .ipcomp: throw .notInSoftware("IPComp; leave the compression out")
        case .none: throw DatabaseFailure(.unsupported, "An SA needs an algorithm and its key.")
        }
    }

    private init(_ cipher: KeyedCipher, _ integrity: KeyedIntegrity?) throws(DatabaseFailure) {
        guard case .known(let algorithm) = cipher.algorithm, algorithm.isInSoftware else {
            throw .notInSoftware("cipher \(cipher.algorithm.name)")
        }
        let keyBits = (cipher.key.count - algorithm.saltSize) * 8
        guard algorithm.keyLengths.contains(keyBits) else {
            let salt = algorithm.saltSize == 0 ? "" : " and \(algorithm.saltSize * 8) of salt"
            throw DatabaseFailure(
                .unsupported,
                "\(algorithm) takes \(algorithm.keyLengths) bits of key\(salt); \(cipher.key.count * 8) were given."
            )
        }
        self.init(
            encryption: CipherChoice(algorithm, keyBits: keyBits), encryptionKey: cipher.key,
            integrity: try integrity.flatMap(Self.algorithm), integrityKey: integrity?.key)
        if integrity != nil, self.integrity == nil { integrityKey = nil }
    }

    /// nil for the null algorithm, which is none.
    private static func algorithm(
        _ integrity: KeyedIntegrity
    ) throws(DatabaseFailure) -> IntegrityAlgorithm? {
        if integrity.algorithm == .known(.null) { return nil }
        guard case .known(let algorithm) = integrity.algorithm, algorithm.isInSoftware,
            algorithm.icvSize * 8 == integrity.icvBits
        else {
            throw .notInSoftware("\(integrity.algorithm.name) truncated to \(integrity.icvBits) bits")
        }
        guard integrity.key.count == algorithm.keySize else {
            throw DatabaseFailure(
                .unsupported,
                "\(algorithm) takes \(algorithm.keySize * 8) bits of key; \(integrity.key.count * 8) were given."
            )
        }
        return algorithm
    }
}

extension AlgorithmReference where Entry: CustomStringConvertible {
    fileprivate var name: String {
        switch self {
        case .known(let entry): entry.description
        case .foreign(let name): name
        }
    }
}

extension SADEntry {
    /// An SA of the engine as administrators know it.
    ///
    /// - Parameter encapsulation: the ports as they are now.
    init(_ association: SecurityAssociation, encapsulation: UDPEncapsulation?) {
        let transform = association.transform
        let cipher = KeyedCipher(transform.encryption.algorithm, key: transform.encryptionKey)
        var integrity: KeyedIntegrity?
        if let algorithm = transform.integrity, let key = transform.integrityKey {
            integrity = KeyedIntegrity(algorithm, key: key)
        }
        self.init(
            id: association.id, source: association.source, mode: association.mode,
            transform: .esp(cipher, integrity))
        requestID = association.requestID
        selector = association.selector
        self.encapsulation = encapsulation.map { Encapsulation(.udp, ports: $0) }
        replay.window = association.replayWindow
        lifetime = association.lifetime
        acquireSequence = association.acquireSequence
        options.direction = association.direction
    }
}

extension DatabaseFailure {
    static func notInSoftware(_ what: String) -> DatabaseFailure {
        DatabaseFailure(.unsupported, "User-space IPsec has no \(what).")
    }
}
