// max_len: 700
import IPsec
import SADText
import SetkeyScript
import SourceText

/// Texts with SAs: any is read or refused, in the format its first octet names or the one it looks like; what was read is
/// read as the same from the statements that tell it; and a table for Wireshark is read as what it was made of.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    var settings = SADText.Settings()
    if let first = bytes.first, (1...4).contains(first) {
        settings.format = SADFormat.allCases[Int(first) - 1]
        bytes.removeFirst()
    }
    let read = SADText(SourceFile(name: "f", bytes: bytes), settings)
    for diagnostic in read.diagnostics where diagnostic.rendered.isEmpty { fatalError() }
    let table = WiresharkTable(read.entries)
    var lines: [String] = []
    table.forEachLine { lines.append($0) }
    guard lines.count == table.rows.count else { fatalError() }
    guard !lines.isEmpty else { return 0 }
    let again = SADText(
        SourceFile(name: "t", text: lines.joined(separator: "\n")), SADText.Settings(format: .wireshark))
    guard again.diagnostics.count(of: .error) == 0, again.entries.count == lines.count else { fatalError() }
    var second: [String] = []
    WiresharkTable(again.entries).forEachLine { second.append($0) }
    guard second == lines else { fatalError() }
    return 0
}
