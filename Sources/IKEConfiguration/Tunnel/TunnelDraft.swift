import Algorithms
import IPsec
import Negotiation
import SourceText

/// A `tunnel` block as it is read.
struct TunnelDraft {
    /// The header, for messages.
    var location: SourceLocation
    var name: String
    var remote: (name: String, location: SourceLocation)?
    var localNet: (selector: TrafficSelector, location: SourceLocation)?
    var remoteNet: (selector: TrafficSelector, location: SourceLocation)?
    /// Whose end is an address that one side gives the other, and where it is said.
    var assigned: [(side: AssignedSide, location: SourceLocation)] = []
    var mode: EncapsulationMode = .tunnel
    /// `protocol`, and where it is said.
    var header: (kind: SecurityProtocol, location: SourceLocation)?
    /// `compression`, and where it is said.
    var compression: (algorithm: CompressionAlgorithm, location: SourceLocation)?
    var start: StartMode = .onDemand
    /// The network device of the user-space plane that it is to have.
    var interface: String?
    /// Whether every statement was understood.
    var isRead = false

    init(location: SourceLocation, name: String) {
        self.location = location
        self.name = name
    }

    static let vocabulary = Vocabulary<TunnelDraft>(
        place: "in a tunnel",
        rules: [
            "remote": .init { (tunnel, arguments, _) throws(Diagnostic) in
                let place = arguments.location
                if let name = arguments.takeOptionalString() {
                    tunnel.remote = (name.text, place)
                } else {
                    tunnel.remote = (Document.name(of: try arguments.takePeer()), place)
                }
            },
            "local_net": .init { (tunnel, arguments, session) throws(Diagnostic) in
                if tunnel.takeAssigned(.local, &arguments) { return }
                tunnel.localNet = try arguments.takeTraffic(session)
            },
            "remote_net": .init { (tunnel, arguments, session) throws(Diagnostic) in
                if tunnel.takeAssigned(.remote, &arguments) { return }
                tunnel.remoteNet = try arguments.takeTraffic(session)
            },
            "mode": .init { (tunnel, arguments, _) throws(Diagnostic) in
                let word = try arguments.takeChoice(["tunnel", "transport"])
                tunnel.mode = word.text == "tunnel" ? .tunnel : .transport
            },
            "protocol": .init { (tunnel, arguments, _) throws(Diagnostic) in
                let place = arguments.location
                let word = try arguments.takeChoice(["esp", "ah"])
                tunnel.header = (word.text == "ah" ? .ah : .esp, place)
            },
            "compression": .init { (tunnel, arguments, _) throws(Diagnostic) in
                let place = arguments.location
                let word = try arguments.takeChoice(["deflate", "off"])
                tunnel.compression = word.text == "deflate" ? (.deflate, place) : nil
            },
            "start": .init { (tunnel, arguments, _) throws(Diagnostic) in
                let word = try arguments.takeChoice(["up", "on_demand", "listen"])
                tunnel.start = StartMode(rawValue: word.text) ?? .onDemand
            },
            "interface": .init { (tunnel, arguments, _) throws(Diagnostic) in
                tunnel.interface = try arguments.takeInterface()
            },
        ])
}

extension TunnelDraft {
    /// Takes the word that stands for an address of the other side's, if it comes next.
    private mutating func takeAssigned(_ side: AssignedSide, _ arguments: inout Arguments) -> Bool {
        let place = arguments.location
        guard arguments.takeOptionalWord("assigned") != nil else { return false }
        assigned.append((side, place))
        return true
    }
}

extension Document {
    private static let longestName = 64

    /// Takes `tunnel "name" { … }`.
    mutating func takeTunnel(_ arguments: inout Arguments, _ session: Session) throws(Diagnostic) {
        let name = try arguments.takeString("a tunnel's name")
        guard name.text.count <= Self.longestName, name.text.unicodeScalars.allSatisfy(Self.isNameCharacter)
        else {
            throw name.location.error(
                "a tunnel's name has at most \(Self.longestName) printable characters and no blanks")
        }
        if let first = tunnels.first(where: { $0.name == name.text }) {
            throw name.location.error(
                "a tunnel \"\(name.text)\" is there already, at \(first.location.origin)")
        }
        var tunnel = TunnelDraft(location: arguments.statementLocation, name: name.text)
        let block = try arguments.takeBlock()
        tunnel.isRead = session.succeeds { TunnelDraft.vocabulary.apply(block, to: &tunnel, session) }
        tunnels.append(tunnel)
    }

    private static func isNameCharacter(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value > 0x20 && !(0x7f...0xa0).contains(scalar.value)
    }
}

extension Arguments {
    /// Takes `NET[port] [UL]`.
    fileprivate mutating func takeTraffic(
        _ session: Session
    ) throws(Diagnostic) -> (selector: TrafficSelector, location: SourceLocation) {
        let start = location
        var selector = try takeNetwork(session)
        if isAtUpperProtocol { selector.upperProtocol = try takeUpperProtocol() }
        if selector.ports != TrafficSelector.anyPort, !UpperProtocol.hasPorts(selector.upperProtocol) {
            throw location(from: start).error(
                "a port needs a protocol that has ports, 'tcp' or 'udp', behind it")
        }
        return (selector, location(from: start))
    }

    private static let longestInterface = 15

    /// Takes a network device's name in quotes, one that the kernel takes as it is.
    fileprivate mutating func takeInterface() throws(Diagnostic) -> String {
        let name = try takeString("a network interface's name")
        let count = name.text.utf8.count
        guard count <= Self.longestInterface else {
            throw name.location.error(
                "a network interface's name has at most \(Self.longestInterface) characters, this one has \(count)"
            )
        }
        guard name.text.unicodeScalars.allSatisfy(Self.isInterfaceCharacter),
            ![".", ".."].contains(name.text)
        else {
            throw name.location.error(
                "a network interface's name is made of letters, digits, '-', '_' and '.', such as \"ipsec0\"")
        }
        guard name.text != "lo" else {
            throw name.location.error(
                "\"lo\" is the loopback interface; choose another name, such as \"ipsec0\"")
        }
        return name.text
    }

    private static func isInterfaceCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": true
        default: false
        }
    }
}
