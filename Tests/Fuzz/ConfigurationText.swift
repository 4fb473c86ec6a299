// modules: SourceText Algorithms KeyMaterial IPsec Cryptography Credentials SetkeyScript Negotiation IKEConfiguration
// max_len: 512
import IKEConfiguration
import SourceText

// why: libFuzzer calls from one thread.
nonisolated(unsafe) private var reads = 0

/// swiftike.conf: any text is read or refused, and every message about it can be shown.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    // Included files are the text itself once more, a few times, so that loops and depth are met.
    reads = 0
    let reading = FileReading(
        read: {
            reads += 1
            return reads > 12 || $0.hasSuffix("x") ? .failure(.init(reason: "no")) : .success(bytes)
        },
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
