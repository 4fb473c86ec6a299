package import IPsec
package import SetkeyScript
package import SourceText

/// An SA that was read, where it stands, and which packets it is for.
package struct StatedAssociation: Sendable {
    /// The entry as a SAD would have it; the mode is nil where the text does not tell it.
    package var entry: SADEntry
    package var location: SourceLocation
    package var coverage: PacketCoverage
}

/// SAs read from a text in one of the formats of `SADFormat`.
///
/// Replay positions are what the text tells, which is where the SA stood when it was written and not when a packet
/// was captured; lifetimes and counters of listings are left out, as they are not about what packets look like.
package struct SADText: Sendable {
    package let format: SADFormat
    package private(set) var associations: [StatedAssociation] = []
    /// What was not understood, left out or is unusual; an error for each SA that could not be read.
    package private(set) var diagnostics = DiagnosticList()

    package var entries: [SADEntry] { associations.map(\.entry) }

    /// How texts are read where they leave a choice.
    package struct Settings: Sendable {
        /// nil to recognise the format.
        package var format: SADFormat?
        /// What a setkey file's words mean.
        package var script = ScriptSettings()
        package var names = NameServices.none

        package init(format: SADFormat? = nil) {
            self.format = format
            script.reservedSPIs = .allowed
        }
    }

    /// Reads all SAs of a text; what is wrong is in `diagnostics`.
    package init(_ file: SourceFile, _ settings: Settings = Settings()) {
        format = settings.format ?? .recognised(in: file)
        switch format {
        case .setkey:
            var reader = SetkeyFileReader(file, settings)
            readAll { (remarks) throws(Diagnostic) in try reader.next(&remarks) }
        case .listing:
            var reader = ListingReader(file, settings.script)
            readAll { (remarks) throws(Diagnostic) in try reader.next(&remarks) }
        case .kernelState:
            var reader = KernelStateReader(file, settings.names)
            readAll { (remarks) throws(Diagnostic) in try reader.next(&remarks) }
        case .wireshark:
            var reader = WiresharkTableReader(file)
            readAll { (remarks) throws(Diagnostic) in try reader.next(&remarks) }
        }
        if associations.isEmpty, diagnostics.count(of: .error) == 0 {
            diagnostics.append(Diagnostic(.warning, file: file.name, Self.nothingFound(format)))
        }
    }

    /// Takes SAs from a reader until it has no more; after an error it goes on with the next one.
    private mutating func readAll(
        _ next: (inout [Diagnostic]) throws(Diagnostic) -> [StatedAssociation]?
    ) {
        while true {
            var remarks: [Diagnostic] = []
            do throws(Diagnostic) {
                guard let found = try next(&remarks) else {
                    for remark in remarks { diagnostics.append(remark) }
                    return
                }
                associations += found
            } catch {
                remarks.append(error)
            }
            for remark in remarks { diagnostics.append(remark) }
        }
    }

    private static func nothingFound(_ format: SADFormat) -> String {
        "no SA is in this text, taken as \(format.title); "
            + "expected a setkey file, or what swiftkey -D or ip xfrm state print, or Wireshark's esp_sa"
    }
}
