import SetkeyScript
import SourceText

extension Document {
    /// `include_policy "FILE";` Policies of setkey files are loaded in the order of these statements.
    mutating func takeIncludePolicy(_ arguments: inout Arguments, _ session: Session) throws(Diagnostic) {
        let name = try arguments.takeString("a setkey file")
        let path = resolved(name.text)
        switch session.read(path, for: name.location) {
        case nil: return
        case .failure(let failure):
            throw name.location.error("the policy file '\(path)' cannot be read: \(failure.reason)")
        case .success(let bytes):
            session.report(policies.apply(SourceFile(name: path, bytes: bytes)))
        }
    }
}
