package import IPsec
package import SourceText

/// What a statement asks a tool to do.
package enum ScriptAction: Sendable {
    /// One after the other.
    case requests([DatabaseRequest])
    /// Deletes every SA that one of the patterns matches.
    case deleteAll([DeletionPattern])
    /// Shows all SAs, or those of one protocol.
    case dumpSAD(SecurityProtocol?)
    case dumpSPD
    /// Reads no further.
    case exit
}

/// Which SAs `deleteall` is for.
package struct DeletionPattern: Hashable, Sendable {
    package var source: IPAddress
    package var destination: IPAddress
    /// nil for all.
    package var `protocol`: SecurityProtocol?

    package func matches(_ entry: SADEntry) -> Bool {
        entry.source == source && entry.id.destination == destination
            && (`protocol` == nil || entry.id.protocol == `protocol`)
    }
}

/// A statement with all names looked up.
package struct ResolvedStatement: Sendable {
    package var action: ScriptAction
    /// Warnings and notices.
    package var remarks: [Diagnostic]
}
