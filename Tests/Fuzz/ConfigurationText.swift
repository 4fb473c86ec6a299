// modules: SourceText Algorithms KeyMaterial IPsec Cryptography Credentials SetkeyScript Negotiation IKEConfiguration
import IKEConfiguration
import SourceText

/// swiftike.conf: any text is read or refused, and every message about it can be shown.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    // Included files are the text itself once more, so that loops and depth are met.
    let reading = FileReading(
        read: { $0.hasSuffix("x") ? .failure(.init(reason: "no")) : .success(bytes) },
        matches: { $0.utf8.count > 3 ? [$0] : [] })
    switch ConfigurationFile.load(SourceFile(name: "f", bytes: bytes), reading: reading) {
    case .success(let configuration):
        for notice in configuration.notices where notice.severity == .error || notice.rendered.isEmpty {
            fatalError()
        }
    case .failure(let rejection):
        guard rejection.diagnostics.contains(where: { $0.severity == .error }) else { fatalError() }
        for diagnostic in rejection.diagnostics where diagnostic.rendered.isEmpty { fatalError() }
    }
    return 0
}
