import ESP
import IPsec
import LinuxIO
import Synchronization

/// What one worker does with packets from the devices: policy, SA, segment, seal, send.
struct OutboundPath: ~Copyable, Sendable {
    private let engine: Engine
    private let number: Int
    private var pending = PendingPackets()
    private var assembly = FragmentReassembly()
    private var transmit = TransmitBatch(largest: largest)
    /// What the device gave last; its buffer may be exchanged with another worker's.
    private var buffer = PacketPlace.buffer()
    /// Where a segment is while it is cut.
    private let segment = PacketPlace.buffer()
    /// Where a protected packet is while it is cut: sending makes room where it was.
    private let whole = PacketPlace.buffer()
    /// What was decided about flows; good until databases change.
    private var decisions = FlowCache<FlowDecision>()
    private var memo: Memo?
    private var paths = PathTable()
    /// The `Engine.pathEpoch` that `paths` and what is remembered of paths are of.
    private var pathEpoch: UInt64 = 0
    private var errors = ErrorAllowance()
    /// Whether the packet came in fragments, and may leave so.
    private var cameInFragments = false

    /// Octets of buffer that the largest packet needs.
    private static let largest =
        (OutboundEngine.headroom + PacketRoom.tailroom) * InboundChain.maximumDepth + 2 * 65_536
    /// The worker that keeps packets until their SA is there, so that it is asked for once.
    static let keeper = 0

    /// How long packets through the bundle used last may be; good until databases or paths change.
    private struct Memo {
        let bundle: Bundle
        let room: PathRoom
    }

    /// How protected packets leave, and how long they may be.
    private struct Way {
        var route: TransmitBatch.Route
        let room: PathRoom
    }

    init(_ engine: Engine, number: Int) {
        self.engine = engine
        self.number = number
    }

    /// Whether packets wait for an SA.
    var isWaiting: Bool { !pending.isEmpty }

    /// Reads a packet from a device and does with it what its policy says; nil when none waits, else its octets.
    mutating func readPacket(_ queue: TUNQueue, _ snapshot: Snapshot, _ post: inout ParcelPost) -> Int? {
        guard let count = (try? queue.read(into: buffer, at: PacketPlace.header)) ?? nil else { return nil }
        take(count, snapshot, &post)
        return count
    }

    /// Takes over a packet that another worker read, for a used buffer.
    mutating func takeOver(
        _ other: inout PacketBuffer, _ count: Int, _ snapshot: Snapshot, _ post: inout ParcelPost
    ) {
        swap(&buffer, &other)
        take(count, snapshot, &post)
        swap(&buffer, &other)
    }

    /// Sends what has been sealed.
    mutating func flush() {
        transmit.flush()
        let refused = transmit.takeRefusedCount()
        if refused > 0 { engine.counters[number].count(.plane(.notSent), times: refused) }
    }

    private mutating func take(_ count: Int, _ snapshot: Snapshot, _ post: inout ParcelPost) {
        let packet = PacketPlace.packet..<PacketPlace.header + max(count, VirtioHeader.count)
        do throws(PacketDrop) {
            try process(try header(packet), packet, snapshot, &post)
        } catch {
            engine.counters[number].count(error, .outbound) {
                buffer.withBytes { PacketSight(plain: $0.extracting(packet)) }
            }
        }
    }

    /// Reads what stands before a packet, completes its checksum, and puts fragments together where that is needed.
    private mutating func header(_ packet: Range<Int>) throws(PacketDrop) -> VirtioHeader {
        guard
            let header = buffer.withBytes({
                VirtioHeader($0.extracting(PacketPlace.header..<packet.upperBound))
            })
        else { throw .plane(.malformedOffload) }
        guard header.segmentation == .none else { return header }
        do throws(SegmentedPacket.Failure) {
            try buffer.withMutableBytes { bytes throws(SegmentedPacket.Failure) in
                try header.completeChecksum(in: &bytes, packet)
            }
        } catch {
            throw .plane(.malformedOffload)
        }
        return VirtioHeader()
    }

