import IPsec
import Negotiation

/// Traffic selectors in transport mode with a NAT between the peers (RFC 7296 section 2.23.1).
///
/// They name the ends of the SA by the addresses that their sender sees; here the packets bear those of the path.
extension IKESA {
    /// What the peer's words for our side are here.
    func asSeenHere(local selectors: TrafficSelectorPayload) -> TrafficSelectorPayload {
        guard secured?.nat.isLocalBehindNAT == true else { return selectors }
        return selectors.substituting(path.local.address)
    }

    /// What the peer's words for its side are here.
    func asSeenHere(remote selectors: TrafficSelectorPayload) -> TrafficSelectorPayload {
        guard secured?.nat.isRemoteBehindNAT == true else { return selectors }
        return selectors.substituting(path.remote.address)
    }

    /// The peer's offer of transport mode with the addresses that its packets have here.
    func asSeenHere(_ pending: PendingOffer) -> PendingOffer {
        var offer = pending.offer
        offer.initiatorSelectors = asSeenHere(remote: offer.initiatorSelectors)
        offer.responderSelectors = asSeenHere(local: offer.responderSelectors)
        return pending.offering(offer)
    }
}

extension TrafficSelectorPayload {
    /// The same with another address, where all have one and the same.
    fileprivate func substituting(_ address: IPAddress) -> TrafficSelectorPayload {
        guard let host = selectors.first?.first,
            selectors.allSatisfy({ $0.first == host && $0.last == host })
        else { return self }
        var payload = self
        payload.elements = elements.map { element in
            switch element {
            case .selector(var selector):
                (selector.first, selector.last) = (address, address)
                return .selector(selector)
            case .opaquePorts, .unusable: return element
            }
        }
        return payload
    }
}

extension PendingOffer {
    /// The same with another offer.
    fileprivate func offering(_ offer: ChildOfferMessage) -> PendingOffer {
        PendingOffer(
            exchange: exchange, head: head, nonces: nonces, offer: offer, keyExchange: keyExchange,
            replaces: replaces)
    }
}
