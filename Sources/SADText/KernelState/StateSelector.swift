import IPsec
import SetkeyScript
import SourceText

extension StateWords {
    /// Takes `type espinudp sport 4500 dport 4500 addr 0.0.0.0`.
    mutating func takeEncapsulation() throws(Diagnostic) -> SADEntry.Encapsulation {
        _ = skip("type")
        let kind = try takeParsed("an encapsulation", Self.encapsulation)
        var encapsulation = SADEntry.Encapsulation(
            kind, ports: UDPEncapsulation(sourcePort: 0, destinationPort: 0))
        if skip("sport") { encapsulation.ports.sourcePort = try takeNumber("a port") }
        if skip("dport") { encapsulation.ports.destinationPort = try takeNumber("a port") }
        if skip("addr") {
            let address = try takeParsed("an address") { IPAddress($0) }
            encapsulation.originalAddress = address.isUnspecified ? nil : address
        }
        return encapsulation
    }

    private static func encapsulation(_ word: String) -> SADEntry.Encapsulation.Kind? {
        switch word {
        case "espinudp": .udp
        case "espinudp-nonike": .udpNonIKE
        case "espintcp": .tcp
        default: UInt16(word).map { .foreign($0) }
        }
    }

    /// Takes `src 10.1.0.0/24 dst 10.2.0.0/24 proto tcp dport 80 dev eth0`.
    mutating func takeSelector(
        _ options: inout SAOptions, _ names: NameServices
    ) throws(Diagnostic) -> Selector {
        guard skip("src") else { throw location.error("expected 'src' and a network") }
        let source = try takeParsed("a network") { IPPrefix($0) }
        guard skip("dst") else { throw location.error("expected 'dst' and a network") }
        let place = location
        let destination = try takeParsed("a network") { IPPrefix($0) }
        guard destination.family == source.family else {
            throw place.error("expected a network of the other end's address family")
        }
        var selector = Selector(source: source, destination: destination)
        try takeUpperLayer(&selector, names)
        if skip("dev") {
            let device = text(try take("a network interface"))
            options.interface = names.interface(device) ?? 0
        }
        if skip("uid") { skip() }
        return selector
    }

    private mutating func takeUpperLayer(
        _ selector: inout Selector, _ names: NameServices
    ) throws(Diagnostic) {
        if skip("proto") {
            selector.upperProtocol = try takeParsed("a protocol, by number or a name known here") {
                UInt8($0) ?? Self.protocols[$0] ?? names.upperProtocol($0)
            }
        }
        while let word = next {
            switch word {
            case "sport", "type":
                skip()
                selector.sourcePort = try takeNumber("a number")
            case "dport", "code":
                skip()
                selector.destinationPort = try takeNumber("a number")
            case "key":
                skip()
                let key: UInt32 = try takeNumber("a key")
                selector.sourcePort = UInt16(truncatingIfNeeded: key >> 16)
                selector.destinationPort = UInt16(truncatingIfNeeded: key)
            default: return
            }
        }
    }

    /// What /etc/protocols calls those that have ports or types.
    private static let protocols: [String: UInt8] = [
        "icmp": 1, "tcp": 6, "udp": 17, "dccp": 33, "gre": 47, "ipv6-icmp": 58, "sctp": 132,
        "mobility-header": 135,
    ]
}
