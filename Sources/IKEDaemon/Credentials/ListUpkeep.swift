import Calendar
import Credentials

/// CRLs that were fetched and are asked about, so that the next edition is here before the last one ends.
struct ListUpkeep: Sendable {
    private struct Kept: Sendable {
        let fetch: RevocationFetch
        var end: Timestamp
        /// When somebody's certificate was last looked up in it.
        var used: Timestamp
    }

    /// By location.
    private var kept: [String: Kept] = [:]

    private static let mostLocations = 256
    /// Seconds without use after which a list is let go.
    private static let patience: Int64 = 7 * 86400
    /// Seconds before its end in which a list is due: two rounds of what is done once an hour, and some.
    private static let lead: Int64 = 9000

    /// A list was fetched, and counts until `end`.
    mutating func fetched(_ fetch: RevocationFetch, until end: Timestamp, at moment: Timestamp) {
        guard kept[fetch.location] != nil || kept.count < Self.mostLocations else { return }
        let used = kept[fetch.location]?.used ?? moment
        kept[fetch.location] = Kept(fetch: fetch, end: end, used: used)
    }

    /// The certificates of a chain were looked up.
    mutating func used(_ chain: CertificateChain, at moment: Timestamp) {
        for link in chain.links {
            for location in link.certificate.extensions.crlLocations { kept[location]?.used = moment }
        }
    }

    /// What is to be fetched anew; what nobody asked about for long is let go.
    mutating func due(at moment: Timestamp) -> [RevocationFetch] {
        kept = kept.filter { moment.seconds - $0.value.used.seconds < Self.patience }
        return kept.values.filter { $0.end.seconds - moment.seconds < Self.lead }.map(\.fetch)
            .sorted { $0.location < $1.location }
    }
}
