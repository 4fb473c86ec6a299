import ESP
import IPsec
import LinuxIO

/// What one worker does with ESP that arrives: SA, open, policy check, join, hand to the host.
struct InboundPath: ~Copyable, Sendable {
    private let engine: Engine
    private let number: Int
    private var batch: ReceiveBatch
    /// What is to be handed to the host, all of it in the buffers of the batch.
    private var packets = Coalescer(capacity: 256)
    /// The device it goes to.
    private var device = 0
    private var memo: Memo?
    /// Good until databases change.
    private var verdicts = FlowCache<Verdict>(sizeBits: 10)
    /// What was inside the packet that is being refused after it was opened.
    private var inside: PacketFlow?

    /// The SA of the last packet; good until databases change.
    private struct Memo {
        let spi: SPI
        let destination: IPAddress
        let association: InboundAssociation
    }

    /// What the policies said of a flow that came through an SA.
    private struct Verdict {
        let association: InboundAssociation
        let device: Int
    }

    /// Where ESP came from.
    enum Arrival {
        case encapsulated(EncapsulationSocket)
        case raw

        fileprivate var isInUDP: Bool {
            switch self {
            case .encapsulated: true
            case .raw: false
            }
        }
    }

    /// - Parameter capacity: datagrams and trains received at a time.
    init(_ engine: Engine, number: Int, capacity: Int) {
        self.engine = engine
        self.number = number
        batch = ReceiveBatch(capacity: capacity, headroom: PacketPlace.headroom)
    }

    /// Forgets what was looked up: the databases have changed.
    mutating func adopt() {
        memo = nil
        verdicts.removeAll()
    }

    /// Takes what waits on a socket; whether there may be more.
    mutating func receive(
        _ descriptor: Int32, port: UInt16, _ arrival: Arrival, _ snapshot: Snapshot, _ post: inout ParcelPost,
        _ layered: inout LayeredPath
    ) -> Bool {
        // An error the kernel reports here is an ICMP answer to something sent; reading it clears it.
        guard let count = try? batch.receive(from: descriptor) else { return true }
        for index in 0..<count {
            guard let train = batch.train(index, localPort: port) else {
                engine.counters[number].count(.plane(.truncated))
                continue
            }
            take(train, index, arrival, snapshot, &post, &layered)
        }
        deliver(snapshot)
        return count == batch.buffers.count
    }

    /// Takes over what another worker received, for a used buffer.
    mutating func takeOver(
        _ buffer: inout PacketBuffer, _ train: DatagramTrain, _ arrival: Arrival, _ snapshot: Snapshot,
        _ post: inout ParcelPost, _ layered: inout LayeredPath
    ) {
        swap(&batch.buffers[0], &buffer)
        take(train, 0, arrival, snapshot, &post, &layered)
        deliver(snapshot)
        swap(&batch.buffers[0], &buffer)
    }

    /// Hands what has been opened to the host.
    private mutating func deliver(_ snapshot: Snapshot) {
        guard packets.count > 0 else { return }
        let queue = snapshot.devices[device].queues[number]
        let refused = queue.write(&packets, from: batch.buffers)
        if refused > 0 { engine.counters[number].count(.plane(.notDelivered), times: refused) }
    }

    private mutating func take(
        _ train: DatagramTrain, _ index: Int, _ arrival: Arrival, _ snapshot: Snapshot,
        _ post: inout ParcelPost, _ layered: inout LayeredPath
    ) {
        var rest = train
        while !rest.range.isEmpty {
            let whole = rest
            guard let datagram = rest.takeFirst() else { return }
            do throws(PacketDrop) {
                if try isOthers(datagram, whole, index, arrival, snapshot, &post, &layered) { return }
            } catch {
                count(error, datagram, whole.path, index, arrival)
            }
        }
    }

    /// Counts a datagram that was dropped.
    private mutating func count(
        _ drop: PacketDrop, _ datagram: Range<Int>, _ path: Path, _ index: Int, _ arrival: Arrival
    ) {
        let inside = inside
        self.inside = nil
        engine.counters[number].count(drop, .inbound) {
            batch.buffers[index].withBytes { bytes in
                var sight =
                    arrival.isInUDP || path.remote.address.family == .ipv6
                    ? PacketSight(
                        payload: bytes.extracting(datagram), from: path.remote, to: path.local,
                        isInUDP: arrival.isInUDP)
                    : PacketSight(protected: bytes.extracting(datagram))
                sight.inner = inside.map(DroppedPacket.Flow.init)
                return sight
            }
        }
    }

    /// Takes one datagram; true if it and what is behind it has been left to another worker.
    private mutating func isOthers(
        _ datagram: Range<Int>, _ rest: DatagramTrain, _ index: Int, _ arrival: Arrival,
        _ snapshot: Snapshot, _ post: inout ParcelPost,
        _ layered: inout LayeredPath
    ) throws(PacketDrop) -> Bool {
        if case .encapsulated(let socket) = arrival, takeOther(datagram, rest.path, index, socket) {
            return false
        }
        let packet = try find(datagram, rest, index, arrival)
        let entry = try association(packet, snapshot)
        guard entry.owner == number else {
            let contents: Parcel.Contents =
                switch arrival {
                case .encapsulated(let socket): .encapsulated(rest, socket)
                case .raw: .esp(rest)
                }
            if datagram.lowerBound == PacketPlace.headroom {
                try post.send(&batch.buffers[index], contents, to: entry.owner)
            } else {
                // Packets before it wait in the buffer for the host.
                try post.sendCopy(batch.buffers[index], rest.range, contents, to: entry.owner)
            }
            return true
        }
        // An IP header may be written over the end of the datagram before, which may wait for the host.
        if entry.writesHeader, datagram.lowerBound != PacketPlace.headroom { deliver(snapshot) }
        try open(packet, entry, index, arrival.isInUDP ? rest.path.remote : nil, snapshot, &post, &layered)
        return false
    }

