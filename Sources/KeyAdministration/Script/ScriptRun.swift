import IPsec
import SetkeyScript
import SourceText

/// Applies statements one after the other, without waiting for the answer to one before asking for the next.
final class ScriptRun {
    private let database: (any AdministeredDatabase)?
    private let listings: Listings
    private let complaints: Complaints
    private var resolution: StatementResolution
    private var options: KeyOptions { listings.options }

    /// - Parameter database: nil where nothing is asked of one.
    init(
        _ database: (any AdministeredDatabase)?, _ settings: ScriptSettings, _ listings: Listings,
        _ complaints: Complaints
    ) {
        self.database = database
        self.listings = listings
        self.complaints = complaints
        resolution = StatementResolution(settings, names: listings.environment.nameServices)
    }

    /// What to do once a statement cannot be read.
    enum AfterError {
        /// As setkey does with a file: what came before it stays applied.
        case stop
        /// As setkey does at a terminal, and to tell all that is wrong with a file.
        case goOn
    }

    /// Whether there may be more to read: neither an error nor `exit` ended the run.
    func run(_ file: SourceFile, afterError: AfterError) -> Bool {
        var reader = StatementReader(file)
        defer { finish() }
        while true {
            do throws(Diagnostic) {
                guard let statement = try reader.next() else { return true }
                guard try perform(statement) else { return false }
            } catch {
                finish()
                complaints.fail(error)
                switch afterError {
                case .stop: return false
                case .goOn: break
                }
            }
        }
    }

    /// Gives whether to read on.
    private func perform(_ statement: Statement) throws(Diagnostic) -> Bool {
        let resolved = try resolution.resolve(statement)
        for remark in resolved.remarks { complaints.tell(remark) }
        switch resolved.action {
        case .requests(let requests):
            for request in requests { ask(request, statement.location) }
        case .deleteAll(let patterns): deleteAll(patterns, statement.location)
        case .dumpSAD(let wanted):
            list(statement.location) { (listings, database) throws(DatabaseFailure) in
                try listings.writeSAD(of: database, wanted)
            }
        case .dumpSPD:
            list(statement.location) { (listings, database) throws(DatabaseFailure) in
                try listings.writeSPD(of: database)
            }
        case .exit: return false
        }
        return true
    }

    private func ask(_ request: DatabaseRequest, _ origin: SourceLocation) {
        switch options.extent {
        case .parsed: return
        case .shown: return listings.write(request, mark: "")
        case .upToFirstError, .allOrNothing: break
        }
        if options.isVerbose { listings.write(request, mark: "> ") }
        database?.submit(request) { [self] result in
            switch result {
            case .success(let answer): accept(answer, to: request, origin)
            case .failure(let failure): complaints.refuse(failure.explanation, at: origin)
            }
        }
    }

    /// A daemon answers what it added, too; what was asked for is all that is shown.
    private func accept(_ answer: DatabaseAnswer, to request: DatabaseRequest, _ origin: SourceLocation) {
        switch (answer, request) {
        case (.association(let record), .getSA), (.association(let record), .allocateSPI):
            listings.write(record)
        case (.policy(let record), .getPolicy): listings.write(record)
        default:
            if options.isVerbose { listings.output.writeLine("< \(origin.origin): done") }
        }
    }

    /// Deletes what is there now: what was asked for before has to be done first.
    private func deleteAll(_ patterns: [DeletionPattern], _ origin: SourceLocation) {
        guard let database, options.extent != .parsed else { return }
        var keys: [SADKey] = []
        do throws(DatabaseFailure) {
            try database.dumpSAD(nil) { record in
                if patterns.contains(where: { $0.matches(record.entry) }) { keys.append(record.entry.key) }
            }
        } catch {
            complaints.refuse(error.explanation, at: origin)
        }
        for key in keys { ask(.deleteSA(key), origin) }
    }

    private func list(
        _ origin: SourceLocation,
        _ body: (Listings, any AdministeredDatabase) throws(DatabaseFailure) -> Void
    ) {
        guard let database, options.extent != .parsed else { return }
        do throws(DatabaseFailure) {
            try database.finish()
            try body(listings, database)
        } catch {
            complaints.refuse(error.explanation, at: origin)
        }
    }

    private func finish() {
        do throws(DatabaseFailure) {
            try database?.finish()
        } catch {
            complaints.refuse(error.explanation, at: nil)
        }
        listings.output.flush()
    }
}
