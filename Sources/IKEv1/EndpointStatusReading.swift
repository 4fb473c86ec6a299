import IPsec
package import Negotiation

extension IKEv1Endpoint {
    /// All SAs as they are now.
    package func status() -> EndpointStatus {
        EndpointStatus(
            ikeSAs: associations.values.sorted { $0.id.value < $1.id.value }.map(\.status),
            childSAs: children.all.map(\.status).sorted { $0.established < $1.established })
    }
}

extension ISAKMPSA {
    fileprivate var status: IKESAStatus {
        var status = IKESAStatus(
            version: 1, role: role, state: established == nil ? "negotiating" : "established", path: path)
        status.peer = peer.name
        status.initiatorSPI = cookies.initiator
        status.responderSPI = cookies.responder
        guard let terms else { return status }
        status.localIdentity = terms.localIdentity
        status.remoteIdentity = terms.remoteIdentity
        status.credential = terms.credential
        status.encryption = "\(terms.proposal.encryption)"
        status.integrity = "\(terms.proposal.prf)"
        status.prf = "\(terms.proposal.prf)"
        status.keyExchange = "\(terms.proposal.group)"
        status.established = terms.since
        status.rekeyAt = deadlines[.renew]
        return status
    }
}
