import ControlProtocol
import PFKey

/// In which forms messages are shown.
struct MessageTrace {
    let listing: MessageListing
    /// `-v`.
    let showsFields: Bool
    /// `-H`.
    let showsOctets: Bool

    func write(_ message: SADBMessage) {
        do throws(SADBError) {
            if showsFields { try listing.write(message) }
            if showsOctets { try listing.writeOctets(message) }
        } catch {
            tell(error.explanation)
        }
    }

    func tell(_ explanation: String) {
        listing.output.writeLine("no PF_KEY message: \(TerminalText.escaped(explanation))")
    }
}