    /// Whether a datagram to the NAT traversal port is no ESP; IKE goes to the daemon.
    private func takeOther(
        _ datagram: Range<Int>, _ path: Path, _ index: Int, _ socket: EncapsulationSocket
    ) -> Bool {
        let markerCount = 4
        return batch.buffers[index].withBytes { bytes in
            // A single octet keeps a NAT's mapping alive (RFC 3948 section 2.3).
            if datagram.count == 1 { return true }
            guard datagram.count >= markerCount else { return false }
            for place in 0..<markerCount where bytes[datagram.lowerBound + place] != 0 { return false }
            socket.deliver((datagram.lowerBound + markerCount..<datagram.upperBound).map { bytes[$0] }, path)
            return true
        }
    }

    private func find(
        _ datagram: Range<Int>, _ train: DatagramTrain, _ index: Int, _ arrival: Arrival
    ) throws(PacketDrop) -> ESPPacket {
        do throws(DropReason) {
            return try batch.buffers[index].withBytes { bytes throws(DropReason) in
                guard arrival.isInUDP || train.path.remote.address.family == .ipv6 else {
                    return try ESPPacket(inIPPacket: datagram, of: bytes)
                }
                let outer = ESPPacket.Outer(
                    source: train.path.remote.address, destination: train.path.local.address,
                    trafficClass: train.trafficClass)
                return try ESPPacket(payload: datagram, of: bytes, outer: outer)
            }
        } catch {
            throw .engine(error)
        }
    }

    private mutating func association(
        _ packet: ESPPacket, _ snapshot: Snapshot
    ) throws(PacketDrop) -> InboundAssociation {
        if let memo, memo.spi == packet.spi, memo.destination == packet.outer.destination {
            return memo.association
        }
        guard let entry = snapshot.association(packet.spi, to: packet.outer.destination) else {
            throw .plane(.unknownSPI)
        }
        memo = Memo(spi: packet.spi, destination: packet.outer.destination, association: entry)
        return entry
    }

    private mutating func open(
        _ packet: ESPPacket, _ entry: InboundAssociation, _ index: Int, _ sender: Endpoint?,
        _ snapshot: Snapshot, _ post: inout ParcelPost, _ layered: inout LayeredPath
    ) throws(PacketDrop) {
        guard entry.isInUDP == (sender != nil) else { throw .plane(.wrongEncapsulation) }
        let number = number
        let opening = try batch.buffers[index].withMutableBytes { bytes throws(PacketDrop) in
            try entry.open(&bytes, packet, from: sender, by: number)
        }
        if let moved = opening.movedTo { tell(entry.association, movedTo: moved) }
        if let signal = opening.packet.signal { engine.report(signal, of: entry.association.id) }
        guard !InboundChain.mayContinue(opening.packet.flow) else {
            // What came before it is the host's first.
            deliver(snapshot)
            return try layered.process(
                opening.packet.packet, of: batch.buffers[index], used: AssociationTrail(entry), snapshot,
                &post
            )
        }
        let device = try device(for: opening.packet.flow, entry, snapshot)
        if device != self.device {
            deliver(snapshot)
            self.device = device
        }
        batch.buffers[index].withBytes { packets.add($0, opening.packet.packet, source: index) }
    }

    private func tell(_ association: SecurityAssociation, movedTo moved: Endpoint) {
        engine.notify(.mappingChanged(association.id, new: moved))
        engine.tell(
            association.encapsulation.map { ports in
                let old = Endpoint(association.source, port: ports.sourcePort)
                return .mappingChanged(SADKey(association.id), old: old, new: moved)
            })
    }

    private mutating func device(
        for flow: PacketFlow, _ entry: InboundAssociation, _ snapshot: Snapshot
    ) throws(PacketDrop) -> Int {
        if let verdict = verdicts[flow], verdict.association === entry { return verdict.device }
        inside = flow
        let device = try snapshot.device(for: flow, cameThrough: entry.association)
        inside = nil
        verdicts.note(Verdict(association: entry, device: device), for: flow)
        return device
    }
}

extension Snapshot {
    /// Requires that the SPD asks for the SA a packet came through (RFC 4301 section 5.2, step 4).
    ///
    /// Whether the host will keep the packet or pass it on is the routing table's business: a policy for either
    /// direction will do.
    /// - Returns: the number of the device through which the host gets it.
    func device(
        for flow: PacketFlow, cameThrough association: SecurityAssociation
    ) throws(PacketDrop) -> Int {
        try device(for: flow, count: 1) { _ in association }
    }

    /// The same for a packet that came through `count` SAs, the outermost first.
    func device(
        for flow: PacketFlow, count: Int, cameThrough association: (Int) -> SecurityAssociation
    ) throws(PacketDrop) -> Int {
        let (local, passing) = (inbound.rule(for: flow), forward.rule(for: flow))
        if let local, local.accepts(count: count, association) { return deviceNumber(local.policy.device) }
        if let passing, passing.accepts(count: count, association) {
            return deviceNumber(passing.policy.device)
        }
        throw .plane(local == nil && passing == nil ? .noInboundPolicy : .policyMismatch)
    }
}