    private mutating func process(
        _ header: VirtioHeader, _ packet: Range<Int>, _ snapshot: Snapshot, _ post: inout ParcelPost
    ) throws(PacketDrop) {
        guard snapshot.needsWholePackets, header.segmentation == .none,
            buffer.withBytes({ FragmentReassembly.isFragment($0.extracting(packet)) })
        else { return try route(header, packet, snapshot, &post) }
        let outcome = buffer.withBytes { assembly.take($0.extracting(packet), now: MonotonicClock.now) }
        switch outcome {
        case .whole: try route(header, packet, snapshot, &post)
        case .incomplete: break
        case .complete(let whole):
            buffer.write(whole, at: PacketPlace.packet)
            cameInFragments = true
            defer { cameInFragments = false }
            try route(header, PacketPlace.packet..<PacketPlace.packet + whole.count, snapshot, &post)
        case .refused(let reason): throw .engine(reason)
        }
    }

    /// Does with the packet in the buffer what its policy says.
    private mutating func route(
        _ header: VirtioHeader, _ packet: Range<Int>, _ snapshot: Snapshot, _ post: inout ParcelPost
    ) throws(PacketDrop) {
        let flow = try flow(of: packet)
        if let decision = decisions[flow] {
            return try carryOut(decision, header, packet, flow, snapshot, &post)
        }
        switch snapshot.outcome(for: flow) {
        case .decided(let decision):
            decisions.note(decision, for: flow)
            try carryOut(decision, header, packet, flow, snapshot, &post)
        case .missing(let policy, let template): try ask(header, packet, flow, policy, template, &post)
        }
    }

    private mutating func carryOut(
        _ decision: FlowDecision, _ header: VirtioHeader, _ packet: Range<Int>, _ flow: PacketFlow,
        _ snapshot: Snapshot, _ post: inout ParcelPost
    ) throws(PacketDrop) {
        switch decision {
        case .protect(let bundle): try protect(header, packet, bundle, snapshot, &post)
        case .pass: try pass(header, packet, to: flow.destination)
        case .refuse(let drop): throw drop
        }
    }

    private func flow(of packet: Range<Int>) throws(PacketDrop) -> PacketFlow {
        do throws(DropReason) {
            return try buffer.withBytes { bytes throws(DropReason) in try PacketFlow(bytes.extracting(packet))
            }
        } catch {
            throw .engine(error)
        }
    }

    // MARK: protection

    private mutating func protect(
        _ header: VirtioHeader, _ packet: Range<Int>, _ bundle: Bundle,
        _ snapshot: Snapshot, _ post: inout ParcelPost
    ) throws(PacketDrop) {
        guard bundle.first.owner == number else {
            return try hand(header, packet, to: bundle.first.owner, &post)
        }
        let way = Way(route: try route(of: bundle.outermost, snapshot), room: room(of: bundle))
        guard header.segmentation != .none else {
            return try protect(packet, packet.count, bundle, way, &post)
        }
        let segments = try segments(header, packet)
        guard segments.count > 0, try fit(packet, segments.length(0), bundle, way) != .whole else {
            for index in 0..<segments.count { try seal(segments, index, packet, bundle, way, &post) }
            return
        }
        try protectSingly(segments, packet, bundle, way, &post)
    }

    /// Protects segments that are to be cut, each as a packet of its own.
    private mutating func protectSingly(
        _ segments: SegmentedPacket, _ packet: Range<Int>, _ bundle: Bundle, _ way: Way,
        _ post: inout ParcelPost
    ) throws(PacketDrop) {
        let train = buffer
        defer { buffer = train }
        buffer = segment
        for index in 0..<segments.count {
            let place = PacketPlace.packet..<PacketPlace.packet + segments.length(index)
            train.withBytes { bytes in
                segment.withMutableBytes { target in
                    segments.write(index, of: bytes.extracting(packet), to: &target, at: place.lowerBound)
                }
            }
            try protect(place, place.count, bundle, way, &post)
        }
    }

    /// Protects a packet that is a single one, as its path takes it.
    private mutating func protect(
        _ packet: Range<Int>, _ length: Int, _ bundle: Bundle, _ way: Way, _ post: inout ParcelPost
    ) throws(PacketDrop) {
        switch try fit(packet, length, bundle, way) {
        case .whole, .cutAfter: try seal(packet, of: buffer, bundle, way, &post)
        case .cutBefore(let mtu):
            let fragments = try fragments(packet, of: buffer, mtu)
            for index in 0..<fragments.count {
                let place = makeRoom(fragments.length(index), for: bundle)
                write(fragments, index, of: buffer, packet, at: place.lowerBound)
                try seal(at: place, bundle, way, &post)
            }
        case .refused(let mtu):
            tell(packet, mtu)
            throw .engine(.mayNotBeFragmented)
        }
    }

