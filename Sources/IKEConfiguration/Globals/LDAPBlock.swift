import SourceText

/// The `ldapcfg` block: checked, not in effect yet.
enum LDAPBlock {
    static let vocabulary = Vocabulary<Void>(
        place: "in an ldapcfg block",
        rules: [
            "version": number(2...3, "protocol version"),
            "host": text("a host"),
            "port": number(1...65535, "port"),
            "tls": .init { (_, arguments, _) throws(Diagnostic) in _ = try arguments.takeSwitch() },
            "base": text("a distinguished name"),
            "subtree": .init { (_, arguments, _) throws(Diagnostic) in _ = try arguments.takeSwitch() },
            "bind_dn": text("a distinguished name"),
            "bind_pw": text("a password"),
            "attr_user": text("an attribute"),
            "attr_addr": text("an attribute"),
            "attr_mask": text("an attribute"),
            "attr_group": text("an attribute"),
            "attr_member": text("an attribute"),
            "debug": number(0...65535, "debug level"),
            "timeout": number(0...3600, "timeout in seconds"),
            "uri": text("a URI"),
        ])

    static func take(_ arguments: inout Arguments, _ session: Session) throws(Diagnostic) {
        var nothing: Void = ()
        vocabulary.apply(try arguments.takeBlock(), to: &nothing, session)
        session.notInEffect(arguments)
    }

    private static func text(_ what: String) -> Vocabulary<Void>.Rule {
        .init { (_, arguments, _) throws(Diagnostic) in _ = try arguments.takeString(what) }
    }

    private static func number(_ range: ClosedRange<Int>, _ what: String) -> Vocabulary<Void>.Rule {
        .init { (_, arguments, _) throws(Diagnostic) in _ = try arguments.takeNumber(range, what) }
    }
}
