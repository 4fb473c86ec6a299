import SourceText

/// The `listen` block.
enum ListenBlock {
    static let vocabulary = Vocabulary<ListenPolicy>(
        place: "in a listen block",
        rules: [
            "isakmp": .init(isRepeatable: true) { (listen, arguments, _) throws(Diagnostic) in
                listen.isakmp.append(try takeAddress(&arguments, among: listen.isakmp))
            },
            "isakmp_natt": .init(isRepeatable: true) { (listen, arguments, _) throws(Diagnostic) in
                listen.isakmpNATT.append(try takeAddress(&arguments, among: listen.isakmpNATT))
            },
            "strict_address": .init { (listen, _, _) throws(Diagnostic) in listen.isStrict = true },
            "adminsock": .inert { (arguments) throws(Diagnostic) in try checkAdminSocket(&arguments) },
        ])

    private static func takeAddress(
        _ arguments: inout Arguments, among known: [ListenAddress]
    ) throws(Diagnostic) -> ListenAddress {
        let scoped = try arguments.takeAddress("an address to listen on")
        let portLocation = arguments.location
        let port = try arguments.takePort()
        guard port != 0 else { throw portLocation.error("expected a port of 1 to 65535") }
        let listen = ListenAddress(address: scoped.address, interface: scoped.interface, port: port)
        guard !known.contains(listen) else {
            throw scoped.token.location.error("this address is listened on already")
        }
        return listen
    }

    /// `"path" ["owner" "group" MODE]` or `disabled`.
    private static func checkAdminSocket(_ arguments: inout Arguments) throws(Diagnostic) {
        guard arguments.takeOptionalWord("disabled") == nil else { return }
        _ = try arguments.takeString("the socket's path")
        guard arguments.takeOptionalString() != nil else { return }
        _ = try arguments.takeString("a group")
        let mode = try arguments.takeWord("an access mode, such as 0660")
        guard let bits = Int(mode.text, radix: 8), (0...0o777).contains(bits) else {
            throw mode.location.error(
                "expected an access mode of octal digits, such as 0660, found \(mode.shown)")
        }
    }
}
