import ESP
import LinuxIO

/// What one worker leaves to another: something it read that concerns an SA of the other's.
struct Parcel: Sendable {
    enum Contents: Sendable {
        /// A packet from a device, its `VirtioHeader` in front, from `PacketPlace.header` on; so many octets in all.
        case outbound(count: Int)
        /// ESP from a NAT traversal socket, and maybe IKE among it.
        case encapsulated(DatagramTrain, EncapsulationSocket)
        /// ESP from a raw socket.
        case esp(DatagramTrain)
        /// A packet that the SAs of a bundle from `next` on have to seal, at `PacketPlace.packet`; so many octets.
        case sealed(count: Int, Bundle, next: Int)
        /// A packet that has come through these SAs already, at `PacketPlace.packet`; so many octets.
        case opened(count: Int, used: AssociationTrail)
    }

    var buffer: PacketBuffer
    var contents = Contents.outbound(count: 0)
}

/// Where packets are in the buffers that workers exchange.
enum PacketPlace {
    /// Octets before what a socket gave: transport mode writes an IP header there.
    static let headroom = 64
    /// Where a device's packet is.
    static let packet = headroom
    /// Where the `VirtioHeader` of a device's packet is.
    static let header = packet - VirtioHeader.count

    static func buffer() -> PacketBuffer { ReceiveBatch.buffer(headroom: headroom) }
}

/// The rings between workers: one for each pair, so that nobody waits for anybody.
final class WorkerRings: Sendable {
    private let rings: [[ExchangeRing<Parcel>]]
    private let wakes: [WakeUp]

    /// Parcels that may wait between two workers.
    static let capacity = 128

    /// - Parameter wakes: what wakes each worker.
    init(_ wakes: [WakeUp]) {
        self.wakes = wakes
        rings = wakes.indices.map { from in
            wakes.indices.map { to in
                ExchangeRing(capacity: from == to ? 1 : Self.capacity) {
                    Parcel(buffer: PacketPlace.buffer())
                }
            }
        }
    }

    /// Leaves a parcel to another worker and gets one with a used buffer; false if too many wait.
    func put(_ parcel: inout Parcel, from sender: Int, to receiver: Int) -> Bool {
        rings[sender][receiver].put(&parcel)
    }

    /// Takes a parcel that was left, for one with a used buffer; false if there is none.
    func take(_ parcel: inout Parcel, from sender: Int, by receiver: Int) -> Bool {
        rings[sender][receiver].take(&parcel)
    }

    func wake(_ worker: Int) {
        wakes[worker].signal()
    }
}

/// One worker's end of the rings.
struct ParcelPost: ~Copyable, Sendable {
    let number: Int
    private let rings: WorkerRings
    /// A parcel with a used buffer, to give and to get with.
    private var spare = Parcel(buffer: PacketPlace.buffer())
    /// Whom something has been left since they were woken last.
    private var addressees: [Bool]

    init(_ rings: WorkerRings, number: Int, of count: Int) {
        self.rings = rings
        self.number = number
        addressees = Array(repeating: false, count: count)
    }

    /// Leaves what is in `buffer` to another worker, for a used buffer.
    mutating func send(_ buffer: inout PacketBuffer, _ contents: Parcel.Contents, to receiver: Int)
        throws(PacketDrop)
    {
        swap(&spare.buffer, &buffer)
        spare.contents = contents
        // If it is taken, `spare` is another parcel afterwards, and `buffer` is what was in it before.
        guard rings.put(&spare, from: number, to: receiver) else {
            swap(&spare.buffer, &buffer)
            throw .plane(.workerBusy)
        }
        addressees[receiver] = true
    }

    /// Leaves a copy of a part of `buffer`.
    mutating func sendCopy(
        _ buffer: PacketBuffer, _ range: Range<Int>, _ contents: Parcel.Contents, to receiver: Int
    ) throws(PacketDrop) {
        spare.buffer.copy(range, of: buffer, to: range.lowerBound)
        spare.contents = contents
        guard rings.put(&spare, from: number, to: receiver) else { throw .plane(.workerBusy) }
        addressees[receiver] = true
    }

    /// Leaves a copy of a packet, at `PacketPlace.packet`.
    mutating func sendCopy(
        of packet: Range<Int>, in buffer: PacketBuffer, _ contents: Parcel.Contents, to receiver: Int
    ) throws(PacketDrop) {
        guard packet.count <= spare.buffer.capacity - PacketPlace.packet else { throw .engine(.tooLarge) }
        spare.buffer.copy(packet, of: buffer, to: PacketPlace.packet)
        spare.contents = contents
        guard rings.put(&spare, from: number, to: receiver) else { throw .plane(.workerBusy) }
        addressees[receiver] = true
    }

    /// Takes the next parcel from a worker.
    mutating func take(_ parcel: inout Parcel, from sender: Int) -> Bool {
        sender != number && rings.take(&parcel, from: sender, by: number)
    }

    /// Wakes those whom something was left.
    mutating func wakeAddressees() {
        for receiver in addressees.indices where addressees[receiver] {
            rings.wake(receiver)
            addressees[receiver] = false
        }
    }
}
