@testable import KeyAdministration

/// An output that keeps what it was given.
final class CollectedText {
    private(set) var text = ""
    /// How often something was handed on.
    private(set) var writes = 0

    func output(limit: Int = 65_536) -> TextOutput {
        TextOutput(limit: limit) { octets in
            self.text += String(decoding: octets, as: UTF8.self)
            self.writes += 1
        }
    }
}

/// What `body` writes.
func written(_ body: (TextOutput) -> Void) -> String {
    let collected = CollectedText()
    let output = collected.output()
    body(output)
    output.flush()
    return collected.text
}
