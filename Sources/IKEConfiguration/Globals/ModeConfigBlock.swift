import IPsec
import SourceText

/// The `mode_cfg` block: checked, not in effect yet.
enum ModeConfigBlock {
    static let vocabulary = Vocabulary<Void>(
        place: "in a mode_cfg block",
        rules: [
            "network4": .init { (_, arguments, _) throws(Diagnostic) in try checkAddress(&arguments) },
            "netmask4": .init { (_, arguments, _) throws(Diagnostic) in try checkNetmask(&arguments) },
            "pool_size": .init { (_, arguments, _) throws(Diagnostic) in
                _ = try arguments.takeNumber(1...16_777_216, "pool size")
            },
            "dns4": .init(isRepeatable: true, action: checkAddresses),
            "wins4": .init(isRepeatable: true, action: checkAddresses),
            "nbns4": .init(isRepeatable: true, action: checkAddresses),
            "default_domain": text("a domain"),
            "split_network": .init(isRepeatable: true) { (_, arguments, session) throws(Diagnostic) in
                try checkSplitNetwork(&arguments, session)
            },
            "split_dns": strings("a domain"),
            "banner": text("a file"),
            "auth_source": choice(["system", "radius", "pam", "ldap"]),
            "auth_groups": strings("a group"),
            "group_source": choice(["system", "ldap"]),
            "conf_source": choice(["local", "radius", "ldap"]),
            "accounting": choice(["none", "system", "radius", "pam"]),
            "auth_throttle": .init { (_, arguments, _) throws(Diagnostic) in
                _ = try arguments.takeNumber(0...3600, "throttle in seconds")
            },
            "pfs_group": .init { (_, arguments, _) throws(Diagnostic) in
                _ = try arguments.takeNumber(0...65535, "group number")
            },
            "save_passwd": choice(["on", "off"]),
        ])

    static func take(_ arguments: inout Arguments, _ session: Session) throws(Diagnostic) {
        var nothing: Void = ()
        vocabulary.apply(try arguments.takeBlock(), to: &nothing, session)
        session.notInEffect(arguments)
    }

    private static func text(_ what: String) -> Vocabulary<Void>.Rule {
        .init { (_, arguments, _) throws(Diagnostic) in _ = try arguments.takeString(what) }
    }

    private static func strings(_ what: String) -> Vocabulary<Void>.Rule {
        .init(isRepeatable: true) { (_, arguments, _) throws(Diagnostic) in
            repeat { _ = try arguments.takeString(what) } while arguments.takeOptionalPunctuation(",")
        }
    }

    private static func choice(_ words: [String]) -> Vocabulary<Void>.Rule {
        .init { (_, arguments, _) throws(Diagnostic) in _ = try arguments.takeChoice(words) }
    }

    @Sendable private static func checkAddresses(
        _: inout Void, _ arguments: inout Arguments, _: Session
    ) throws(Diagnostic) {
        repeat { try checkAddress(&arguments) } while arguments.takeOptionalPunctuation(",")
    }

    private static func checkAddress(_ arguments: inout Arguments) throws(Diagnostic) {
        let address = try arguments.takeAddress("an IPv4 address")
        guard address.address.family == .ipv4 else {
            throw address.token.location.error("expected an IPv4 address, found \(address.token.shown)")
        }
    }

    private static func checkNetmask(_ arguments: inout Arguments) throws(Diagnostic) {
        let place = arguments.location
        let mask = try arguments.takeAddress("a netmask, such as 255.255.255.0").address
        let inverse = UInt32(truncatingIfNeeded: ~mask.value)
        guard mask.family == .ipv4, inverse & (inverse &+ 1) == 0 else {
            throw place.error("\(mask) is not a netmask: its set bits must all come first")
        }
    }

    private static func checkSplitNetwork(_ arguments: inout Arguments, _ session: Session) throws(Diagnostic)
    {
        _ = try arguments.takeChoice(["include", "local_lan"])
        repeat { _ = try arguments.takeNetwork(session) } while arguments.takeOptionalPunctuation(",")
    }
}
