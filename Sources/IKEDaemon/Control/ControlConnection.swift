import ControlProtocol
import KeyMaterial
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
            Self.send(ControlAnswer(.failed(failure)), context.channel)
        case .line(let line):
            isAnswered = true
            deadline?.cancel()
            answer(line, context)
        }
    }

    private func answer(_ line: [UInt8], _ context: ChannelHandlerContext) {
        let channel = context.channel
        let execute = execute
        do {
            let request = try ControlRequest(line: line)
            PeerCredentials.read(of: channel).whenComplete { peer in
                switch peer {
                case .success(let peer): execute(request, peer) { Self.send($0, channel) }
                case .failure(let error):
                    let failure = ControlFailure(.system, "reading who is at the control socket: \(error)")
                    Self.send(ControlAnswer(.failed(failure)), channel)
                }
            }
        } catch {
            Self.send(ControlAnswer(.failed(error)), channel)
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

    /// Sends an answer and closes; allowed from any thread.
    private static func send(_ answer: ControlAnswer, _ channel: any Channel) {
        let giveUp = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        channel.eventLoop.execute {
            let sent = NIOLoopBoundBox(octets(of: answer), eventLoop: channel.eventLoop)
            channel.writeAndFlush(sent.value).whenComplete { _ in
                giveUp.cancel()
                if answer.secret != nil { sent.value.wipe() }
                channel.close(promise: nil)
            }
        }
    }

    private static func octets(of answer: ControlAnswer) -> ByteBuffer {
        var buffer = ByteBuffer(bytes: answer.reply.line)
        if let secret = answer.secret { append(secret, to: &buffer) }
        return buffer
    }

    private static func append(_ secret: SecretKey, to buffer: inout ByteBuffer) {
        // At once, so that no part is left behind in storage that was too small.
        buffer.reserveCapacity(minimumWritableBytes: secret.count)
        secret.withSpan { octets in
            for index in octets.indices { buffer.writeInteger(octets[index]) }
        }
    }
}

extension ByteBuffer {
    /// Overwrites what it holds; where nobody else holds on to it, nothing stays in memory.
    mutating func wipe() {
        setRepeatingByte(0, count: writerIndex, at: 0)
    }
}
