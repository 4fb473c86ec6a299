// modules: SourceText Algorithms KeyMaterial IPsec SetkeyScript
// max_len: 400
import IPsec
import SetkeyScript
import SourceText

/// setkey's language: any text is read or refused, and inbound policies have their forward copies.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    var table = PolicyTable()
    for diagnostic in table.apply(SourceFile(name: "f", bytes: bytes)) where diagnostic.rendered.isEmpty {
        fatalError()
    }
    guard Set(table.policies.map(\.id)).count == table.policies.count else { fatalError() }
    return 0
}
