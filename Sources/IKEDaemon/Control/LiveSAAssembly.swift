import Calendar
import ControlProtocol
import IPsec
import NIOCore
import Negotiation

/// Puts together what is known of the SAs' counters at this moment.
struct LiveSAAssembly: Sendable {
    let moment: Moment
    let dataPlane: any DataPlane

    func report(_ status: EndpointStatus, on loop: any EventLoop) -> EventLoopFuture<LiveSAReport> {
        let children = status.childSAs.sorted {
            ($0.tunnel ?? "", $0.established) < ($1.tunnel ?? "", $1.established)
        }
        let records = children.flatMap { child in
            [
                record(child.inbound, .inbound, child.tunnel, on: loop),
                record(child.outbound, .outbound, child.tunnel, on: loop),
            ]
        }
        return EventLoopFuture.whenAllSucceed(records, on: loop).map { records in
            LiveSAReport(sas: records.compactMap { $0 })
        }
    }

    /// nil for an SA that is gone meanwhile, or of which the plane knows nothing.
    private func record(
        _ id: SecurityAssociationID, _ direction: Direction, _ tunnel: String?, on loop: any EventLoop
    ) -> EventLoopFuture<LiveSARecord?> {
        let promise = loop.makePromise(of: LiveSARecord?.self)
        let now = moment.wall
        dataPlane.record(of: id) { result in
            promise.succeed(
                (try? result.get()).map { LiveSARecord($0, direction, tunnel: tunnel, now: now) })
        }
        return promise.futureResult
    }
}

extension LiveSARecord {
    init(_ record: SADRecord, _ direction: Direction, tunnel: String?, now: Timestamp) {
        let entry = record.entry
        self.init(
            tunnel: tunnel, direction: direction.rawValue, spi: "\(entry.id.spi)", source: "\(entry.source)",
            destination: "\(entry.id.destination)", state: record.state.rawValue)
        packets = record.usage.traffic.packets
        bytes = record.usage.traffic.bytes
        switch direction {
        case .inbound:
            lastSequence = entry.replay.inboundSequence
            replayWindow = entry.replay.window
        case .outbound: lastSequence = entry.replay.outboundSequence
        }
        late = record.late
        replayed = record.replayed
        integrityFailures = record.integrityFailures
        softSecondsLeft = Self.left(
            record.usage, now, time: entry.lifetime.softTime, useTime: entry.lifetime.softUseTime)
        hardSecondsLeft = Self.left(
            record.usage, now, time: entry.lifetime.hardTime, useTime: entry.lifetime.hardUseTime)
    }

    /// Seconds until the first of two limits; the second counts from the first packet.
    private static func left(
        _ usage: EntryUsage, _ now: Timestamp, time: Duration?, useTime: Duration?
    ) -> Int64? {
        let limits = [(usage.added, time), (usage.firstUsed, useTime)].compactMap { start, limit in
            limit.flatMap { start > 0 ? Int64(clamping: start) &+ $0.components.seconds : nil }
        }
        return limits.min().map { $0 &- now.seconds }
    }
}
