import IPsec
package import SourceText

/// Turns statements into requests: looks names up, fills in what setkey fills in, and says what is unusual.
///
/// One is for one file: what is remarked once per file is remembered here, and so are the request IDs chosen.
package struct StatementResolution {
    let settings: ScriptSettings
    let names: NameServices
    var requestIDs: RequestIDs
    /// What was said already and is not said again.
    var saidOnce: Set<String> = []
    /// About the statement at hand.
    var remarks: [Diagnostic] = []

    package init(_ settings: ScriptSettings = ScriptSettings(), names: NameServices) {
        self.settings = settings
        self.names = names
        requestIDs = RequestIDs(from: settings.firstFreeRequestID)
    }

    /// What a statement asks for; it depends on none of the statements before but for chosen request IDs.
    package mutating func resolve(_ statement: Statement) throws(Diagnostic) -> ResolvedStatement {
        remarks = []
        let action = try action(of: statement)
        return ResolvedStatement(action: action, remarks: remarks)
    }

    private mutating func action(of statement: Statement) throws(Diagnostic) -> ScriptAction {
        switch statement.kind {
        case .addAssociation, .updateAssociation, .getAssociation, .allocateSPI, .deleteAssociation,
            .deleteAllAssociations:
            return try associationAction(of: statement)
        case .flushAssociations(let word):
            return .requests([.flushSAD(try databaseProtocol(word, at: statement.location))])
        case .dumpAssociations(let word):
            return .dumpSAD(try databaseProtocol(word, at: statement.location))
        case .addPolicy(let policy):
            return .requests(try entries(policy, at: statement.location).map { .addPolicy($0) })
        case .updatePolicy(let policy):
            return .requests(try entries(policy, at: statement.location).map { .updatePolicy($0) })
        case .deletePolicy(let subject, let direction):
            return .requests(try keys(subject, direction, at: statement.location).map { .deletePolicy($0) })
        case .flushPolicies: return .requests([.flushSPD])
        case .dumpPolicies: return .dumpSPD
        case .exit: return .exit
        }
    }

    private mutating func associationAction(of statement: Statement) throws(Diagnostic) -> ScriptAction {
        switch statement.kind {
        case .addAssociation(let stated):
            return .requests(try wholeEntries(stated, at: statement.location).map { .addSA($0) })
        case .updateAssociation(let stated):
            return .requests(try wholeEntries(stated, at: statement.location).map { .updateSA($0) })
        case .getAssociation(let stated):
            return .requests(try keys(stated, at: statement.location).map { .getSA($0) })
        case .deleteAssociation(let stated):
            return .requests(try keys(stated, at: statement.location).map { .deleteSA($0) })
        case .allocateSPI(let stated):
            return .requests(try allocations(stated, at: statement.location))
        case .deleteAllAssociations(let group):
            return .deleteAll(try patterns(group, at: statement.location))
        case .flushAssociations, .dumpAssociations, .addPolicy, .updatePolicy, .deletePolicy, .flushPolicies,
            .dumpPolicies, .exit:
            return .requests([])
        }
    }

    /// Says something the first time alone.
    mutating func remarkOnce(_ subject: String, _ remark: @autoclosure () -> Diagnostic) {
        if saidOnce.insert(subject).inserted { remarks.append(remark()) }
    }
}
