package import Negotiation

extension IKEv2Endpoint {
    /// The keys of all SAs as they are now.
    package func keys() -> EndpointKeys {
        let all = associations.values.sorted { $0.id.value < $1.id.value }
        let children = all.flatMap { sa in
            (sa.established?.children.values.sorted { $0.established < $1.established } ?? [])
                .flatMap { [$0.inbound, $0.outbound] }
        }
        return EndpointKeys(ikeSAs: all.compactMap(\.keyRecord), childSAs: children)
    }
}

extension IKESA {
    /// nil before there are keys.
    fileprivate var keyRecord: IKESAKeyRecord? {
        guard let secured, let encryption = secured.suite.encryption else { return nil }
        let keys = secured.keys
        return IKESAKeyRecord(
            initiatorSPI: spis.initiator, responderSPI: spis.responder,
            keys: .ikev2(
                IKEv2Keys(
                    encryption: encryption, integrity: secured.suite.integrity, skEi: keys.skEi,
                    skEr: keys.skEr, skAi: keys.skAi, skAr: keys.skAr)))
    }
}
