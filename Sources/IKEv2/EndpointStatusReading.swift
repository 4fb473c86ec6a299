import Algorithms
import IPsec
package import Negotiation

extension IKEv2Endpoint {
    /// All SAs as they are now.
    package func status() -> EndpointStatus {
        let all = associations.values.sorted { $0.id.value < $1.id.value }
        let children = all.flatMap { sa in
            sa.established?.children.values.map { $0.status(rekeyAt: sa.deadlines[.rekeyChild($0.spi)]) }
                ?? []
        }
        return EndpointStatus(
            ikeSAs: all.map(\.status), childSAs: children.sorted { $0.established < $1.established })
    }
}

extension IKESA {
    fileprivate var status: IKESAStatus {
        var status = IKESAStatus(
            version: 2, role: role, state: established == nil ? "negotiating" : "established", path: path)
        status.peer = peer.name
        status.initiatorSPI = spis.initiator
        status.responderSPI = spis.responder
        status.localIdentity = established?.localIdentity
        status.remoteIdentity = established?.remoteIdentity
        status.credential = credential
        status.established = established?.since
        guard let suite = secured?.suite else { return status }
        status.encryption = suite.encryption?.description
        status.integrity = suite.integrity?.name
        status.prf = suite.prf?.name
        status.keyExchange = suite.keyExchange?.name
        return status
    }
}

extension ChildSA {
    fileprivate func status(rekeyAt: Instant?) -> ChildSAStatus {
        var status = ChildSAStatus(
            tunnel: request.tunnel, peer: request.peer, mode: request.mode, inbound: inbound.id,
            outbound: outbound.id, local: local.first ?? request.local,
            remote: remote.first ?? request.remote,
            encapsulation: outbound.encapsulation, encryption: outbound.transform.encryption,
            integrity: outbound.transform.integrity, established: established, rekeyAt: rekeyAt,
            isCurrent: phase == .mature)
        status.compression = compressionStatus
        status.takesFlowPadding = takesFlowPadding
        return status
    }
}
