import Calendar
import Credentials
import HTTPExchange
import IPsec
import NIOCore
import NIOPosix
import Negotiation
import Synchronization
import TestSupport

@testable import IKEDaemon

/// A value that several threads share.
final class Shared<Value: Sendable>: Sendable {
    private let held: Mutex<Value>

    init(_ value: Value) {
        held = Mutex(value)
    }

    var value: Value {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }
}

/// A keeper of one gateway, what it fetched, and what it said.
final class CredentialGateway: Sendable {
    let keeper: CredentialKeeper
    let lines = LogLines()
    let fetched = LogLines()
    /// What is at locations; nothing else can be reached.
    let web = Shared<[String: [UInt8]]>([:])
    let clock = Shared(CredentialScene.now.seconds)

    static let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()

    init(_ plan: CredentialPlan, _ files: CredentialFiles) {
        let (fetched, web, clock) = (fetched, web, clock)
        let fetcher = RevocationFetcher(now: { Samples.moment(0).instant }) { request, _ in
            fetched.add("\(request.location)")
            guard let answer = web.value["\(request.location)"] else {
                return Self.loop.makeFailedFuture(FetchFailure("no connection"))
            }
            return Self.loop.makeSucceededFuture(answer)
        }
        keeper = CredentialKeeper(
            plan, log: Samples.log(lines), clock: { clock.value }, random: { FixedRandom(seed: 3) },
            reading: files.reading, fetcher: fetcher)
        keeper.read()
    }

    /// What it makes of what `signer` proves.
    func judge(_ signer: CredentialGateway, as identity: Identity) throws -> SignatureAnswering.Verdict {
        let octets = Array("what both signed".utf8)
        let request = SignatureRequest(
            peer: "peer", content: .ikev2(octets, announced: [.sha256]))
        let answer = try signer.keeper.sign(request).get()
        let promise = Self.loop.makePromise(of: SignatureAnswering.Verdict.self)
        keeper.verify(
            VerificationRequest(
                peer: "peer", identity: identity, proof: .ikev2(answer.signature, octets: octets),
                certificates: answer.certificates)
        ) { promise.succeed($0) }
        return try promise.futureResult.wait()
    }

    /// The sentence of a refusal; empty where the peer is believed.
    func refusal(_ signer: CredentialGateway, as identity: Identity) throws -> String {
        switch try judge(signer, as: identity) {
        case .success: ""
        case .failure(let failure): ([failure.sentence] + failure.details).joined(separator: "\n")
        }
    }
}
