import IPsec
import SetkeyScript
import SourceText

/// What a file makes of a state, worked out without asking a database.
struct StatedState {
    /// What the statements start from.
    enum Start {
        /// The databases as they are: the file changes them (`--atomic`).
        case loaded(DatabaseState)
        /// Nothing: the file says all there is to be (`--diff`, `--sync`).
        case empty
    }

    private(set) var state: DatabaseState
    private var resolution: StatementResolution
    private let isWhole: Bool
    /// Everything that is wrong with the file.
    private(set) var errors: [Diagnostic] = []
    private(set) var remarks: [Diagnostic] = []

    init(_ file: SourceFile, from start: Start, _ settings: ScriptSettings, _ names: NameServices) {
        switch start {
        case .loaded(let loaded):
            state = loaded
            isWhole = false
        case .empty:
            state = DatabaseState()
            isWhole = true
        }
        resolution = StatementResolution(settings, names: names)
        read(file)
    }

    private mutating func read(_ file: SourceFile) {
        var reader = StatementReader(file)
        while true {
            do throws(Diagnostic) {
                guard let statement = try reader.next() else { return }
                let resolved = try resolution.resolve(statement)
                remarks += resolved.remarks
                if case .exit = resolved.action { return }
                try perform(resolved.action, statement)
            } catch {
                errors.append(error)
            }
        }
    }

    private mutating func perform(_ action: ScriptAction, _ statement: Statement) throws(Diagnostic) {
        switch action {
        case .requests(let requests):
            for request in requests { try apply(request, statement) }
        case .deleteAll(let patterns):
            for found in state.associations where patterns.contains(where: { $0.matches(found.record.entry) })
            {
                try apply(.deleteSA(found.record.entry.key), statement)
            }
        case .dumpSAD, .dumpSPD: throw unfit(statement)
        case .exit: break
        }
    }

    private mutating func apply(_ request: DatabaseRequest, _ statement: Statement) throws(Diagnostic) {
        switch request {
        case .getSA, .getPolicy, .allocateSPI: throw unfit(statement)
        case .addSA, .updateSA, .deleteSA, .flushSAD, .addPolicy, .updatePolicy, .deletePolicy, .flushSPD:
            break
        }
        do throws(DatabaseFailure) {
            try state.apply(request, origin: statement.location)
        } catch {
            // What is not wanted need not have been there.
            if isWhole, error.kind == .notFound, request.isDeletion { return }
            throw statement.location.error(error.explanation)
        }
    }

    private func unfit(_ statement: Statement) -> Diagnostic {
        statement.location.error(
            "'\(statement.keyword)' asks for an answer, which this file is not for; leave it out")
    }
}

extension DatabaseRequest {
    fileprivate var isDeletion: Bool {
        switch self {
        case .deleteSA, .deletePolicy: true
        case .addSA, .updateSA, .getSA, .flushSAD, .allocateSPI, .addPolicy, .updatePolicy, .getPolicy,
            .flushSPD:
            false
        }
    }
}
