import Wire

/// The SPIs of an IKE SA, the original initiator's first (RFC 7296 section 2.6).
package struct IKESPIs: Hashable, Sendable {
    package var initiator: UInt64
    /// 0 until the responder has answered.
    package var responder: UInt64

    package init(initiator: UInt64, responder: UInt64 = 0) {
        self.initiator = initiator
        self.responder = responder
    }

    /// Both as prf+ takes them: SPIi | SPIr.
    var octets: [UInt8] { initiator.octets + responder.octets }
}
