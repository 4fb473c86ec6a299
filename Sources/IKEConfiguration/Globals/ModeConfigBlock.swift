import IPsec
import Negotiation
import SourceText

/// The `mode_cfg` block: what peers get that ask for an address.
struct ModeConfigBlock {
    private let location: SourceLocation
    private var first4: (address: IPAddress, location: SourceLocation)?
    private var first6: (address: IPAddress, location: SourceLocation)?
    private var network4: IPPrefix?
    private var size: Int?
    private var configuration = AssignedConfiguration()
    /// Statements that change nothing yet.
    private var inert: [Token] = []

    /// racoon's.
    private static let usualSize = 255

    static let vocabulary = Vocabulary<ModeConfigBlock>(
        place: "in a mode_cfg block",
        rules: addressRules.merging(settingRules) { first, _ in first }
            .merging(inertRules) { first, _ in first })

    private static let addressRules: [String: Vocabulary<ModeConfigBlock>.Rule] = [
        "network4": .init { (block, arguments, _) throws(Diagnostic) in
            let place = arguments.location
            block.first4 = (try arguments.takeAddress(of: .ipv4), place)
        },
        "network6": .init { (block, arguments, _) throws(Diagnostic) in
            let place = arguments.location
            block.first6 = (try arguments.takeAddress(of: .ipv6), place)
        },
        "netmask4": .init { (block, arguments, _) throws(Diagnostic) in
            block.network4 = try arguments.takeNetmask()
        },
        "pool_size": .init { (block, arguments, _) throws(Diagnostic) in
            block.size = try arguments.takeNumber(1...AddressPoolPolicy.largest, "pool size")
        },
    ]

    private static let settingRules: [String: Vocabulary<ModeConfigBlock>.Rule] = [
        "dns4": .init(isRepeatable: true) { (block, arguments, _) throws(Diagnostic) in
            block.configuration.nameServers += try arguments.takeAddresses(of: .ipv4)
        },
        "dns6": .init(isRepeatable: true) { (block, arguments, _) throws(Diagnostic) in
            block.configuration.nameServers += try arguments.takeAddresses(of: .ipv6)
        },
        "split_network": .init(isRepeatable: true) { (block, arguments, session) throws(Diagnostic) in
            let isIncluded = try arguments.takeChoice(["include", "local_lan"]).text == "include"
            if !isIncluded { block.inert.append(arguments.keyword) }
            repeat {
                let network = try arguments.takeNetwork(session)
                if isIncluded { block.configuration.networks += network.prefixes }
            } while arguments.takeOptionalPunctuation(",")
        },
        "default_domain": .init { (block, arguments, _) throws(Diagnostic) in
            block.configuration.domains.append(try arguments.takeString("a domain").text)
        },
        "split_dns": .init(isRepeatable: true) { (block, arguments, _) throws(Diagnostic) in
            repeat {
                block.configuration.domains.append(try arguments.takeString("a domain").text)
            } while arguments.takeOptionalPunctuation(",")
        },
    ]

    private static let inertRules: [String: Vocabulary<ModeConfigBlock>.Rule] = [
        "wins4": inert { (arguments) throws(Diagnostic) in _ = try arguments.takeAddresses(of: .ipv4) },
        "nbns4": inert { (arguments) throws(Diagnostic) in _ = try arguments.takeAddresses(of: .ipv4) },
        "banner": inert { (arguments) throws(Diagnostic) in _ = try arguments.takeString("a file") },
        "auth_source": choice(["system", "radius", "pam", "ldap"]),
        "auth_groups": strings("a group"),
        "group_source": choice(["system", "ldap"]),
        "conf_source": choice(["local", "radius", "ldap"]),
        "accounting": choice(["none", "system", "radius", "pam"]),
        "auth_throttle": inert { (arguments) throws(Diagnostic) in
            _ = try arguments.takeNumber(0...3600, "throttle in seconds")
        },
        "pfs_group": inert { (arguments) throws(Diagnostic) in
            _ = try arguments.takeNumber(0...65535, "group number")
        },
        "save_passwd": choice(["on", "off"]),
    ]

