import Foundation
import TestSupport
import Testing

@testable import IKEv1

/// Every input that ever broke a decoder, and every input that fuzzing starts from, once more.
@Suite("Replay of fuzz inputs")
struct MessageReplayTests {
    private static func inputs(_ target: String) -> [(name: String, octets: [UInt8])] {
        ["Seeds", "Findings"].flatMap { kind in
            let folder = VectorFile.packageRoot.appending(path: "Tests/Fuzz/\(kind)/\(target)")
            let files =
                (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil))
                ?? []
            return files.compactMap { file in
                (try? Data(contentsOf: file)).map { (file.lastPathComponent, [UInt8]($0)) }
            }
        }
    }

    @Test("datagrams in clear")
    func clear() {
        let inputs = Self.inputs("IKEv1Message")
        #expect(inputs.count >= 9)
        for input in inputs { #expect(MessageWalk.clear(input.octets) == nil, "\(input.name)") }
    }

    @Test("decrypted bodies")
    func decrypted() {
        let inputs = Self.inputs("IKEv1Payloads")
        #expect(inputs.count >= 9)
        for input in inputs { #expect(MessageWalk.decrypted(input.octets) == nil, "\(input.name)") }
    }

    @Test("bodies encrypted on the way")
    func encrypted() {
        let inputs = Self.inputs("IKEv1Encrypted")
        #expect(inputs.count >= 9)
        for input in inputs { #expect(MessageWalk.encrypted(input.octets) == nil, "\(input.name)") }
    }

    @Test("captured messages", .enabled(if: VectorFile.isPresent("ike-seeds"), "vectors/ike-seeds is absent"))
    func captured() {
        let inputs = VectorFile.sharedFiles(in: "ike-seeds")
        var read = 0
        for input in inputs {
            #expect(MessageWalk.clear(input.bytes) == nil, "\(input.name)")
            if (try? Message(decoding: input.bytes)) != nil { read += 1 }
        }
        #expect(read >= 30, "\(read) of \(inputs.count) captured messages are IKEv1 in clear")
    }
}
