import IPsec
import SetkeyScript
import SourceText

extension KeySession {
    func settings(firstFreeRequestID: UInt32?) -> ScriptSettings {
        var settings = ScriptSettings()
        settings.forwardCopies =
            switch options.forwardPolicies {
            case .added: .made
            case .asWritten: .none
            }
        if let firstFreeRequestID { settings.firstFreeRequestID = firstFreeRequestID }
        return settings
    }

    /// The settings for a file: request IDs that are chosen for it are none that a loaded policy has.
    func settings(for file: SourceFile) throws(DatabaseFailure) -> ScriptSettings {
        guard let database, options.extent != .parsed, Self.mayChooseRequestIDs(file) else {
            return settings(firstFreeRequestID: nil)
        }
        var highest = SetkeyWords.largestStatedRequestID
        try database.dumpSPD { record in
            for template in record.entry.policy.templates { highest = max(highest, template.requestID) }
        }
        return settings(firstFreeRequestID: highest &+ 1)
    }

    /// Whether `unique` stands in it somewhere.
    private static func mayChooseRequestIDs(_ file: SourceFile) -> Bool {
        let word = Array("unique".utf8)
        let bytes = file.bytes
        var start = 0
        while let found = bytes[start...].firstIndex(of: word[0]) {
            if bytes[found...].starts(with: word) { return true }
            start = found + 1
        }
        return false
    }
}
