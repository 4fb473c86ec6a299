import HTTPExchange
import NIOCore
import NIOPosix

/// Why nothing was fetched; a sentence.
struct FetchFailure: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Fetches over HTTP: one request a connection, within limits of time and size.
struct HTTPFetch: Sendable {
    let loop: any EventLoop
    /// For the whole exchange, redirections included.
    let patience: TimeAmount

    /// Redirections that are followed, to HTTP alone, and of requests without a body.
    private static let mostRedirections = 3

    /// - Parameter most: octets of the answer.
    func perform(_ request: HTTPRequest, most: Int) -> EventLoopFuture<[UInt8]> {
        perform(request, most: most, redirections: Self.mostRedirections, until: .now() + patience)
    }

    private func perform(
        _ request: HTTPRequest, most: Int, redirections: Int, until deadline: NIODeadline
    ) -> EventLoopFuture<[UInt8]> {
        exchange(request, most, deadline).flatMap { outcome in
            switch outcome {
            case .body(let body): return loop.makeSucceededFuture(body)
            case .redirect(let place):
                guard redirections > 0, request.method == .get,
                    let location = request.location.following(place)
                else {
                    return loop.makeFailedFuture(
                        FetchFailure("the server sends us elsewhere, which is not followed"))
                }
                var next = request
                next.location = location
                return perform(next, most: most, redirections: redirections - 1, until: deadline)
            }
        }
    }

    private func exchange(
        _ request: HTTPRequest, _ most: Int, _ deadline: NIODeadline
    ) -> EventLoopFuture<HTTPResponseReader.Outcome> {
        let promise = loop.makePromise(of: HTTPResponseReader.Outcome.self)
        let timer = loop.scheduleTask(deadline: deadline) {
            promise.fail(FetchFailure("no whole answer came in time"))
        }
        let connected = ClientBootstrap(group: loop).connectTimeout(patience)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ResponseHandler(request: request.octets, most: most, promise: promise))
                }
            }.connect(host: request.location.host, port: Int(request.location.port))
        connected.whenFailure { promise.fail(FetchFailure(Self.words($0))) }
        promise.futureResult.whenComplete { _ in
            timer.cancel()
            connected.whenSuccess { $0.close(promise: nil) }
        }
        return promise.futureResult
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError where error.connectionErrors.isEmpty:
            "the name \(error.host) has no address"
        case let error as NIOConnectionError:
            "no connection to \(error.host): \(error.connectionErrors.map { "\($0.error)" }.joined(separator: "; "))"
        default: "\(error)"
        }
    }
}

/// Sends the request and reads the answer.
private final class ResponseHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: [UInt8]
    private var reader: HTTPResponseReader
    private let promise: EventLoopPromise<HTTPResponseReader.Outcome>

    init(request: [UInt8], most: Int, promise: EventLoopPromise<HTTPResponseReader.Outcome>) {
        self.request = request
        reader = HTTPResponseReader(most: most)
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(HTTPFailure) {
            if let outcome = try reader.take(unwrapInboundIn(data).readableBytesView) {
                promise.succeed(outcome)
            }
        } catch { promise.fail(FetchFailure("\(error)")) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        do throws(HTTPFailure) {
            promise.succeed(try reader.end())
        } catch { promise.fail(FetchFailure("\(error)")) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(FetchFailure("\(error)"))
        context.close(promise: nil)
    }
}
