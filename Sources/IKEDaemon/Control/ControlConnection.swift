import ControlProtocol
import NIOCore

/// One client of the control socket: one request, one reply, closed.
///
/// A client that sends nothing, too much or nonsense, or does not read its reply, costs a little memory for a
/// little while and nothing else.
final class ControlConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long a client may take to send its request, and to read its reply.
    static let patience = TimeAmount.seconds(10)

    private var assembly = LineAssembly(maximumSize: ControlRequest.maximumSize)
    private var isAnswered = false
    private var deadline: Scheduled<Void>?
    private let execute: ControlSocket.Executor

    init(execute: @escaping ControlSocket.Executor) {
        self.execute = execute
    }

    func channelActive(context: ChannelHandlerContext) {
        limit(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isAnswered else { return }
        let buffer = unwrapInboundIn(data)
        switch assembly.append(Array(buffer.readableBytesView)) {
        case .incomplete: return
        case .tooLong:
            isAnswered = true
            let failure = ControlFailure(
                .malformed, "the request is longer than \(ControlRequest.maximumSize) octets")
            Self.send(.failed(failure), context.channel)
        case .line(let line):
            isAnswered = true
            deadline?.cancel()
            answer(line, context)
        }
    }

    private func answer(_ line: [UInt8], _ context: ChannelHandlerContext) {
        let channel = context.channel
        do {
            execute(try ControlRequest(line: line)) { reply in Self.send(reply, channel) }
        } catch {
            Self.send(.failed(error), channel)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func limit(_ context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }

    /// Sends a reply and closes; allowed from any thread.
    private static func send(_ reply: ControlReply, _ channel: any Channel) {
        let written = channel.writeAndFlush(ByteBuffer(bytes: reply.line))
        let giveUp = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        written.whenComplete { _ in
            giveUp.cancel()
            channel.close(promise: nil)
        }
    }
}
