// max_len: 400
import IPsec
import SetkeyScript
import SourceText

/// setkey's language: any text is read or refused, what is read is printed and read again as the same, its requests
/// do not depend on which of the two is resolved, and inbound policies have their forward copies.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let file = SourceFile(name: "f", bytes: bytes)
    var table = PolicyTable()
    for diagnostic in table.apply(file) where diagnostic.rendered.isEmpty { fatalError() }
    guard Set(table.policies.map(\.id)).count == table.policies.count else { fatalError() }
    let statements = StatementParser.parse(file).statements
    guard isText(bytes) else { return 0 }
    let printed = statements.map(\.text)
    let again = StatementParser.parse(SourceFile(name: "f", text: printed.joined(separator: "\n")))
    guard again.statements.map(\.text) == printed, again.diagnostics.isEmpty else { fatalError() }
    guard requests(of: statements) == requests(of: again.statements) else { fatalError() }
    return 0
}

/// Whether the octets are the UTF-8 that a printed string keeps.
private func isText(_ bytes: [UInt8]) -> Bool { Array(String(decoding: bytes, as: UTF8.self).utf8) == bytes }

/// What the statements ask for, entries as setkey writes them.
private func requests(of statements: [Statement]) -> [String] {
    let names = NameServices(
        addresses: { name in
            name.name.utf8.count.isMultiple(of: 2)
                ? .failure(NameFailure("none")) : .success([.unspecified(.ipv4), .unspecified(.ipv6)])
        }, port: { UInt16(exactly: $0.utf8.count) }, upperProtocol: { UInt8(exactly: $0.utf8.count) },
        interface: { UInt32(exactly: $0.utf8.count) })
    var resolution = StatementResolution(names: names)
    return statements.map { statement in
        guard let resolved = try? resolution.resolve(statement) else { return "refused" }
        guard case .requests(let requests) = resolved.action else { return statement.text }
        return requests.map(text).joined(separator: "\n")
    }
}

private func text(_ request: DatabaseRequest) -> String {
    switch request {
    case .addSA(let entry), .updateSA(let entry), .allocateSPI(let entry, _): entry.setkeyText
    case .addPolicy(let entry), .updatePolicy(let entry): entry.setkeyText
    case .getSA, .deleteSA, .getPolicy, .deletePolicy, .flushSAD, .flushSPD: "\(request)"
    }
}
