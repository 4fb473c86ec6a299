import IPsec

extension HostReference {
    /// As setkey writes it.
    var text: String {
        switch form {
        case .address(let address): address.description
        case .scoped(let address, let interface): "\(address)%\(interface)"
        case .name(let name): name
        }
    }
}

extension PortReference {
    /// With the brackets.
    var text: String {
        switch self {
        case .any: "[any]"
        case .number(let number): "[\(number)]"
        case .service(let name): "[\(name)]"
        }
    }
}

extension EndpointReference {
    var text: String { host.text + (port?.text ?? "") }
}

extension RangeReference {
    var text: String { host.text + (prefixLength.map { "/\($0)" } ?? "") + (port?.text ?? "") }
}

extension NameRestriction {
    /// `-4n`, or nothing.
    var text: String {
        let family =
            switch family {
            case nil: ""
            case .ipv4: "4"
            case .ipv6: "6"
            }
        let letters = family + (isNumericOnly ? "n" : "")
        return letters.isEmpty ? "" : "-" + letters
    }
}
