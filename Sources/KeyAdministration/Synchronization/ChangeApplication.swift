package import IPsec

/// Carries out a plan whole, or not at all: when a request is refused, what was done is undone.
///
/// Undoing passes through the same states as doing, so it leaves nothing in clear either.
package struct ChangeApplication {
    /// A request of the plan that was refused.
    package struct Refusal: Error {
        package var planned: PlannedRequest
        package var failure: DatabaseFailure
        /// What could not be undone; empty when everything is as it was.
        package var leftovers: [DatabaseFailure]
    }

    private let database: any AdministeredDatabase
    private let state: DatabaseState

    /// - Parameter state: what the database holds now.
    package init(_ database: any AdministeredDatabase, state: DatabaseState) {
        self.database = database
        self.state = state
    }

    /// What came of the requests.
    private final class Progress {
        var refused: (planned: PlannedRequest, failure: DatabaseFailure)?
        var done: [DatabaseRequest] = []
        var leftovers: [DatabaseFailure] = []
    }

    package func perform(_ requests: [PlannedRequest]) throws(Refusal) {
        let progress = Progress()
        for planned in requests where progress.refused == nil {
            database.submit(planned.request) { result in
                switch result {
                case .success: progress.done.append(planned.request)
                case .failure(let failure):
                    if progress.refused == nil { progress.refused = (planned, failure) }
                }
            }
        }
        finish(progress)
        guard let refused = progress.refused else { return }
        for request in inverses(of: progress.done).reversed() {
            database.submit(request) { result in
                if case .failure(let failure) = result { progress.leftovers.append(failure) }
            }
        }
        finish(progress)
        throw Refusal(planned: refused.planned, failure: refused.failure, leftovers: progress.leftovers)
    }

    private func finish(_ progress: Progress) {
        do throws(DatabaseFailure) {
            try database.finish()
        } catch {
            progress.leftovers.append(error)
        }
    }

    /// What undoes each request, in the order of the requests.
    private func inverses(of requests: [DatabaseRequest]) -> [DatabaseRequest] {
        var state = state
        var inverses: [DatabaseRequest] = []
        for request in requests {
            inverses += Self.inverse(of: request, in: state)
            // The database did it; what it was done to is known from here on, or never was.
            try? state.apply(request)
        }
        return inverses
    }

    private static func inverse(of request: DatabaseRequest, in state: DatabaseState) -> [DatabaseRequest] {
        switch request {
        case .addSA(let entry): [.deleteSA(entry.key)]
        case .updateSA(let entry):
            // A larval SA that matured cannot be made larval again.
            state[entry.key].map {
                $0.record.state == .larval ? [.deleteSA(entry.key)] : [.updateSA($0.record.entry)]
            }
                ?? []
        case .deleteSA(let key): state[key].map { [.addSA(restored($0.record))] } ?? []
        case .addPolicy(let entry): [.deletePolicy(entry.key)]
        case .updatePolicy(let entry):
            [state[entry.key].map { .updatePolicy($0.record.entry) } ?? .deletePolicy(entry.key)]
        case .deletePolicy(let key): state[key].map { [.addPolicy($0.record.entry)] } ?? []
        // A plan has none of these.
        case .getSA, .getPolicy, .flushSAD, .flushSPD, .allocateSPI: []
        }
    }

    /// An SA as it was, but for a leap of its sequence numbers: none may be used twice with one key.
    private static func restored(_ record: SADRecord) -> SADEntry {
        var entry = record.entry
        entry.initialUsage = record.usage
        entry.replay.outboundSequence &+= 1 << 16
        return entry
    }
}
