import ControlProtocol
import IPsec
import SetkeyScript
import SourceText

/// What is done with a file as a whole: all of it or nothing, compared, or made so.
extension KeySession {
    /// `--atomic`.
    func applyWhole(_ path: String) throws {
        let database = try needed()
        let loaded = try DatabaseState.read(from: database)
        let stated = try stated(path, from: .loaded(loaded))
        apply(stated, to: loaded, in: database)
    }

    /// `--diff`: what has to go is marked with a minus, what has to come with a plus.
    func compare(_ path: String) throws {
        let loaded = try DatabaseState.read(from: try needed())
        let difference = StateDifference(from: loaded, to: try stated(path, from: .empty))
        for change in DifferenceLines(keys: listings.keys).changes(difference) {
            switch options.format {
            case .setkey: listings.write(change.request, mark: "\(change.kind.mark) ", remark: change.remark)
            case .json: listings.write(change.json)
            }
        }
    }

    /// `--sync`.
    func synchronize(_ path: String) throws {
        let database = try needed()
        let loaded = try DatabaseState.read(from: database)
        apply(try stated(path, from: .empty), to: loaded, in: database)
    }

    private func stated(_ path: String, from start: StatedState.Start) throws -> DatabaseState {
        let file = try file(path)
        let stated = StatedState(file, from: start, try settings(for: file), environment.nameServices)
        for remark in stated.remarks { complaints.tell(remark) }
        for error in stated.errors { complaints.fail(error) }
        guard stated.errors.isEmpty else {
            throw SessionFailure("nothing was changed, because \(path) has errors")
        }
        return stated.state
    }

    private func apply(
        _ wanted: DatabaseState, to loaded: DatabaseState, in database: any AdministeredDatabase
    ) {
        let plan = ChangePlan(StateDifference(from: loaded, to: wanted))
        if options.extent == .shown || options.isVerbose {
            let mark = options.isVerbose ? "> " : ""
            for planned in plan.requests { listings.write(planned.request, mark: mark) }
        }
        guard options.extent != .shown else { return }
        do throws(ChangeApplication.Refusal) {
            try ChangeApplication(database, state: loaded).perform(plan.requests)
        } catch {
            tell(error)
        }
    }

    private func tell(_ refusal: ChangeApplication.Refusal) {
        complaints.refuse(refusal.failure.explanation, at: refusal.planned.origin)
        guard !refusal.leftovers.isEmpty else {
            return complaints.fail("everything is as it was before")
        }
        for failure in refusal.leftovers { complaints.fail("could not be undone: \(failure.explanation)") }
    }
}
