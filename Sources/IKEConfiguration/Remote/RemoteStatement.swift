import Negotiation
import SourceText

extension Document {
    /// `remote "name"|ADDR|anonymous [inherit PARENT] { … }`, or `;` after a parent.
    mutating func takeRemote(_ arguments: inout Arguments, _ session: Session) throws(Diagnostic) {
        var remote = try takeHeader(&arguments)
        if let first = remotes.first(where: { $0.policy.name == remote.policy.name }) {
            throw remote.location.error(
                "a remote '\(remote.policy.name)' is there already, at \(first.location.origin)")
        }
        let hasParent = arguments.takeOptionalWord("inherit") != nil
        if hasParent {
            remote.inherit(try takeParent(&arguments))
        }
        // The name is known from here on, whatever happens in the block.
        remotes.append(remote)
        if arguments.hasBlock || !hasParent {
            let block = try arguments.takeBlock()
            let isClean = session.succeeds { RemoteDraft.vocabulary.apply(block, to: &remote, session) }
            if isClean { remote.finish(session) }
        } else {
            remote.finish(session)
        }
        remotes[remotes.count - 1] = remote
    }

    private func takeHeader(_ arguments: inout Arguments) throws(Diagnostic) -> RemoteDraft {
        if let name = arguments.takeOptionalString() {
            guard !name.text.isEmpty else { throw name.location.error("a remote's name is empty") }
            return RemoteDraft(
                location: arguments.statementLocation, name: name.text, match: .anonymous, isNamed: true,
                directory: directory)
        }
        let match = try arguments.takePeer()
        return RemoteDraft(
            location: arguments.statementLocation, name: Self.name(of: match), match: match, isNamed: false,
            directory: directory)
    }

    /// How an unnamed block is spoken of: by its address as text.
    static func name(of match: PeerMatch) -> String {
        switch match {
        case .anonymous: "anonymous"
        case .address(let address, nil): "\(address)"
        case .address(let address, .some(let port)): "\(address)[\(port)]"
        }
    }

    private func takeParent(_ arguments: inout Arguments) throws(Diagnostic) -> RemoteDraft {
        let place = arguments.location
        let name: String
        if let string = arguments.takeOptionalString() {
            name = string.text
        } else {
            name = Self.name(of: try arguments.takePeer())
        }
        guard let parent = remotes.first(where: { $0.policy.name == name }) else {
            let hint = Suggestion.hint(for: name, among: remotes.map(\.policy.name))
            throw place.error(
                "no remote '\(SourceFile.printable(name.utf8))' stands above to inherit from\(hint)")
        }
        return parent
    }
}
