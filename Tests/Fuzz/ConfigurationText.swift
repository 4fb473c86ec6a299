// memory: safe
// max_len: 512
import IKEConfiguration
import SourceText

// why: libFuzzer calls from one thread.
nonisolated(unsafe) private var reads = 0

/// swiftike.conf: any text is read or refused, and every message about it can be shown.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    // Included files are the text itself once more, so that loops are met; often would only cost time.
    reads = 0
    let reading = FileReading(
        read: {
            reads += 1
            return reads > 3 || $0.hasSuffix("x") ? .failure(.init(reason: "no")) : .success(bytes)
        },
        matches: { $0.utf8.count > 3 ? [$0] : [] })
    switch ConfigurationFile.load(SourceFile(name: "f", bytes: bytes), reading: reading) {
    case .success(let configuration):
        guard configuration.notices.count(of: .error) == 0, show(configuration.notices) else { fatalError() }
    case .failure(let rejection):
        guard rejection.diagnostics.count(of: .error) > 0, show(rejection.diagnostics) else { fatalError() }
    }
    return 0
}

/// Renders the first few: the others are made the same way.
private func show(_ diagnostics: DiagnosticList) -> Bool {
    diagnostics.prefix(6).allSatisfy { !$0.rendered.isEmpty }
}
