import IPsec
import LinuxIO
import PFKey

/// What the server's thread does: wait, take, answer, send.
final class PFKeyServerLoop<Host: PFKeyHost> {
    /// Clients at a time.
    private static var maximumClients: Int { 1024 }
    /// Clients of one user at a time; root's are not counted.
    private static var maximumPerUser: Int { 64 }

    private typealias Connection = PFKeyConnection<Host.Plane>

    private var host: Host
    private let listener: PacketListener
    private let stopping: PFKeyServer.Stopping
    private var connections: [Connection] = []
    /// Until when nobody is accepted, after accepting failed.
    private var acceptAgain: Instant?

    init(_ host: Host, _ listener: consuming PacketListener, _ stopping: PFKeyServer.Stopping) {
        self.host = host
        self.listener = listener
        self.stopping = stopping
    }

    func run() {
        while !stopping.isSet {
            let ready = wait()
            for connection in ready { serve(connection) }
            flushAll()
            dropThoseThatAreOver()
        }
    }

    /// Waits, accepts, takes events, and returns the connections that have something to say.
    private func wait() -> [Connection] {
        var poller = Poller()
        let wake = poller.watch(stopping.wake.number)
        let door = canAccept ? poller.watch(listener.number) : nil
        let rooms = host.rooms.map { room in (room, room.eventDescriptors.map { poller.watch($0) }) }
        let places = connections.map { poller.watch($0.number, input: $0.isHeard, output: $0.isBlocked) }
        guard (try? poller.wait(acceptAgain == nil ? nil : .seconds(1))) ?? false else { return [] }
        if poller.isReady(wake) { stopping.wake.acknowledge() }
        for (room, places) in rooms where places.contains(where: { poller.isReady($0) }) {
            room.service.tellEvents()
        }
        let ready = zip(connections, places).filter { poller.isReady($1) }.map(\.0)
        if let door, poller.isReady(door) { accept() }
        return ready
    }

    private var canAccept: Bool {
        if let again = acceptAgain, again > MonotonicClock.now { return false }
        acceptAgain = nil
        return connections.count < Self.maximumClients
    }

    private func accept() {
        do throws(SystemError) {
            let connection = Connection(try listener.accept())
            let others = connections.count { $0.user == connection.user }
            guard connection.user == 0 || others < Self.maximumPerUser else { return }
            if host.takesSilentClients { connection.seat = try? host.admit(nil) }
            connections.append(connection)
        } catch {
            acceptAgain = MonotonicClock.now + .seconds(1)
        }
    }

    private func serve(_ connection: Connection) {
        connection.receive { received in
            switch received {
            case .message(var message, let rights):
                take(message, rights, from: connection)
                for index in message.indices { message[index] = 0 }
            case .tooLong(let rights): settle(.size, connection, rights)
            }
        }
    }

    private func take(_ message: [UInt8], _ rights: ReceivedDescriptors, from connection: Connection) {
        if connection.isSilent {
            connection.isSilent = false
            if greet(message, rights, connection) { return }
        }
        guard let seat = connection.seat else { return }
        do throws(SADBError) {
            try seat.room.service.receive(message, from: seat.id)
            settle(.none, connection, rights)
        } catch {
            settle(error.number, connection, rights)
        }
    }

    /// Takes a client in by its first message; true if that was a hello, or the client is refused.
    private func greet(_ message: [UInt8], _ rights: ReceivedDescriptors, _ connection: Connection) -> Bool {
        let hello = PFKeyHello(message, rights)
        if hello == nil, connection.seat != nil { return false }
        if let seat = connection.seat { host.release(seat) }
        connection.seat = nil
        if hello != nil, let socket = rights.takeFirst(), socket.isUnixSocket {
            connection.acknowledgements = AcknowledgementSocket(socket)
        }
        do throws(PFKeyRefusal) {
            guard hello == nil || connection.acknowledgements != nil else {
                throw PFKeyRefusal(.invalid, "A hello needs a Unix socket for acknowledgements.")
            }
            connection.seat = try host.admit(hello)
            if hello != nil { settle(.none, connection, ReceivedDescriptors()) }
            return hello != nil
        } catch {
            refuse(error, message, connection)
            return true
        }
    }

    private func refuse(_ refusal: PFKeyRefusal, _ message: [UInt8], _ connection: Connection) {
        if connection.acknowledgements == nil, let header = try? SADBHeader(checking: message.span) {
            let error = SADBError(.unsupported, refusal.number, refusal.explanation)
            if let answer = try? SADBReply(.own).refusal(error, header).encoded() { connection.send(answer) }
        }
        settle(refusal.number, connection, ReceivedDescriptors())
        connection.close()
    }

    /// Ends a message: what it caused is on its way to everybody before its sender goes on.
    ///
    /// The sender is told on the descriptor that came with the message, else on the one of its hello. One that did not
    /// say hello is disconnected where the message is none of PF_KEY: no `send` of its can fail.
    private func settle(
        _ number: SADBErrorNumber, _ connection: Connection, _ rights: ReceivedDescriptors
    ) {
        flushAll()
        guard let usual = connection.acknowledgements else {
            if number != .none { connection.close() }
            return
        }
        if let own = rights.takeFirst() {
            AcknowledgementSocket(own).tell(number)
        } else {
            usual.tell(number)
        }
    }

    private func flushAll() {
        for connection in connections { connection.flush() }
    }

    private func dropThoseThatAreOver() {
        for room in host.rooms {
            for id in room.service.overflowing {
                connections.first { $0.seat?.room === room && $0.seat?.id == id }?.close()
            }
        }
        for connection in connections where connection.isOver {
            if let seat = connection.seat { host.release(seat) }
        }
        connections.removeAll(where: \.isOver)
    }
}
