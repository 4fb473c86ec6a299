import ControlProtocol
import IPsec

/// A difference, one change after the other.
struct DifferenceLines {
    let keys: KeyDisplay

    enum Kind: String {
        case added
        case removed

        var mark: String {
            switch self {
            case .added: "+"
            case .removed: "-"
            }
        }
    }

    struct Change {
        var kind: Kind
        /// What states the entry.
        var request: DatabaseRequest
        var json: JSONValue
        /// What stands behind the statement.
        var remark = ""
    }

    func changes(_ difference: StateDifference) -> [Change] {
        difference.removedAssociations.map { change(.removed, $0) }
            + difference.changedAssociations.flatMap { changed in
                let remark = " # other \(changed.differences.joined(separator: ", "))"
                return [change(.removed, changed.old), change(.added, changed.new.record, remark)]
            }
            + difference.addedAssociations.map { change(.added, $0.record) }
            + difference.removedPolicies.map { change(.removed, $0) }
            + difference.changedPolicies.flatMap {
                [change(.removed, $0.old), change(.added, $0.new.record)]
            }
            + difference.addedPolicies.map { change(.added, $0.record) }
    }

    private func change(_ kind: Kind, _ record: SADRecord, _ remark: String = "") -> Change {
        Change(
            kind: kind, request: .addSA(record.entry),
            json: json(kind, AssociationJSON.object(record, keys: keys)), remark: remark)
    }

    private func change(_ kind: Kind, _ record: SPDRecord) -> Change {
        Change(
            kind: kind, request: .addPolicy(record.entry), json: json(kind, PolicyJSON.object(record)))
    }

    private func json(_ kind: Kind, _ entry: JSONValue) -> JSONValue {
        .object([
            .init("type", .string("change")), .init("change", .string(kind.rawValue)),
            .init("entry", entry),
        ])
    }
}
