import Algorithms
import IPsec
import KeyMaterial
import SetkeyScript
import SourceText

/// What a listing tells of one SA.
struct ListedAssociation {
    private var protocolWord = ""
    private var mode: EncapsulationMode?
    private var spi: UInt32?
    private var requestID: UInt32 = 0
    private var originalAddress: IPAddress?
    private var cipher: (name: String, key: StatedKey)?
    private var integrity: (name: String, key: StatedKey)?
    private var compression: String?
    private var isLarval = false
    var replay = SADEntry.ReplayProtection()
    var icvBits: Int?
    var selector: Selector?
    var isInTCP = false
    var options = SAOptions()

    /// Why there is nothing in it to read packets with.
    var reasonToSkip: String? { isLarval ? "this SA is larval: it has no keys yet, and is skipped" : nil }

    mutating func take(_ line: TextLine, _ remarks: inout [Diagnostic]) throws(Diagnostic) {
        switch line.text(line.words[0]) {
        case "E:": cipher = try line.algorithm()
        case "A:": integrity = try line.algorithm()
        case "C:":
            compression = line.text(wordAt: 1)
            try takeWords(line, from: 2, &remarks)
        case "NAT": originalAddress = line.text(wordAt: 1).flatMap { IPAddress($0.dropFirst("OA=".count)) }
        // Counters, times, limits and labels tell nothing about how packets look.
        case "created:", "diff:", "last:", "current:", "allocated:", "security": return
        case let word where line.text(wordAt: 1)?.hasPrefix("mode=") == true:
            protocolWord = word
            try takeWords(line, from: 1, &remarks)
        default: try takeWords(line, from: 0, &remarks)
        }
    }

    private mutating func takeWords(
        _ line: TextLine, from start: Int, _ remarks: inout [Diagnostic]
    ) throws(Diagnostic) {
        for word in line.words.dropFirst(start) {
            let parts = line.text(word).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let (name, value) = (String(parts[0]), parts.count == 2 ? String(parts[1]) : "")
            let place = line.location(word)
            guard try !take(name, value, at: place), try !takeExtension(name, value, at: place) else {
                continue
            }
            remarks.append(place.notice("'\(name.prefix(40))' is not known here, and is left out"))
        }
    }

    /// What setkey writes of every SA; false for anything else.
    private mutating func take(
        _ name: String, _ value: String, at place: SourceLocation
    ) throws(Diagnostic) -> Bool {
        switch name {
        case "mode": mode = try Self.mode(value, at: place)
        case "spi": spi = try number(value, at: place)
        case "reqid": requestID = try number(value, at: place)
        case "replay": replay.window = try number(value, at: place)
        case "flags": takeFlags(try number(value, at: place))
        case "state": isLarval = value == "larval"
        case "seq", "sadb_seq", "pid", "refcnt": return true
        default: return false
        }
        return true
    }

    private static func mode(_ word: String, at place: SourceLocation) throws(Diagnostic)
        -> EncapsulationMode?
    {
        switch word {
        case "any": return nil
        // PF_KEY's number, for which setkey has no word.
        case "3": return .beet
        default:
            guard let mode = EncapsulationMode(rawValue: word) else {
                throw place.error("this mode is not known here; expected transport, tunnel or any")
            }
            return mode
        }
    }

    /// The switches that PF_KEY has numbers for.
    private mutating func takeFlags(_ bits: UInt32) {
        if bits & 0x8000_0000 != 0 { options.flags.insert(.noECN) }
        if bits & 0x4000_0000 != 0 { options.flags.insert(.decapsulateDSCP) }
        if bits & 0x2000_0000 != 0 { options.flags.insert(.noPMTUDiscovery) }
    }

