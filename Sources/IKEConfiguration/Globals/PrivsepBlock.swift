import SourceText

/// The `privsep` block: checked, not in effect yet.
enum PrivsepBlock {
    static let vocabulary = Vocabulary<Void>(
        place: "in a privsep block",
        rules: [
            "user": .init { (_, arguments, _) throws(Diagnostic) in try checkAccount(&arguments, "a user") },
            "group": .init { (_, arguments, _) throws(Diagnostic) in try checkAccount(&arguments, "a group")
            },
            "chroot": .init { (_, arguments, _) throws(Diagnostic) in
                _ = try arguments.takeString("a directory")
            },
        ])

    static func take(_ arguments: inout Arguments, _ session: Session) throws(Diagnostic) {
        var nothing: Void = ()
        vocabulary.apply(try arguments.takeBlock(), to: &nothing, session)
        session.notInEffect(arguments)
    }

    private static func checkAccount(_ arguments: inout Arguments, _ what: String) throws(Diagnostic) {
        if try arguments.takeOptionalNumber(0...Int(UInt32.max), what) == nil {
            _ = try arguments.takeString("\(what) by number or name")
        }
    }
}
