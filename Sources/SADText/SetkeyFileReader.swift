import IPsec
import SetkeyScript
import SourceText

/// The SAs that a setkey file adds.
struct SetkeyFileReader {
    private var statements: StatementReader
    private var resolution: StatementResolution
    /// Keywords whose statements were said to be skipped.
    private var skipped: Set<String> = []

    init(_ file: SourceFile, _ settings: SADText.Settings) {
        statements = StatementReader(file)
        resolution = StatementResolution(settings.script, names: settings.names)
    }

    /// The SAs of the next statement; none where it is not for SAs.
    mutating func next(_ remarks: inout [Diagnostic]) throws(Diagnostic) -> [StatedAssociation]? {
        guard let statement = try statements.next() else { return nil }
        switch statement.kind {
        case .addAssociation, .updateAssociation: break
        case .getAssociation, .allocateSPI, .deleteAssociation, .deleteAllAssociations, .flushAssociations,
            .dumpAssociations, .addPolicy, .updatePolicy, .deletePolicy, .flushPolicies, .dumpPolicies, .exit:
            if skipped.insert(statement.keyword).inserted {
                remarks.append(
                    statement.location.notice(
                        "'\(statement.keyword)' is skipped here and below: only SAs are read"))
            }
            return []
        }
        // What could be configured better is not said to those who read packets.
        let resolved = try resolution.resolve(statement)
        guard case .requests(let requests) = resolved.action else { return [] }
        return requests.compactMap { request in
            switch request {
            case .addSA(let entry), .updateSA(let entry):
                StatedAssociation(
                    entry: entry, location: statement.location, coverage: PacketCoverage(entry))
            case .getSA, .deleteSA, .flushSAD, .allocateSPI, .addPolicy, .updatePolicy, .getPolicy,
                .deletePolicy, .flushSPD:
                nil
            }
        }
    }
}
