import LinuxIO
import PFKey

/// The socket of one client.
final class PFKeyConnection {
    /// Octets of the longest request.
    private static let maximumRequest = 65_536
    /// Messages taken in one turn, so that others get theirs.
    private static let messagesPerTurn = 16

    let id: PFKeyClientID
    private let socket: PacketSocket
    /// A message that did not go out yet.
    private var pending: [UInt8]?
    private(set) var isOver = false

    init(_ id: PFKeyClientID, _ socket: consuming PacketSocket) {
        self.id = id
        self.socket = socket
    }

    var number: Int32 { socket.number }

    /// Whether the client does not read what we send; we do not read from it then either.
    var isBlocked: Bool { pending != nil }

    /// Messages that have arrived; at the end of the connection, or of patience, `isOver` becomes true.
    func receive() -> [[UInt8]] {
        var messages: [[UInt8]] = []
        while messages.count < Self.messagesPerTurn, !isOver {
            switch try? socket.receive(maximum: Self.maximumRequest) {
            case .message(let message): messages.append(message)
            case .nothing: return messages
            case .tooLong, .end, nil: isOver = true
            }
        }
        return messages
    }

    /// Sends until there is no more, or the client does not take more.
    func flush(_ next: () -> [UInt8]?) {
        while !isOver, var message = pending ?? next() {
            pending = nil
            switch try? socket.send(message) {
            case .sent: for index in message.indices { message[index] = 0 }
            case .full:
                pending = message
                return
            case nil: isOver = true
            }
        }
    }

    /// Ends the connection for what the client did.
    func close() {
        isOver = true
    }
}
