import IPsec
import Negotiation

/// Both sides replaced the same child at once (RFC 7296 section 2.8.1).
struct RekeyCollision {
    /// Inbound SPI of the pair that the peer's exchange made.
    let rival: SPI
    /// The lower nonce of the peer's exchange.
    let lowerNonce: [UInt8]
}

extension IKESA {
    /// Whether we have asked to replace a child and the peer has not answered.
    func isRekeying(_ spi: SPI) -> Bool {
        window.outstanding.contains { outstanding in
            if case .createChild(let draft) = outstanding.kind { draft.replaces == spi } else { false }
        }
    }

    /// A pair of ours is in place that was to replace another: it does, unless the peer's exchange has won.
    ///
    /// The pair of the exchange with the lowest of the four nonces is redundant, and goes by whoever started that
    /// exchange.
    mutating func succeed(_ child: ChildSA, _ old: SPI, _ nonces: Nonces, _ turn: inout Turn) {
        guard let collision = established?.collisions[old] else {
            startSending(child.spi, &turn)
            retire(old, &turn)
            return
        }
        updateEstablished { $0.collisions[old] = nil }
        if nonces.lower.lexicographicallyPrecedes(collision.lowerNonce) {
            step("both sides renewed \(old): our pair is redundant", &turn)
            deadlines[.rekeyChild(child.spi)] = nil
            enqueue(.deleteChildren([child.identifier]), &turn)
        } else {
            step("both sides renewed \(old): the peer's pair is redundant", &turn)
            deadlines[.rekeyChild(collision.rival)] = nil
            startSending(child.spi, &turn)
            retire(old, &turn)
        }
    }
}