    private static func inert(
        _ check: @escaping @Sendable (inout Arguments) throws(Diagnostic) -> Void
    ) -> Vocabulary<ModeConfigBlock>.Rule {
        .init(isRepeatable: true) { (block, arguments, _) throws(Diagnostic) in
            try check(&arguments)
            block.inert.append(arguments.keyword)
        }
    }

    private static func strings(_ what: String) -> Vocabulary<ModeConfigBlock>.Rule {
        inert { (arguments) throws(Diagnostic) in
            repeat { _ = try arguments.takeString(what) } while arguments.takeOptionalPunctuation(",")
        }
    }

    private static func choice(_ words: [String]) -> Vocabulary<ModeConfigBlock>.Rule {
        inert { (arguments) throws(Diagnostic) in _ = try arguments.takeChoice(words) }
    }

    /// Takes the block; what it says together is seen once everything is read.
    static func take(_ arguments: inout Arguments, _ session: Session) throws(Diagnostic) -> Self {
        var block = ModeConfigBlock(location: arguments.statementLocation)
        vocabulary.apply(try arguments.takeBlock(), to: &block, session)
        return block
    }

    private init(location: SourceLocation) { self.location = location }

    /// What is given to peers; nil where nothing can be, which is said.
    ///
    /// - Parameter isForVersion2: whether there is a peer that can ask.
    func pool(isForVersion2: Bool, _ session: Session) -> AddressPoolPolicy? {
        guard isForVersion2 else {
            session.report(location.notice("'mode_cfg' accepted, not in effect yet"))
            return nil
        }
        for word in inert {
            session.report(word.location.notice("'\(word.text)' accepted, not in effect yet"))
        }
        let ranges = [first4, first6].compactMap { $0 }.compactMap { first in
            range(from: first.address, at: first.location, session)
        }
        guard !ranges.isEmpty else {
            session.report(
                location.warning("this mode_cfg has neither network4 nor network6: no peer gets an address"))
            return nil
        }
        return AddressPoolPolicy(ranges: ranges, configuration: configuration, origin: location.origin)
    }

    private func range(
        from first: IPAddress, at place: SourceLocation, _ session: Session
    ) -> TrafficSelector? {
        let count = UInt128(size ?? Self.usualSize)
        let end = first.family == .ipv4 ? UInt128(UInt32.max) : UInt128.max
        let net = first.family == .ipv4 ? network4.flatMap { IPPrefix(first, length: $0.length) } : nil
        let last = min(first.value.addingReportingOverflow(count - 1).partialValue, net?.last.value ?? end)
        guard first.value <= end - (count - 1) || net != nil, last >= first.value else {
            session.report(place.error("\(first) and the \(count - 1) addresses behind it do not exist"))
            return nil
        }
        if size != nil, let net, last - first.value < count - 1 {
            session.report(
                place.warning(
                    "\(net) ends before pool_size is reached: the pool has \(last - first.value + 1)"))
        }
        return TrafficSelector(first: first, last: IPAddress(family: first.family, value: last))
    }
}

extension Arguments {
    fileprivate mutating func takeAddress(of family: AddressFamily) throws(Diagnostic) -> IPAddress {
        let kind = family == .ipv4 ? "IPv4" : "IPv6"
        let address = try takeAddress("an \(kind) address")
        guard address.address.family == family, address.interface == nil else {
            throw address.token.location.error("expected an \(kind) address, found \(address.token.shown)")
        }
        return address.address
    }

    fileprivate mutating func takeAddresses(of family: AddressFamily) throws(Diagnostic) -> [IPAddress] {
        var addresses: [IPAddress] = []
        repeat { addresses.append(try takeAddress(of: family)) } while takeOptionalPunctuation(",")
        return addresses
    }

    /// Takes a mask; as a prefix of its length.
    fileprivate mutating func takeNetmask() throws(Diagnostic) -> IPPrefix? {
        let place = location
        let mask = try takeAddress("a netmask, such as 255.255.255.0").address
        let inverse = UInt32(truncatingIfNeeded: ~mask.value)
        guard mask.family == .ipv4, inverse & (inverse &+ 1) == 0 else {
            throw place.error("\(mask) is not a netmask: its set bits must all come first")
        }
        return IPPrefix(mask, length: 32 - inverse.nonzeroBitCount)
    }
}
