/// How a capture is looked at.
package struct AuditOptions: Hashable, Sendable {
    /// Packets of the replay window to check against; nil for each SA's own, or 64 where it states none.
    package var replayWindow: UInt32?
    /// Whether every genuine ESP packet is sealed again and compared.
    package var reseals = false
    /// Whether ESP is looked for on every UDP port.
    package var looksInAnyPort = false

    package init() {}
}
