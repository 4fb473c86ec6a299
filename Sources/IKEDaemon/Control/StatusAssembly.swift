import Calendar
import ControlProtocol
import Credentials
import IPsec
import NIOCore
import Negotiation

/// Puts a status together from what the supervisor, the shards and the data plane know.
struct StatusAssembly: Sendable {
    let moment: Moment
    let dataPlane: any DataPlane

    func report(
        tunnels: [TunnelRecord], status: EndpointStatus, on loop: any EventLoop
    ) -> EventLoopFuture<StatusReport> {
        let children = status.childSAs.sorted {
            ($0.tunnel ?? "", $0.established) < ($1.tunnel ?? "", $1.established)
        }
        let ikeSAs = status.ikeSAs.map(record)
        let drops = DropAssembly.records(dataPlane)
        return EventLoopFuture.whenAllSucceed(children.map { record($0, on: loop) }, on: loop).map {
            records in
            StatusReport(tunnels: tunnels, ikeSAs: ikeSAs, childSAs: records, drops: drops)
        }
    }

    private func record(_ status: IKESAStatus) -> IKESARecord {
        var record = IKESARecord(
            version: status.version, role: status.role.rawValue, state: status.state,
            local: "\(status.path.local)", remote: "\(status.path.remote)")
        record.localID = status.localIdentity.map { "\($0)" }
        record.remoteID = status.remoteIdentity.map { "\($0)" }
        record.credential = status.credential?.description
        record.revocationPolicy = status.credential?.revocation?.policy.rawValue
        record.revocation = status.credential?.revocation?.words
        record.encryption = status.encryption
        record.integrity = status.integrity
        record.prf = status.prf
        record.keyExchange = status.keyExchange
        record.established = status.established.map(moment.wall(at:))
        record.rekeyAt = status.rekeyAt.map(moment.wall(at:))
        return record
    }

    private func record(_ status: ChildSAStatus, on loop: any EventLoop) -> EventLoopFuture<ChildSARecord> {
        var base = ChildSARecord(
            tunnel: status.tunnel, protocol: "\(status.outbound.protocol)", mode: status.mode.rawValue,
            encapsulation: status.encapsulation.map { "udp \($0.sourcePort)-\($0.destinationPort)" }
                ?? "none",
            spiIn: "\(status.inbound.spi)", spiOut: "\(status.outbound.spi)",
            encryption: "\(status.encryption)",
            integrity: status.integrity.map { "\($0)" }, rekeyAt: status.rekeyAt.map(moment.wall(at:)))
        base.takesFlowPadding = status.takesFlowPadding
        switch status.compression {
        case .notWanted: break
        case .declined: base.compression = "declined"
        case .agreed(let algorithm, let inbound, let outbound):
            base.compression = "\(algorithm)"
            base.cpiIn = "\(inbound.spi)"
            base.cpiOut = "\(outbound.spi)"
        }
        let record = base
        return usage(of: status.inbound, on: loop).and(usage(of: status.outbound, on: loop)).map {
            inbound, outbound in
            var record = record
            record.bytesIn = inbound.bytes
            record.packetsIn = inbound.packets
            record.bytesOut = outbound.bytes
            record.packetsOut = outbound.packets
            return record
        }
    }

    /// What an SA carried; nothing for one that is gone meanwhile.
    private func usage(
        of id: SecurityAssociationID, on loop: any EventLoop
    ) -> EventLoopFuture<SecurityAssociationUsage> {
        let promise = loop.makePromise(of: SecurityAssociationUsage.self)
        dataPlane.usage(of: id) { result in
            promise.succeed((try? result.get()) ?? SecurityAssociationUsage())
        }
        return promise.futureResult
    }
}

extension RevocationFinding {
    /// `good (OCSP, until 2026-11-22 10:00:00)`.
    fileprivate var words: String {
        switch status {
        case nil: "not asked"
        case .good(let source, let until)?: "good (\(source.rawValue), until \(until.words))"
        case .revoked(let since, let reason)?: "revoked at \(since.words) (\(reason))"
        case .unknown(let why)?: "unknown (\(([why] + complaints).joined(separator: "; ")))"
        }
    }
}
