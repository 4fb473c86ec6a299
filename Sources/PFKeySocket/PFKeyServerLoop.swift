import IPsec
import LinuxIO
import PFKey

/// What the server's thread does: wait, take, answer, send.
final class PFKeyServerLoop<Database: AdministeredDatabase> {
    /// Clients at a time.
    private static var maximumClients: Int { 64 }

    private var service: PFKeyService<Database>
    private let listening: PFKeyServer.Listening
    private let stopping: PFKeyServer.Stopping
    private var connections: [PFKeyConnection] = []
    /// Until when nobody is accepted, after accepting failed.
    private var acceptAgain: Instant?

    init(
        _ service: PFKeyService<Database>, _ listening: PFKeyServer.Listening,
        _ stopping: PFKeyServer.Stopping
    ) {
        self.service = service
        self.listening = listening
        self.stopping = stopping
    }

    func run() {
        while !stopping.isSet {
            let ready = wait()
            for event in listening.inbox.takeAll() { service.tell(event) }
            for connection in ready { serve(connection) }
            for connection in connections {
                connection.flush { service.next(for: connection.id) }
            }
            dropThoseThatAreOver()
        }
    }

    /// Waits, accepts, and returns the connections that have something to say.
    private func wait() -> [PFKeyConnection] {
        var poller = Poller()
        let wake = poller.watch(listening.inbox.wake.number)
        let listener = canAccept ? poller.watch(listening.listener.number) : nil
        let places = connections.map {
            $0.isBlocked ? poller.watchOutput($0.number) : poller.watch($0.number)
        }
        guard (try? poller.wait(acceptAgain == nil ? nil : .seconds(1))) ?? false else { return [] }
        if poller.isReady(wake) { listening.inbox.wake.acknowledge() }
        let ready = zip(connections, places).filter { poller.isReady($1) && !$0.isBlocked }.map(\.0)
        if let listener, poller.isReady(listener) { accept() }
        return ready
    }

    private var canAccept: Bool {
        if let again = acceptAgain, again > MonotonicClock.now { return false }
        acceptAgain = nil
        return connections.count < Self.maximumClients
    }

    private func accept() {
        do throws(SystemError) {
            let socket = try listening.listener.accept()
            connections.append(PFKeyConnection(service.connect(), socket))
        } catch {
            acceptAgain = MonotonicClock.now + .seconds(1)
        }
    }

    /// A client whose message is none of PF_KEY is disconnected: there is no `send` to fail.
    private func serve(_ connection: PFKeyConnection) {
        for var message in connection.receive() {
            do throws(SADBError) {
                try service.receive(message, from: connection.id)
            } catch {
                connection.close()
            }
            for index in message.indices { message[index] = 0 }
        }
    }

    private func dropThoseThatAreOver() {
        for id in service.overflowing { connections.first { $0.id == id }?.close() }
        for connection in connections where connection.isOver { service.disconnect(connection.id) }
        connections.removeAll(where: \.isOver)
    }
}