    private func fit(
        _ packet: Range<Int>, _ length: Int, _ bundle: Bundle, _ way: Way
    ) throws(PacketDrop) -> PathFit {
        guard length > way.room.inner else { return .whole }
        do throws(DropReason) {
            return try buffer.withBytes { bytes throws(DropReason) in
                try PathFit(
                    bytes.extracting(packet), length: length, room: way.room.inner, bundle,
                    isReassembled: cameInFragments)
            }
        } catch {
            throw .engine(error)
        }
    }

    /// How long packets through a bundle may be.
    private mutating func room(of bundle: Bundle) -> PathRoom {
        let epoch = engine.pathEpoch.load(ordering: .acquiring)
        if epoch != pathEpoch {
            pathEpoch = epoch
            paths = PathTable()
            memo = nil
        }
        if let memo, memo.bundle.outermost === bundle.outermost, memo.bundle.first === bundle.first {
            return memo.room
        }
        let now = MonotonicClock.now
        let outermost = bundle.outermost
        let link = paths.mtu(towards: outermost.association.id.destination, now: now)
        let room = PathRoom(path: outermost.path.value(link: link, now: now), bundle)
        memo = Memo(bundle: bundle, room: room)
        return room
    }

    /// Tells the sender of a packet that it must be shorter, from the address that it knows us by.
    private mutating func tell(_ packet: Range<Int>, _ mtu: Int) {
        let now = MonotonicClock.now
        guard errors.takesOne(now: now) else { return }
        let error = buffer.withBytes { bytes -> (octets: [UInt8], to: IPAddress)? in
            let inner = bytes.extracting(packet)
            guard let sender = (try? IPHeader(inner))?.source,
                let own = try? LocalAddress.towards(sender, mark: RouteMessages.mark),
                let octets = PacketTooBig.error(about: inner, mtu: mtu, from: own)
            else { return nil }
            return (octets, sender)
        }
        guard let error, let route = try? wholeRoute(to: error.to) else { return }
        let place = makeRoom(error.octets.count)
        transmit.buffer.write(error.octets, at: place.lowerBound)
        transmit.append(place, to: route, end: place.upperBound)
    }

    /// Takes over a packet that another worker sealed with the inner SAs of its bundle.
    mutating func takeSealed(
        _ other: inout PacketBuffer, _ count: Int, _ bundle: Bundle, _ next: Int, _ snapshot: Snapshot,
        _ post: inout ParcelPost
    ) {
        do throws(PacketDrop) {
            let way = Way(route: try route(of: bundle.outermost, snapshot), room: room(of: bundle))
            let packet = PacketPlace.packet..<PacketPlace.packet + count
            try seal(packet, of: other, bundle, from: next, way, &post)
        } catch {
            engine.counters[number].count(error)
        }
    }

    private mutating func hand(
        _ header: VirtioHeader, _ packet: Range<Int>, to owner: Int, _ post: inout ParcelPost
    ) throws(PacketDrop) {
        // What has been done to it is done.
        buffer.withMutableBytes { header.write(to: &$0, at: PacketPlace.header) }
        try post.send(&buffer, .outbound(count: packet.upperBound - PacketPlace.header), to: owner)
    }

    private func segments(_ header: VirtioHeader, _ packet: Range<Int>) throws(PacketDrop) -> SegmentedPacket
    {
        do throws(SegmentedPacket.Failure) {
            return try buffer.withBytes { bytes throws(SegmentedPacket.Failure) in
                try SegmentedPacket(header, bytes.extracting(packet))
            }
        } catch {
            throw .plane(.malformedOffload)
        }
    }

    private func route(
        of entry: OutboundAssociation, _ snapshot: Snapshot
    ) throws(PacketDrop) -> TransmitBatch.Route {
        guard !entry.leavesWhole else {
            var route = try wholeRoute(to: entry.association.id.destination)
            route.local = Endpoint(entry.association.source, port: 0)
            return route
        }
        let ports = entry.encapsulation
        let local = Endpoint(entry.association.source, port: ports?.sourcePort ?? 0)
        let remote = Endpoint(entry.association.id.destination, port: ports?.destinationPort ?? 0)
        let descriptor =
            ports == nil
            ? engine.sockets.esp(local.address.family)?.number : snapshot.socket(for: local)?.number
        guard let descriptor else { throw .plane(.noSocket) }
        return TransmitBatch.Route(
            descriptor: descriptor, isUDP: ports != nil, local: local, remote: remote, trafficClass: 0)
    }

