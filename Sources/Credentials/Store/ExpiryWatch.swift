package import Calendar

/// Tells of certificates that end soon: 30, 7 and 1 days before, and once they have ended.
package struct ExpiryWatch: Sendable {
    /// Days before the end, the farthest first.
    private static let stages: [Int64] = [30, 7, 1, 0]
    /// The nearest stage that was told of, by the certificate.
    private var told: [Certificate: Int64] = [:]

    package init() {}

    /// What is to be said now; each stage of a certificate is told of once.
    ///
    /// - Parameter certificates: all that are in use, with the files they are in.
    package mutating func warnings(
        for certificates: [(certificate: Certificate, file: String)], at moment: Timestamp
    ) -> [String] {
        let current = Set(certificates.map(\.certificate))
        told = told.filter { current.contains($0.key) }
        return certificates.compactMap { certificate, file in
            let left = certificate.notAfter.seconds - moment.seconds
            guard let stage = Self.stages.last(where: { left < $0 * 86400 }),
                stage < told[certificate] ?? .max
            else { return nil }
            told[certificate] = stage
            let end = "\"\(certificate.title)\" (\(file))"
            return stage == 0
                ? "certificate \(end) ended at \(certificate.notAfter); renew it"
                : "certificate \(end) ends in \(Self.days(left)), at \(certificate.notAfter); renew it"
        }
    }

    private static func days(_ seconds: Int64) -> String {
        switch seconds / 86400 {
        case 0: "less than a day"
        case 1: "1 day"
        case let days: "\(days) days"
        }
    }
}
