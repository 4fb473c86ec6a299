import Algorithms
import IPsec
import KeyMaterial
import SetkeyScript
import SourceText

/// What `ip xfrm state` wrote of one SA, as far as it was read.
struct KernelState {
    var source: IPAddress
    var destination: IPAddress?
    private var protocolWord: String?
    private var spi: UInt32?
    private var mode: EncapsulationMode?
    /// A mode that protects nothing, such as Mobile IPv6's.
    private var foreignMode: String?
    private var requestID: UInt32 = 0
    private var cipher: StatedAlgorithm?
    private var integrity: StatedAlgorithm?
    private var compression: String?
    private var encapsulation: SADEntry.Encapsulation?
    private var selector: Selector?
    private var acquireSequence: UInt32 = 0
    var replay = SADEntry.ReplayProtection()
    var options = SAOptions()

    init(source: IPAddress) {
        self.source = source
    }

    /// Why the SA is none of packets, or has no keys yet; nil for others.
    var reasonToSkip: String? {
        if let foreignMode {
            return "this SA is of mode '\(foreignMode)', which protects no packets; it is skipped"
        }
        if let protocolWord, securityProtocol == nil {
            return
                "this SA is of the protocol '\(protocolWord.prefix(20))', which protects no packets; it is skipped"
        }
        guard cipher == nil, integrity == nil, compression == nil else { return nil }
        return "this SA has no keys yet; it is skipped"
    }

    private var securityProtocol: SecurityProtocol? {
        switch protocolWord {
        case "esp", "50": .esp
        case "ah", "51": .ah
        case "comp", "108": .ipcomp
        default: nil
        }
    }

    /// Takes what follows a word; false if the word is unknown.
    mutating func take(
        _ word: String, from words: inout StateWords, _ names: NameServices
    ) throws(Diagnostic) -> Bool {
        switch word {
        case "proto": protocolWord = words.text(try words.take("a protocol"))
        case "spi": spi = try words.takeNumber("an SPI")
        case "reqid": requestID = try words.takeNumber("a request ID")
        case "mode": try takeMode(from: &words)
        case "auth": integrity = try words.takeAlgorithm()
        case "auth-trunc": integrity = try words.takeTruncatedAlgorithm()
        case "aead": cipher = try words.takeTruncatedAlgorithm()
        case "enc": cipher = try words.takeAlgorithm()
        case "comp": compression = words.text(try words.take("an algorithm's name"))
        case "encap": encapsulation = try words.takeEncapsulation()
        case "sel": selector = try words.takeSelector(&options, names)
        case "seq": acquireSequence = try words.takeNumber("a sequence number")
        case "replay-window": replay.window = max(replay.window, try words.takeNumber("a count of packets"))
        case "anti-replay": try takeReplayPosition(from: &words)
        default: return try takeOption(word, from: &words)
        }
        return true
    }

    private mutating func takeMode(from words: inout StateWords) throws(Diagnostic) {
        let word = words.text(try words.take("a mode"))
        mode = EncapsulationMode(rawValue: word)
        if mode == nil { foreignMode = String(word.prefix(20)) }
    }

    func entry(at place: SourceLocation) throws(Diagnostic) -> SADEntry {
        guard let destination, let securityProtocol, let spi else {
            throw place.error("this SA lacks its protocol or SPI; is the text cut?")
        }
        guard destination.family == source.family else {
            throw place.error("this SA's ends are of two address families")
        }
        var entry = SADEntry(
            id: SecurityAssociationID(destination: destination, protocol: securityProtocol, spi: SPI(spi)),
            source: source, mode: mode, transform: try transform(securityProtocol, at: place))
        entry.requestID = requestID
        entry.selector = selector
        entry.encapsulation = encapsulation
        entry.replay = replay
        entry.acquireSequence = acquireSequence
        entry.options = options
        return entry
    }

    private func transform(
        _ securityProtocol: SecurityProtocol, at place: SourceLocation
    ) throws(Diagnostic) -> SATransform {
        switch securityProtocol {
        case .esp:
            guard let cipher else { break }
            let keyed = try integrity.map { (stated) throws(Diagnostic) in try stated.integrity() }
            return try .checkedESP(try cipher.cipher(), keyed, at: place)
        case .ah:
            guard let integrity else { break }
            return .ah(try integrity.integrity())
        case .ipcomp:
            guard let compression else { break }
            return .ipcomp(
                Catalogue.compression(xfrm: compression).map { .known($0) } ?? .foreign(compression))
        }
        throw place.error("this SA lacks the algorithm that its protocol needs; is the text cut?")
    }
}