    /// Seals a packet that is a single one.
    private mutating func seal(
        _ packet: Range<Int>, of buffer: PacketBuffer, _ bundle: Bundle, from next: Int = 0, _ way: Way,
        _ post: inout ParcelPost
    ) throws(PacketDrop) {
        let place = makeRoom(packet.count, for: bundle)
        transmit.buffer.copy(packet, of: buffer, to: place.lowerBound)
        try seal(at: place, bundle, from: next, way, &post)
    }

    private mutating func seal(
        _ segments: SegmentedPacket, _ index: Int, _ packet: Range<Int>, _ bundle: Bundle,
        _ way: Way, _ post: inout ParcelPost
    ) throws(PacketDrop) {
        let place = makeRoom(segments.length(index), for: bundle)
        buffer.withBytes { bytes in
            transmit.buffer.withMutableBytes { target in
                segments.write(index, of: bytes.extracting(packet), to: &target, at: place.lowerBound)
            }
        }
        try seal(at: place, bundle, way, &post)
    }

    /// Where the next packet to seal goes.
    private mutating func makeRoom(_ count: Int, for bundle: Bundle) -> Range<Int> {
        let headroom = OutboundEngine.headroom * bundle.count
        transmit.makeRoom(headroom + count + bundle.tailroom)
        let start = transmit.start + headroom
        return start..<start + count
    }

    /// Seals with one SA after the other, and sends; a packet whose next SA is another worker's goes there.
    ///
    /// - Parameter next: the number of the first of the bundle's SAs to seal with; it is this worker's.
    private mutating func seal(
        at place: Range<Int>, _ bundle: Bundle, from next: Int = 0, _ way: Way, _ post: inout ParcelPost
    ) throws(PacketDrop) {
        var sealed = try seal(at: place, bundle[next])
        for index in next + 1..<bundle.count {
            let association = bundle[index]
            guard association.owner == number else {
                return try post.sendCopy(
                    of: sealed.packet, in: transmit.buffer,
                    .sealed(count: sealed.packet.count, bundle, next: index), to: association.owner)
            }
            sealed = try seal(at: sealed.packet, association)
        }
        var way = way
        way.route.trafficClass = sealed.trafficClass
        guard bundle.outermost.leavesWhole else {
            return transmit.append(sealed.esp, to: way.route, end: place.upperBound + bundle.tailroom)
        }
        try sendWhole(sealed.packet, way, end: place.upperBound + bundle.tailroom)
    }

    /// Sends a packet with its own IP header, which the kernel cuts into no fragments.
    private mutating func sendWhole(_ packet: Range<Int>, _ way: Way, end: Int) throws(PacketDrop) {
        guard packet.count > way.room.outer else { return transmit.append(packet, to: way.route, end: end) }
        guard packet.count <= whole.capacity else { throw .engine(.tooLarge) }
        whole.copy(packet, of: transmit.buffer, to: 0)
        let packet = 0..<packet.count
        let fragments = try fragments(packet, of: whole, way.room.outer)
        for index in 0..<fragments.count {
            let place = makeRoom(fragments.length(index))
            write(fragments, index, of: whole, packet, at: place.lowerBound)
            transmit.append(place, to: way.route, end: place.upperBound)
        }
    }

    /// How to cut a packet; whether it may be cut has been decided.
    private func fragments(
        _ packet: Range<Int>, of buffer: PacketBuffer, _ mtu: Int
    ) throws(PacketDrop) -> PacketFragments {
        do throws(DropReason) {
            return try buffer.withBytes { bytes throws(DropReason) in
                try PacketFragments(
                    bytes.extracting(packet), mtu: mtu, identification: .random(in: 1 ... .max),
                    dontFragment: .overridden)
            }
        } catch {
            throw .engine(error)
        }
    }

    /// Writes a fragment of a packet to where packets are sealed and sent.
    private func write(
        _ fragments: PacketFragments, _ index: Int, of buffer: PacketBuffer, _ packet: Range<Int>,
        at place: Int
    ) {
        buffer.withBytes { bytes in
            transmit.buffer.withMutableBytes { target in
                fragments.write(index, of: bytes.extracting(packet), to: &target, at: place)
            }
        }
    }

    private func seal(
        at place: Range<Int>, _ association: OutboundAssociation
    ) throws(PacketDrop) -> SealedPacket {
        let number = number
        let sealed = try transmit.buffer.withMutableBytes { bytes throws(PacketDrop) in
            try association.seal(&bytes, place, by: number)
        }
        if let signal = sealed.signal { engine.report(signal, of: association.association.id) }
        return sealed
    }

