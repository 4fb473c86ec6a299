import Glibc
import IPsec
import LinuxIO
import PFKey

/// The socket of one client.
final class PFKeyConnection<Plane: PFKeyPlane> {
    /// Messages taken in one turn, so that others get theirs.
    private static var messagesPerTurn: Int { 16 }
    /// Octets that may wait in the kernel until the client reads them, as many as on a PF_KEY socket of Linux.
    private static var sendSpace: Int32 { 212_992 / 2 }
    /// The same for a client that is sent a message longer than that.
    private static var longSendSpace: Int32 { 1 << 20 }

    private let socket: PacketSocket
    /// The user that it belongs to.
    let user: UInt32
    var seat: PFKeySeat<Plane>?
    /// Whether it has said nothing yet: its first message may be a hello.
    var isSilent = true
    /// Where the client waits for us after each message; nil for one that does not wait.
    var acknowledgements: AcknowledgementSocket?
    /// A message that did not go out yet.
    private var pending: [UInt8]?
    private(set) var isOver = false

    init(_ socket: consuming PacketSocket) {
        socket.setSendSpace(Self.sendSpace)
        user = (try? socket.peerUser()) ?? .max
        self.socket = socket
    }

    var number: Int32 { socket.number }

    /// Whether the client does not read what we send.
    var isBlocked: Bool { pending != nil }

    /// Whether to read from it.
    ///
    /// One that does not read what we send is left alone, unless it waits for us after each message.
    var isHeard: Bool { !isBlocked || acknowledgements != nil }

    /// Gives messages that have arrived; at the end of the connection `isOver` becomes true.
    func receive(_ body: (Received) -> Void) {
        var count = 0
        while count < Self.messagesPerTurn, !isOver, isHeard {
            let rights = ReceivedDescriptors()
            switch try? socket.receiveWhole(maximum: SADBHeader.longestMessage, rights) {
            case .message(let message): body(.message(message, rights))
            case .tooLong: body(.tooLong(rights))
            case .nothing: return
            case .end, nil: isOver = true
            }
            count += 1
        }
    }

    enum Received {
        case message([UInt8], ReceivedDescriptors)
        case tooLong(ReceivedDescriptors)
    }

    /// Sends until there is no more, or the client does not take more.
    func flush() {
        guard let seat else { return }
        while !isOver, let message = pending ?? seat.room.service.next(for: seat.id) {
            pending = nil
            send(message)
            if isBlocked { return }
        }
    }

    /// Sends one message, or keeps it.
    func send(_ message: consuming [UInt8]) {
        do throws(SystemError) {
            switch try socket.send(message) {
            case .sent: for index in message.indices { message[index] = 0 }
            case .full: pending = message
            }
        } catch {
            guard error.code == EMSGSIZE, !hasLongSpace else {
                isOver = true
                return
            }
            hasLongSpace = true
            socket.setSendSpace(Self.longSendSpace)
            pending = message
        }
    }

    private var hasLongSpace = false

    /// Ends the connection for what the client did.
    func close() {
        isOver = true
    }
}

/// Where a client is told how its messages fared.
final class AcknowledgementSocket {
    private let descriptor: FileDescriptor

    init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    /// Says how a message fared; a client that does not listen misses it.
    func tell(_ number: SADBErrorNumber) {
        PacketSocket.offer([number.value], to: descriptor)
    }
}
