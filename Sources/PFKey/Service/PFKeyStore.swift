package import IPsec

/// The database, asked one thing at a time.
struct PFKeyStore<Database: AdministeredDatabase> {
    private let database: Database

    init(_ database: Database) {
        self.database = database
    }

    /// Asks, and waits for the answer.
    func perform(_ request: DatabaseRequest) throws(SADBError) -> DatabaseAnswer {
        var answer: Result<DatabaseAnswer, DatabaseFailure>?
        database.submit(request) { answer = $0 }
        do throws(DatabaseFailure) {
            try database.finish()
            guard let answer else { throw DatabaseFailure(.other, "The database gave no answer.") }
            return try answer.get()
        } catch {
            throw SADBError(error, isAboutPolicies: request.isAboutPolicies)
        }
    }

    func association(_ key: SADKey) throws(SADBError) -> SADRecord {
        guard case .association(let record) = try perform(.getSA(key)) else {
            throw SADBError(.unsupported, .databaseFailed, "The database told nothing of \(key.id).")
        }
        return record
    }

    func policy(_ key: SPDKey) throws(SADBError) -> SPDRecord {
        guard case .policy(let record) = try perform(.getPolicy(key)) else {
            throw SADBError(.unsupported, .databaseFailed, "The database told nothing of \(key.id.selector).")
        }
        return record
    }

    func policy(index: UInt32) throws(SADBError) -> SPDRecord {
        guard index != 0, let record = try policies().first(where: { $0.index == index }) else {
            throw SADBError(.unsupported, .noEntry, "There is no policy number \(index).")
        }
        return record
    }

    func associations(_ protocol: SecurityProtocol?) throws(SADBError) -> [SADRecord] {
        var records: [SADRecord] = []
        do throws(DatabaseFailure) {
            try database.dumpSAD(`protocol`) { records.append($0) }
        } catch {
            throw SADBError(error, isAboutPolicies: false)
        }
        return records
    }

    func policies() throws(SADBError) -> [SPDRecord] {
        var records: [SPDRecord] = []
        do throws(DatabaseFailure) {
            try database.dumpSPD { records.append($0) }
        } catch {
            throw SADBError(error, isAboutPolicies: true)
        }
        return records
    }
}

extension DatabaseRequest {
    fileprivate var isAboutPolicies: Bool {
        switch self {
        case .addSA, .updateSA, .getSA, .deleteSA, .flushSAD, .allocateSPI: false
        case .addPolicy, .updatePolicy, .getPolicy, .deletePolicy, .flushSPD: true
        }
    }
}

extension SADBError {
    /// A refusal of the database as an answer to a message.
    package init(_ failure: DatabaseFailure, _ type: SADBMessageType) {
        self.init(failure, isAboutPolicies: type.rawValue >= SADBMessageType.policyUpdate.rawValue)
    }

    /// A refusal of the database.
    fileprivate init(_ failure: DatabaseFailure, isAboutPolicies: Bool) {
        let number: SADBErrorNumber =
            switch failure.kind {
            case .alreadyExists: .exists
            case .notFound: isAboutPolicies ? .noEntry : .noAssociation
            case .unsupported: .notSupported
            case .notPermitted: .notPermitted
            case .other: .invalid
            }
        self.init(.unsupported, number, failure.explanation)
    }
}
