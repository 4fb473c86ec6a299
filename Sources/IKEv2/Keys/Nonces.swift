/// The nonces of an exchange, whose order does not depend on who had the lower one.
package struct Nonces: Hashable, Sendable {
    /// Ni, of whoever started the exchange.
    package var initiator: [UInt8]
    /// Nr.
    package var responder: [UInt8]

    package init(initiator: [UInt8], responder: [UInt8]) {
        self.initiator = initiator
        self.responder = responder
    }

    /// Ni | Nr.
    var octets: [UInt8] { initiator + responder }

    /// The lower of the two, octet by octet, which decides between exchanges that met (RFC 7296 section 2.8.1).
    package var lower: [UInt8] { initiator.lexicographicallyPrecedes(responder) ? initiator : responder }
}
