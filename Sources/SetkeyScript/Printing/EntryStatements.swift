import Algorithms
package import IPsec
import KeyMaterial
import SourceText

extension SADEntry {
    /// The statement that makes the SA, on one line, with its keys: `add`, or `getspi` for a larval one.
    package var setkeyText: String {
        var text: StatementText
        if case .none = transform { text = StatementText("getspi") } else { text = StatementText("add") }
        text.append(AssociationStatement(self))
        return text.text
    }

    /// The same with stars for its keys.
    package var maskedSetkeyText: String {
        let octets = Array(setkeyText.utf8)
        return String(decoding: SecretText.masked(octets, octets.indices), as: UTF8.self)
    }
}

extension SPDEntry {
    /// The `spdadd` that makes the policy, on one line.
    ///
    /// A file of these is to be loaded without making copies of `in` for `fwd`: the copies are entries of their own.
    package var setkeyText: String {
        var text = StatementText("spdadd")
        text.append(PolicyStatement(self))
        return text.text
    }
}

extension SourceLocation {
    /// For statements that nobody wrote.
    fileprivate static let nowhere = SourceLocation(
        file: SourceFile(name: "", bytes: []), offset: 0, length: 0)
}

extension HostReference {
    fileprivate init(_ address: IPAddress) {
        self.init(.address(address), at: .nowhere)
    }
}

extension AssociationStatement {
    fileprivate init(_ entry: SADEntry) {
        let ports = entry.encapsulation?.ports
        self.init(
            source: EndpointReference(
                host: HostReference(entry.source), port: ports.map { .number($0.sourcePort) }),
            destination: EndpointReference(
                host: HostReference(entry.id.destination), port: ports.map { .number($0.destinationPort) }),
            protocol: entry.word,
            originalAddress: entry.encapsulation?.originalAddress.map { HostReference($0) },
            spi: entry.id.spi.value, spiLocation: .nowhere)
        extensions = AssociationExtensions(entry)
        algorithms = StatedAlgorithms(entry.transform)
    }
}

extension SADEntry {
    fileprivate var word: AssociationProtocol {
        switch id.protocol {
        case .esp: encapsulation == nil ? .esp : .espInUDP
        case .ah: .ah
        case .ipcomp: .ipcomp
        }
    }
}

extension AssociationExtensions {
    fileprivate init(_ entry: SADEntry) {
        mode = entry.mode
        requestID = entry.requestID
        replay = entry.replay
        lifetime = entry.lifetime
        acquireSequence = entry.acquireSequence
        selector = entry.selector
        if let kind = entry.encapsulation?.kind, kind != .udp { encapsulation = kind }
        offload = entry.options.offload.map { OffloadReference($0) }
        options = entry.options
    }
}

extension OffloadReference {
    fileprivate init(_ offload: HardwareOffload) {
        self.init(
            interface: "\(offload.interface)", direction: offload.direction, extent: offload.extent,
            location: .nowhere)
    }
}

extension StatedAlgorithms {
    fileprivate init(_ transform: SATransform) {
        switch transform {
        case .none: break
        case .esp(let cipher, let keyed):
            encryption = StatedCipher(cipher)
            if let bits = cipher.icvBits, bits != encryption?.usualICVBits { icvBits = bits }
            if let keyed, keyed.algorithm != .known(.null) { setIntegrity(keyed) }
        case .ah(let keyed): setIntegrity(keyed)
        case .ipcomp(let algorithm): compression = StatedCompression(algorithm)
        }
    }

    private mutating func setIntegrity(_ keyed: KeyedIntegrity) {
        integrity = StatedIntegrity(keyed)
        if keyed.icvBits != integrity?.usualICVBits { icvBits = keyed.icvBits }
    }
}

extension StatedCipher {
    /// By the kernel's name where setkey's words do not allow such a key.
    fileprivate init(_ keyed: KeyedCipher) {
        var algorithm = keyed.algorithm
        var word: String
        switch keyed.algorithm {
        case .foreign(let name): word = name
        case .known(let known):
            word = known.setkeyNames.first ?? ""
            if word.isEmpty || !known.keyLengths.contains((keyed.key.count - known.saltSize) * 8) {
                word = known.xfrm
                algorithm = .foreign(word)
            }
        }
        self.init(algorithm: algorithm, word: word, key: keyed.key, location: .nowhere)
    }

