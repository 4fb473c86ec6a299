import ESP
import IPsec

/// What can be seen of a packet when it is dropped.
struct PacketSight {
    var outer: DroppedPacket.Flow?
    var inner: DroppedPacket.Flow?
    var spi: SPI?
    var sequence: UInt32?
    let length: Int
    let head: [UInt8]

    private static let udp: UInt8 = 17
    private static let esp: UInt8 = 50

    private init(_ bytes: Span<UInt8>) {
        length = bytes.count
        head = (0..<min(bytes.count, DroppedPacket.largestHead)).map { bytes[$0] }
    }

    /// Sees an IP packet that is not protected.
    init(plain packet: Span<UInt8>) {
        self.init(packet)
        inner = (try? PacketFlow(packet)).map(DroppedPacket.Flow.init)
    }

    /// Sees a whole IP packet that should hold ESP, or does after being opened in place.
    init(protected packet: Span<UInt8>) {
        self.init(packet)
        outer = (try? PacketFlow(packet)).map(DroppedPacket.Flow.init)
        see(try? ESPPacket(inIPPacket: 0..<packet.count, of: packet))
    }

    /// Sees what arrived as `source` sent it, without its IP header and that of UDP.
    init(payload: Span<UInt8>, from source: Endpoint, to destination: Endpoint, isInUDP: Bool) {
        self.init(payload)
        outer = DroppedPacket.Flow(
            source: source, destination: destination, upperProtocol: isInUDP ? Self.udp : Self.esp,
            hasPorts: isInUDP)
        let ends = ESPPacket.Outer(source: source.address, destination: destination.address)
        see(try? ESPPacket(payload: 0..<payload.count, of: payload, outer: ends))
    }

    private mutating func see(_ packet: ESPPacket?) {
        spi = packet?.spi
        sequence = packet?.sequence
    }
}

extension DroppedPacket {
    init(_ drop: PacketDrop, _ direction: Direction, at: Instant, _ sight: PacketSight) {
        self.init(
            reason: drop.counterName, direction: direction, at: at, length: sight.length, head: sight.head)
        outer = sight.outer
        inner = sight.inner
        spi = sight.spi
        sequence = sight.sequence
    }
}

extension DroppedPacket.Flow {
    init(_ flow: PacketFlow) {
        self.init(
            source: Endpoint(flow.source, port: flow.ports?.source ?? 0),
            destination: Endpoint(flow.destination, port: flow.ports?.destination ?? 0),
            upperProtocol: flow.upperProtocol, hasPorts: flow.ports != nil)
    }
}
