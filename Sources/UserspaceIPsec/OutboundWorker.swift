import ESP
import IPsec
import LinuxIO

/// The thread that reads the TUN device: policy, SA, seal, send.
struct OutboundWorker: Sendable {
    private let engine: Engine
    private var view = Engine.View()
    private var pending = PendingPackets()
    private var assembly = FragmentAssembly()
    private var buffer = [UInt8](repeating: 0, count: capacity)

    private static let capacity = PacketRoom.headroom + 65_536 + PacketRoom.tailroom
    /// Packets read before other things get their turn.
    private static let burst = 256

    init(_ engine: Engine) {
        self.engine = engine
    }

    /// Works until the plane stops.
    mutating func run() {
        var poller = Poller()
        _ = poller.watch(engine.device.number)
        let wake = poller.watch(engine.outboundWake.number)
        while !engine.isStopping {
            _ = try? poller.wait(pending.isEmpty ? nil : .seconds(1))
            if poller.isReady(wake) { engine.outboundWake.acknowledge() }
            if engine.refresh(&view) { flush() }
            let lost = pending.expire(now: MonotonicClock.now)
            if lost > 0 { engine.counters.count(.plane(.negotiationTooSlow), times: lost) }
            readBurst()
        }
    }

    private mutating func readBurst() {
        for _ in 0..<Self.burst {
            guard
                let count = try? engine.device.read(
                    into: &buffer, at: PacketRoom.headroom, leaving: PacketRoom.tailroom)
            else { return }
            if engine.refresh(&view) { flush() }
            counting { worker throws(PacketDrop) in
                try worker.processRead(PacketRoom.headroom..<PacketRoom.headroom + count)
            }
        }
    }

    private mutating func counting(_ body: (inout Self) throws(PacketDrop) -> Void) {
        do throws(PacketDrop) {
            try body(&self)
        } catch {
            engine.counters.count(error)
        }
    }

    /// Puts fragments together first, where policies need that.
    private mutating func processRead(_ packet: Range<Int>) throws(PacketDrop) {
        guard view.snapshot.needsWholePackets, FragmentAssembly.isFragment(buffer.span.extracting(packet))
        else { return try process(packet) }
        let fragment = Array(buffer[packet])
        switch assembly.take(fragment.span, now: MonotonicClock.now) {
        case .whole: try process(packet)
        case .incomplete: break
        case .complete(let whole): try process(place(whole))
        case .refused: throw .plane(.fragmentOutOfOrder)
        }
    }

    /// Copies a packet to where the device would have put it.
    private mutating func place(_ packet: [UInt8]) -> Range<Int> {
        let range = PacketRoom.headroom..<PacketRoom.headroom + packet.count
        buffer.replaceSubrange(range, with: packet)
        return range
    }

    /// Does with the packet in the buffer what its policy says.
    private mutating func process(_ packet: Range<Int>) throws(PacketDrop) {
        let flow = try flow(of: packet)
        guard let rule = view.snapshot.outbound.rule(for: flow) else {
            guard !flow.destination.staysOnLink, !flow.source.staysOnLink else { throw .plane(.noPolicy) }
            return try pass(packet, to: flow.destination)
        }
        switch rule.policy.action {
        case .bypass: try pass(packet, to: flow.destination)
        case .discard: throw .plane(.policyDiscards)
        case .protect(let templates):
            if let association = rule.association(for: flow) {
                try protect(packet, by: association)
            } else if let template = templates.first {
                try ask(for: packet, flow, rule.policy, template)
            }
        }
    }

    private func flow(of packet: Range<Int>) throws(PacketDrop) -> PacketFlow {
        do throws(DropReason) {
            return try PacketFlow(buffer.span.extracting(packet))
        } catch {
            throw .engine(error)
        }
    }

    private mutating func protect(
        _ packet: Range<Int>, by association: OutboundAssociation
    ) throws(PacketDrop) {
        let sealed = try association.seal(&buffer, packet)
        let local = Endpoint(association.association.source, port: association.encapsulation?.sourcePort ?? 0)
        let remote = Endpoint(
            association.association.id.destination, port: association.encapsulation?.destinationPort ?? 0)
        let isInUDP = association.encapsulation != nil
        let number =
            isInUDP
            ? view.snapshot.socket(for: local)?.number : engine.sockets.esp(local.address.family)?.number
        guard let number else { throw .plane(.noSocket) }
        do throws(SystemError) {
            try DatagramSocket.send(
                buffer, sealed.esp, from: local, to: remote, trafficClass: sealed.trafficClass,
                through: number)
        } catch {
            throw .plane(.notSent)
        }
        engine.report(sealed.signal, of: association.association.id)
    }

    /// Lets a packet that came into the device leave as it is.
    private func pass(_ packet: Range<Int>, to destination: IPAddress) throws(PacketDrop) {
        guard let socket = engine.sockets.whole(destination.family) else { throw .plane(.noSocket) }
        do throws(SystemError) {
            try DatagramSocket.send(
                buffer, packet, from: Endpoint(.unspecified(destination.family), port: 0),
                to: Endpoint(destination, port: 0), trafficClass: nil, through: socket.number)
        } catch {
            throw .plane(.notSent)
        }
    }

    /// Asks for an SA, once, and keeps the packet until it is there.
    private mutating func ask(
        for packet: Range<Int>, _ flow: PacketFlow, _ policy: SecurityPolicy, _ template: PolicyTemplate
    ) throws(PacketDrop) {
        let local = template.tunnelSource ?? flow.source
        let remote = template.tunnelDestination ?? flow.destination
        let isOptional = template.level == .use
        let outcome = pending.hold(
            isOptional ? [] : Array(buffer[packet]),
            for: PendingPackets.Key(policy: policy.id, remote: remote),
            now: MonotonicClock.now)
        if case .asked(let sequence) = outcome {
            engine.notify(
                .acquire(
                    Acquire(
                        sequence: sequence, packet: Selector(flow), policy: policy, local: local,
                        remote: remote)))
        }
        // `use` means: protect if possible, else in clear.
        if isOptional { return try pass(packet, to: flow.destination) }
        if outcome == .full { throw .plane(.queueFull) }
    }

    /// Sends the packets whose SA has come.
    private mutating func flush() {
        for key in pending.keys {
            guard let sample = pending.sample(key) else { continue }
            guard !sample.isEmpty else {
                // `use`: nothing was kept; whether the SA is there shows with the next packet.
                _ = pending.release(key)
                continue
            }
            guard let flow = try? PacketFlow(sample.span),
                view.snapshot.outbound.rule(for: flow)?.association(for: flow) != nil
            else { continue }
            for packet in pending.release(key) {
                let range = place(packet)
                counting { worker throws(PacketDrop) in try worker.process(range) }
            }
        }
    }
}

extension Selector {
    /// One packet's own selector.
    init(_ flow: PacketFlow) {
        self.init(
            source: IPPrefix(host: flow.source), destination: IPPrefix(host: flow.destination),
            upperProtocol: flow.upperProtocol, sourcePort: flow.ports?.source ?? 0,
            destinationPort: flow.ports?.destination ?? 0)
    }
}