    func entry(
        from source: ListedEnd, to destination: ListedEnd, _ truncation: ScriptSettings.SHA256Truncation,
        at place: SourceLocation
    ) throws(Diagnostic) -> SADEntry {
        guard let spi else { throw place.error("this SA lacks its SPI; is the text cut?") }
        guard source.address.family == destination.address.family else {
            throw place.error("this SA's ends are of two address families")
        }
        let isInUDP = protocolWord.hasSuffix("-udp")
        let securityProtocol = try securityProtocol(at: place)
        var entry = SADEntry(
            id: SecurityAssociationID(
                destination: destination.address, protocol: securityProtocol, spi: SPI(spi)),
            source: source.address, mode: mode,
            transform: try transform(securityProtocol, truncation, at: place))
        entry.requestID = requestID
        entry.selector = selector
        entry.replay = replay
        entry.options = options
        if isInUDP {
            entry.encapsulation = SADEntry.Encapsulation(
                isInTCP ? .tcp : .udp,
                ports: UDPEncapsulation(
                    sourcePort: source.port ?? 0, destinationPort: destination.port ?? 0),
                originalAddress: originalAddress)
        }
        return entry
    }

    private func securityProtocol(at place: SourceLocation) throws(Diagnostic) -> SecurityProtocol {
        switch protocolWord {
        case "esp", "esp-udp": return .esp
        case "ah": return .ah
        case "ipcomp": return .ipcomp
        default:
            throw place.error(
                "this SA lacks its protocol: expected esp, esp-udp, ah or ipcomp in its second line")
        }
    }

    private func transform(
        _ securityProtocol: SecurityProtocol, _ truncation: ScriptSettings.SHA256Truncation,
        at place: SourceLocation
    ) throws(Diagnostic) -> SATransform {
        switch securityProtocol {
        case .esp: return try .checkedESP(try keyedCipher(), try keyedIntegrity(truncation), at: place)
        case .ah:
            guard let integrity = try keyedIntegrity(truncation) else { break }
            return .ah(integrity)
        case .ipcomp:
            guard let compression else { break }
            return .ipcomp(
                Catalogue.compression(setkey: compression).map { .known($0) } ?? .foreign(compression))
        }
        throw place.error("this SA lacks the algorithm that its protocol needs; is the text cut?")
    }

    /// Where none is listed, there is none: the null cipher has no key to list.
    private func keyedCipher() throws(Diagnostic) -> KeyedCipher {
        guard let cipher else { return KeyedCipher(.null, key: SecretKey(copying: [])) }
        guard let known = Catalogue.encryption(setkey: cipher.name) else {
            return KeyedCipher(.foreign(cipher.name), key: cipher.key.secret, icvBits: icvBits)
        }
        try cipher.key.check(for: known)
        return KeyedCipher(known, key: cipher.key.secret)
    }

    private func keyedIntegrity(
        _ truncation: ScriptSettings.SHA256Truncation
    ) throws(Diagnostic) -> KeyedIntegrity? {
        guard let integrity else { return nil }
        guard let known = Catalogue.integrity(setkey: integrity.name) else {
            guard let icvBits else {
                throw integrity.key.location.error(
                    "how many bits of ICV '\(integrity.name.prefix(60))' has in a packet is not written here")
            }
            return KeyedIntegrity(.foreign(integrity.name), key: integrity.key.secret, icvBits: icvBits)
        }
        try integrity.key.check(for: known)
        let bits = icvBits ?? (known == .hmacSHA256 ? truncation.rawValue : known.icvSize * 8)
        return known.icvSize * 8 == bits
            ? KeyedIntegrity(known, key: integrity.key.secret)
            : KeyedIntegrity(
                kernelName: known.xfrm ?? known.name, key: integrity.key.secret, icvBits: bits)
    }
}

extension TextLine {
    /// An algorithm's name and its key in groups of digits.
    fileprivate func algorithm() throws(Diagnostic) -> (name: String, key: StatedKey) {
        guard let name = text(wordAt: 1) else { throw location.error("expected an algorithm's name and key") }
        let parts = Array(words.dropFirst(2))
        guard let first = parts.first, let last = parts.last else {
            throw location.error("the key is missing behind the algorithm's name")
        }
        let place = location(first.lowerBound..<last.upperBound)
        guard byte(at: first.lowerBound) != UInt8(ascii: "*") else {
            throw place.error("this key is masked; run 'swiftkey -D --show-keys' as root")
        }
        return (name, try KeyText.decode(hexadecimal: parts, in: file, at: place))
    }
}