    /// What a reader assumes where no length is stated.
    fileprivate var usualICVBits: Int? {
        guard case .known(let known) = algorithm, known.isAEAD else { return nil }
        return known.icvSize * 8
    }
}

extension StatedIntegrity {
    /// By the kernel's name where setkey's words do not allow such a key, or no such protection.
    fileprivate init(_ keyed: KeyedIntegrity) {
        var algorithm = keyed.algorithm
        var word: String
        switch keyed.algorithm {
        case .foreign(let name): word = name
        case .known(let known):
            word = known.setkeyNames.first ?? ""
            if word.isEmpty || known == .null || known.keySize != keyed.key.count {
                word = known.xfrm ?? known.name
                algorithm = .foreign(word)
            }
        }
        self.init(algorithm: algorithm, word: word, key: keyed.key, location: .nowhere)
    }

    /// What a reader assumes where no length is stated.
    fileprivate var usualICVBits: Int? {
        guard case .known(let known)? = algorithm else { return nil }
        return known.icvSize * 8
    }
}

extension StatedCompression {
    fileprivate init(_ algorithm: AlgorithmReference<CompressionAlgorithm>) {
        switch algorithm {
        case .foreign(let name): self.init(algorithm: algorithm, word: name, location: .nowhere)
        case .known(let known):
            self.init(algorithm: algorithm, word: known.setkeyNames.first ?? known.name, location: .nowhere)
        }
    }
}

extension PolicyStatement {
    fileprivate init(_ entry: SPDEntry) {
        let policy = entry.policy
        var subject = PolicySubject(.ranges(of: policy.selector))
        subject.options = PolicyOptions(entry)
        let requests = policy.templates.map { PolicyRequest($0) }
        let action: PolicyAction =
            switch policy.action {
            case .discard: .discard
            case .bypass: .bypass
            case .protect: requests.isEmpty ? .bypass : .protect(requests)
            }
        self.init(subject: subject, direction: policy.direction, action: action, priority: policy.priority)
    }
}

extension PolicySubject.Traffic {
    fileprivate static func ranges(of selector: Selector) -> Self {
        var detail: UpperLayer.Detail?
        let (first, second) = (selector.sourcePort, selector.destinationPort)
        if first != 0 || second != 0 {
            if selector.upperProtocol == UpperProtocol.gre {
                detail = .key(UInt32(first) << 16 | UInt32(second))
            } else if UpperProtocol.hasType(selector.upperProtocol), let type = UInt8(exactly: first),
                let code = UInt8(exactly: second)
            {
                detail = .type(type, code: code)
            }
        }
        let hasPorts = detail == nil
        return .ranges(
            source: RangeReference(selector.source, port: hasPorts ? first : 0),
            destination: RangeReference(selector.destination, port: hasPorts ? second : 0),
            UpperLayer(.number(selector.upperProtocol), detail: detail, at: .nowhere))
    }
}

extension RangeReference {
    fileprivate init(_ prefix: IPPrefix, port: UInt16) {
        self.init(
            host: HostReference(prefix.address), prefixLength: prefix.isHost ? nil : prefix.length,
            port: port == 0 ? nil : .number(port))
    }
}

extension PolicyOptions {
    fileprivate init(_ entry: SPDEntry) {
        mark = entry.mark
        interfaceID = entry.interfaceID
        if entry.interface != 0 { interface = "\(entry.interface)" }
        lifetime = entry.lifetime
        flags = entry.flags
        offload = entry.offload.map { OffloadReference($0) }
        securityContext = entry.securityContext
        foreign = entry.foreign
        let requestIDs = entry.policy.templates.map(\.requestID)
        if requestIDs.contains(where: { $0 > RequestIDs.lastChosenByPeople }) { self.requestIDs = .asStated }
    }
}

extension PolicyRequest {
    fileprivate init(_ template: PolicyTemplate) {
        let level: Level =
            switch template.level {
            case .use: .use
            case .require: .require
            case .unique(let requestID): .unique(requestID: requestID)
            }
        self.init(
            protocol: template.protocol, mode: template.mode, source: template.tunnelSource,
            destination: template.tunnelDestination, level: level)
    }
}
