internal import Algorithms
package import IPsec
internal import KeyMaterial

/// An SA as the engine takes it, from the form that databases and administrators know.
extension SecurityAssociation {
    /// Takes all that concerns packets from an entry.
    ///
    /// What concerns the host (marks, interfaces, offload, reports) is the caller's to use or to refuse.
    ///
    /// - Parameter direction: Which way its packets go; an entry alone seldom tells.
    /// - Throws: `unsupported` with a sentence, for what the engine cannot do.
    package init(_ entry: SADEntry, direction: Direction) throws(DatabaseFailure) {
        self.init(
            id: entry.id, source: entry.source, direction: direction, mode: try Self.mode(entry.mode),
            requestID: entry.requestID, selector: entry.selector,
            transform: try ESPTransform(entry.transform), encapsulation: try Self.ports(entry.encapsulation),
            lifetime: entry.lifetime, acquireSequence: entry.acquireSequence)
        compression = try Self.compression(entry.transform)
        replay = entry.replay
        initialUsage = entry.initialUsage?.traffic ?? SecurityAssociationUsage()
        flags = entry.options.flags
        trafficFlowPadding = entry.options.trafficFlowPadding
    }

    private static func mode(_ mode: EncapsulationMode?) throws(DatabaseFailure) -> EncapsulationMode {
        switch mode {
        case nil, .transport: return .transport
        case .tunnel: return .tunnel
        case .beet: return .beet
        case .iptfs: throw .notInSoftware("IPTFS mode; use tunnel or transport")
        }
    }

    private static func compression(
        _ transform: SATransform
    ) throws(DatabaseFailure) -> CompressionAlgorithm? {
        guard case .ipcomp(let algorithm) = transform else { return nil }
        guard algorithm == .known(.deflate) else {
            throw .notInSoftware("compression \(algorithm.name); use deflate")
        }
        return .deflate
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
}

extension ESPTransform {
    init(_ transform: SATransform) throws(DatabaseFailure) {
        switch transform {
        case .esp(let cipher, let integrity): try self.init(cipher, integrity)
        case .ah(let integrity): try self.init(KeyedCipher(.null, key: SecretKey(copying: [])), integrity)
        case .ipcomp: try self.init(KeyedCipher(.null, key: SecretKey(copying: [])), nil)
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
        guard let algorithm = integrity.algorithm.entry, algorithm.isInSoftware,
            let algorithm = algorithm.truncated(toBits: integrity.icvBits)
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

extension AlgorithmReference<IntegrityAlgorithm> {
    /// The catalogue's entry, whatever the truncation: with another than usual, databases know only a name.
    fileprivate var entry: IntegrityAlgorithm? {
        switch self {
        case .known(let entry): entry
        case .foreign(let name): Catalogue.integrity.first { $0.xfrm == name }
        }
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

extension DatabaseFailure {
    /// The refusal of something that kernels have and this engine has not.
    package static func notInSoftware(_ what: String) -> DatabaseFailure {
        DatabaseFailure(.unsupported, "User-space IPsec has no \(what).")
    }
}