    // MARK: in clear

    /// Lets a packet that came into the device leave as it is.
    private mutating func pass(_ header: VirtioHeader, _ packet: Range<Int>, to destination: IPAddress)
        throws(PacketDrop)
    {
        let route = try wholeRoute(to: destination)
        guard header.segmentation != .none else {
            let place = makeRoom(packet.count)
            transmit.buffer.copy(packet, of: buffer, to: place.lowerBound)
            return transmit.append(place, to: route, end: place.upperBound)
        }
        let segments = try segments(header, packet)
        for index in 0..<segments.count {
            let place = makeRoom(segments.length(index))
            buffer.withBytes { bytes in
                transmit.buffer.withMutableBytes { target in
                    segments.write(index, of: bytes.extracting(packet), to: &target, at: place.lowerBound)
                }
            }
            transmit.append(place, to: route, end: place.upperBound)
        }
    }

    /// How a packet leaves with the IP header that it has.
    private func wholeRoute(to destination: IPAddress) throws(PacketDrop) -> TransmitBatch.Route {
        guard let socket = engine.sockets.whole(destination.family) else { throw .plane(.noSocket) }
        return TransmitBatch.Route(
            descriptor: socket.number, isUDP: false,
            local: Endpoint(.unspecified(destination.family), port: 0),
            remote: Endpoint(destination, port: 0), trafficClass: 0)
    }

    /// Where the next packet that is left as it is goes.
    private mutating func makeRoom(_ count: Int) -> Range<Int> {
        transmit.makeRoom(count)
        return transmit.start..<transmit.start + count
    }

    // MARK: waiting

    /// Asks for an SA, once, and keeps the packet until it is there.
    private mutating func ask(
        _ header: VirtioHeader, _ packet: Range<Int>, _ flow: PacketFlow, _ policy: SecurityPolicy,
        _ template: PolicyTemplate, _ post: inout ParcelPost
    ) throws(PacketDrop) {
        guard number == Self.keeper else { return try hand(header, packet, to: Self.keeper, &post) }
        let local = template.tunnelSource ?? flow.source
        let remote = template.tunnelDestination ?? flow.destination
        let isOptional = template.level == .use
        let buffer = buffer
        let outcome = pending.hold(
            isOptional ? [] : Self.octets(buffer, header, packet),
            for: PendingPackets.Key(policy: policy.id, remote: remote), now: MonotonicClock.now)
        if case .asked(let sequence) = outcome {
            engine.notify(
                .acquire(
                    Acquire(
                        sequence: sequence, packet: Selector(flow), policy: policy, local: local,
                        remote: remote)))
        }
        // `use` means: protect if possible, else in clear.
        if isOptional { return try pass(header, packet, to: flow.destination) }
        if outcome == .full { throw .plane(.queueFull) }
    }

    /// The packet as a device gives it.
    private static func octets(
        _ buffer: PacketBuffer, _ header: VirtioHeader, _ packet: Range<Int>
    ) -> [UInt8] {
        buffer.withMutableBytes { bytes in
            header.write(to: &bytes, at: PacketPlace.header)
            return (PacketPlace.header..<packet.upperBound).map { bytes[$0] }
        }
    }

    /// Gives up what has waited too long.
    mutating func expire(now: Instant) {
        let lost = pending.expire(now: now)
        if lost > 0 { engine.counters[number].count(.plane(.negotiationTooSlow), times: lost) }
    }

    /// Forgets what was decided and sends the packets whose SA has come: the databases have changed.
    mutating func adopt(_ snapshot: Snapshot, _ post: inout ParcelPost) {
        memo = nil
        decisions.removeAll()
        for key in pending.keys {
            guard let sample = pending.sample(key) else { continue }
            guard !sample.isEmpty else {
                // `use`: nothing was kept; whether the SA is there shows with the next packet.
                _ = pending.release(key)
                continue
            }
            guard let flow = try? PacketFlow(sample.span.extracting(droppingFirst: VirtioHeader.count)),
                snapshot.outbound.rule(for: flow)?.bundle(for: flow, among: snapshot.carriers) != nil
            else { continue }
            for packet in pending.release(key) {
                buffer.write(packet, at: PacketPlace.header)
                take(packet.count, snapshot, &post)
            }
        }
        flush()
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
