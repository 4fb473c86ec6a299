import Negotiation
import SourceText

/// A `script` statement as it is read.
struct ScriptDraft {
    var occasion: ScriptOccasion
    var name: Token
}

extension RemoteDraft {
    static let scriptRules: [String: Vocabulary<RemoteDraft>.Rule] = [
        "script": .init(isRepeatable: true) { (remote, arguments, _) throws(Diagnostic) in
            let name = try arguments.takeString("a script")
            let word = try arguments.takeChoice(ScriptOccasion.allCases.map(\.rawValue))
            guard let occasion = ScriptOccasion(rawValue: word.text) else { return }
            // What is stated here replaces what was inherited.
            if !remote.statesScripts { remote.scripts = [] }
            remote.statesScripts = true
            remote.scripts.append(ScriptDraft(occasion: occasion, name: name))
        }
    ]

    /// The policy with its scripts, whose names start in the folder of `path script`.
    func policy(scriptsIn folder: String?, _ session: Session) -> PeerPolicy {
        var policy = policy
        policy.scripts = scripts.map { draft in
            let path = FilePath.join(folder ?? "", draft.name.text)
            if !path.hasPrefix("/") {
                session.report(
                    draft.name.location.error(
                        "the script '\(path)' does not begin with '/'; write its whole path, or a "
                            + "'path script' that is whole"))
            }
            return PeerScript(draft.occasion, path: path, origin: draft.name.location.origin)
        }
        return policy
    }
}
