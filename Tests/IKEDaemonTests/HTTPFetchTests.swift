import CertificateAuthority
import Credentials
import HTTPExchange
import IPsec
import NIOCore
import NIOPosix
import Testing

@testable import IKEDaemon

/// Answers every connection with the same octets, after the request has come.
private final class CannedHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// nil never answers.
    let answer: [UInt8]?
    let requests: LogLines

    init(_ answer: [UInt8]?, _ requests: LogLines) {
        self.answer = answer
        self.requests = requests
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        requests.add(String(buffer: unwrapInboundIn(data)))
        guard let answer else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answer)), promise: nil)
        context.close(promise: nil)
    }
}

struct HTTPFetchTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    private func fetch(
        _ answer: String?, most: Int = 100, patience: TimeAmount = .seconds(20),
        method: HTTPRequest.Method = .get, requests: LogLines = LogLines()
    ) async throws -> Result<[UInt8], any Error> {
        let server = try await ServerBootstrap(group: group).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    CannedHandler(answer.map { Array($0.utf8) }, requests))
            }
        }.bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let location = try #require(HTTPLocation("http://127.0.0.1:\(port)/x"))
        let fetch = HTTPFetch(loop: group.next(), patience: patience)
        let result: Result<[UInt8], any Error>
        do {
            let request = HTTPRequest(method, location, accepted: "a/b")
            result = .success(try await fetch.perform(request, most: most).get())
        } catch { result = .failure(error) }
        try await server.close()
        return result
    }

    private func refusal(_ result: Result<[UInt8], any Error>) -> String {
        guard case .failure(let error) = result else { return "" }
        return "\(error)"
    }

    @Test func fetchesABody() async throws {
        let requests = LogLines()
        let result = try await fetch(
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", method: .post(type: "c/d", [65]),
            requests: requests)
        #expect(try result.get() == Array("abc".utf8))
        #expect(requests.all.first?.hasPrefix("POST /x HTTP/1.1\r\n") == true)
    }

    @Test func keepsItsLimits() async throws {
        let long = try await fetch("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 5000))
        #expect(refusal(long) == "the answer has more than 100 octets")
        let slow = try await fetch(nil, patience: .milliseconds(50))
        #expect(refusal(slow) == "no whole answer came in time")
        #expect(refusal(try await fetch("HTTP/1.1 500 No\r\n\r\n")) == "the server answers with status 500")
    }

    @Test func followsNoOtherSchemes() async throws {
        for place in ["https://127.0.0.1/", "file:///etc/passwd", "ftp://x/", "//x/"] {
            let requests = LogLines()
            let result = try await fetch(
                "HTTP/1.1 302 Found\r\nLocation: \(place)\r\n\r\n", requests: requests)
            #expect(refusal(result).contains("not followed"))
            #expect(requests.all.count == 1)
        }
    }

    @Test func followsAFewRedirections() async throws {
        let requests = LogLines()
        let result = try await fetch("HTTP/1.1 302 Found\r\nLocation: /y\r\n\r\n", requests: requests)
        #expect(refusal(result).contains("not followed"))
        #expect(requests.all.count == 4)
        #expect(requests.all.last?.hasPrefix("GET /y ") == true)
    }

    @Test func tellsOfNoConnection() async throws {
        let server = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        try await server.close()
        let location = try #require(HTTPLocation("http://127.0.0.1:\(port)/"))
        let fetch = HTTPFetch(loop: group.next(), patience: .seconds(20))
        let request = HTTPRequest(.get, location, accepted: "a/b")
        let failure = await #expect(throws: FetchFailure.self) {
            try await fetch.perform(request, most: 10).get()
        }
        #expect(failure?.description.hasPrefix("no connection to 127.0.0.1: ") == true)
    }
}

struct RevocationFetcherTests {
    @Test func oneIsUnderWayFromEachLocation() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let pending = Shared<[EventLoopPromise<[UInt8]>]>([])
        let time = Shared<Int64>(0)
        let fetcher = RevocationFetcher(now: { Samples.moment(time.value).instant }) { _, _ in
            let promise = loop.makePromise(of: [UInt8].self)
            pending.value += [promise]
            return promise.futureResult
        }
        let issuer = try CredentialScene().root.certificate
        let done = LogLines()
        func fetch(_ path: String) {
            fetcher.fetch(.crl(location: "http://a/\(path)", issuer: issuer)) { done.add("\(path) \($0)") }
        }
        fetch("x")
        fetch("x")
        fetch("y")
        #expect(pending.value.count == 2)
        pending.value[0].succeed([1])
        try await loop.submit {}.get()
        #expect(done.all == ["x success([1])", "x success([1])"])
        fetch("x")
        #expect(pending.value.count == 3)
        pending.value[1].fail(FetchFailure("no"))
        pending.value[2].succeed([])
        try await loop.submit {}.get()
        #expect(done.all.count == 4 && done.all[2] == "y failure(no)")
        fetch("y")
        #expect(pending.value.count == 3 && done.all.last == "y failure(no)")
        time.value = 31
        fetch("y")
        #expect(pending.value.count == 4)
        pending.value[3].succeed([])
        fetcher.fetch(.crl(location: "ldap://a/", issuer: issuer)) { done.add("\($0)") }
        #expect(done.all.last?.contains("no location that is fetched from") == true)
    }
}
