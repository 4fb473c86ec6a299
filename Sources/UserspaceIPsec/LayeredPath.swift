import ESP
import IPsec
import LinuxIO

/// What one worker does with packets that several SAs are wrapped around, or another protocol than ESP.
///
/// They are copied into a buffer of its own, as decompression may make them longer than the room they came in.
struct LayeredPath: ~Copyable, Sendable {
    private let engine: Engine
    private let number: Int
    private var batch: ReceiveBatch
    /// What is to be handed to the host, in the one buffer of `room`.
    private var packets = Coalescer(capacity: 1)
    private let room = [PacketPlace.buffer()]
    /// The SAs that the packet at work has come through, the outermost first.
    private var used = AssociationTrail()

    /// Packets received at a time.
    private static let capacity = 16

    init(_ engine: Engine, number: Int) {
        self.engine = engine
        self.number = number
        batch = ReceiveBatch(
            capacity: Self.capacity, headroom: PacketPlace.headroom + ReceiveBatch.extensionRoom)
    }

    /// Takes what waits on a socket; whether there may be more.
    mutating func receive(
        _ socket: LayeredSocket, _ snapshot: Snapshot, _ post: inout ParcelPost
    ) -> Bool {
        // An error the kernel reports here is an ICMP answer to something sent; reading it clears it.
        guard let count = try? batch.receive(from: socket.socket.number) else { return true }
        for index in 0..<count {
            guard let train = batch.train(index, localPort: 0) else {
                engine.counters[number].count(.plane(.truncated))
                continue
            }
            var packet = train.range
            do throws(PacketDrop) {
                packet = try batch.wholePacket(train, index, socket)
                try process(packet, of: batch.buffers[index], used: AssociationTrail(), snapshot, &post)
            } catch {
                note(error, packet, of: batch.buffers[index])
            }
        }
        return count == batch.buffers.count
    }

    /// Takes over what another worker opened as far as it could.
    mutating func takeOver(
        _ buffer: inout PacketBuffer, _ count: Int, _ used: AssociationTrail, _ snapshot: Snapshot,
        _ post: inout ParcelPost
    ) {
        let packet = PacketPlace.packet..<PacketPlace.packet + count
        do throws(PacketDrop) {
            try process(packet, of: buffer, used: used, snapshot, &post)
        } catch {
            note(error, packet, of: buffer)
        }
    }

    private func note(_ drop: PacketDrop, _ packet: Range<Int>, of buffer: PacketBuffer) {
        engine.counters[number].count(drop, .inbound) {
            buffer.withBytes { PacketSight(protected: $0.extracting(packet)) }
        }
    }

    /// Opens what is still wrapped around a packet, and hands it to the host.
    ///
    /// - Parameter earlier: the SAs that it has come through, the outermost first.
    mutating func process(
        _ packet: Range<Int>, of buffer: PacketBuffer, used earlier: AssociationTrail,
        _ snapshot: Snapshot, _ post: inout ParcelPost
    ) throws(PacketDrop) {
        guard let room = room.first, packet.count <= room.capacity - PacketPlace.packet else {
            throw .engine(.tooLarge)
        }
        room.copy(packet, of: buffer, to: PacketPlace.packet)
        var packet = PacketPlace.packet..<PacketPlace.packet + packet.count
        used = earlier
        while let (layer, entry) = try next(packet, of: room, snapshot) {
            guard entry.owner == number else {
                return try post.sendCopy(
                    of: packet, in: room, .opened(count: packet.count, used: used), to: entry.owner)
            }
            guard entry.association.encapsulation == nil else { throw .plane(.wrongEncapsulation) }
            let number = number
            let opened = try room.withMutableBytes { bytes throws(PacketDrop) in
                try entry.open(&bytes, layer, by: number)
            }
            engine.report(opened.signal, of: entry.association.id)
            packet = opened.packet
            used.append(entry)
        }
        try deliver(packet, of: room, snapshot)
    }

    /// What is wrapped around a packet, with the SA that opens it; nil if it is as it was sent, or is for somebody
    /// behind us.
    private func next(
        _ packet: Range<Int>, of room: PacketBuffer, _ snapshot: Snapshot
    ) throws(PacketDrop) -> (layer: InboundChain.Layer, entry: InboundAssociation)? {
        let layer: InboundChain.Layer?
        do throws(DropReason) {
            layer = try room.withBytes { bytes throws(DropReason) in
                try InboundChain.Layer(inIPPacket: packet, of: bytes)
            }
        } catch {
            throw .engine(error)
        }
        guard let layer else { return nil }
        if let entry = snapshot.association(for: layer) {
            guard !used.isFull else { throw .engine(.tooDeep) }
            return (layer, entry)
        }
        // Out of a tunnel may come somebody else's ESP; in transport mode, and at first, it can only be for us.
        if let last = used.last {
            if last.association.mode.hasOwnAddresses { return nil }
            if case .tunneled = layer { return nil }
        }
        throw .plane(.unknownSPI)
    }

    private mutating func deliver(
        _ packet: Range<Int>, of room: PacketBuffer, _ snapshot: Snapshot
    ) throws(PacketDrop) {
        let flow: PacketFlow
        do throws(DropReason) {
            flow = try room.withBytes { bytes throws(DropReason) in
                try PacketFlow(bytes.extracting(packet))
            }
        } catch {
            throw .engine(error)
        }
        let used = used
        let device = try snapshot.device(for: flow, count: used.count) { used[$0].association }
        room.withBytes { packets.add($0, packet, source: 0) }
        if snapshot.devices[device].queues[number].write(&packets, from: self.room) > 0 {
            throw .plane(.notDelivered)
        }
    }
}
