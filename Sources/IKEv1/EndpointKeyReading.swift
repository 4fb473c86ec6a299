package import Negotiation

extension IKEv1Endpoint {
    /// The keys of all SAs as they are now.
    package func keys() -> EndpointKeys {
        let children = children.all.sorted { $0.established < $1.established }
        return EndpointKeys(
            ikeSAs: associations.values.sorted { $0.id.value < $1.id.value }.compactMap(\.keyRecord),
            childSAs: children.flatMap { [$0.inbound, $0.outbound] })
    }
}

extension ISAKMPSA {
    /// nil before both sides are authenticated.
    fileprivate var keyRecord: IKESAKeyRecord? {
        guard let terms else { return nil }
        return IKESAKeyRecord(
            initiatorSPI: cookies.initiator, responderSPI: cookies.responder,
            keys: .ikev1(terms.keys.encryptionKey(for: terms.proposal.encryption)))
    }
}
