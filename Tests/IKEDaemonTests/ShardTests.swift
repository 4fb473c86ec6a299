import Algorithms
import IPsec
import KeyMaterial
import NIOCore
import NIOPosix
import Negotiation
import Synchronization
import Testing

@testable import IKEDaemon

/// Answers events by a list, and notes them.
private struct ScriptedEndpoint: NegotiatingEndpoint {
    let notes: LogLines
    let effects: @Sendable (Event) -> [Effect]
    var nextDeadline: Instant?

    mutating func handle(_ event: Event, now: Instant) -> [Effect] {
        notes.add("\(event)")
        if case .deadline = event { nextDeadline = nil }
        return effects(event)
    }

    func status() -> EndpointStatus { EndpointStatus() }
    func keys() -> EndpointKeys { EndpointKeys() }
    func acquaintance(for request: ChildRequest) -> Acquaintance { .none }
}

struct ShardTests {
    private let notes = LogLines()
    private let plane = NullDataPlane()
    private let sent = LogLines()

    /// Runs a shard on a loop of its own until `body` is through.
    private func withShard(
        deadline: Instant? = nil, effects: @escaping @Sendable (Event) -> [Effect],
        _ body: (ShardHandle, LogLines) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let reports = LogLines()
        let (notes, plane, sent) = (notes, plane, sent)
        let shard = try await ShardHandle.make(
            on: group.next(), clock: { Samples.moment(0).instant },
            endpoint: { ScriptedEndpoint(notes: notes, effects: effects, nextDeadline: deadline) },
            performer: {
                EffectPerformer(
                    dataPlane: plane,
                    transmission: DatagramTransmission(
                        sendMessage: { message, path in sent.add("\(message) \(path)") },
                        sendKeepalive: { path in sent.add("keepalive \(path)") }), held: HeldRequestIDs(),
                    inner: Samples.inner(plane), log: Samples.log(), signatures: Samples.signatures
                ) { request in .failure(.noEntry(file: "psk.txt", lookedFor: ["\(request.remoteAddress)"])) }
            },
            observer: { report, _ in reports.add(report.sentence) }
        ).get()
        try await body(shard, reports)
        try await group.shutdownGracefully()
    }

    @Test func performsEffectsInOrderAndAnswersThem() async throws {
        let association = Samples.association(spi: 0x1001)
        try await withShard { event in
            switch event {
            case .terminate:
                [
                    .send([1, 2], Samples.path), .sendKeepalive(Samples.path),
                    .install(EffectToken(1), association),
                    .keyWithSharedSecret(
                        EffectToken(2),
                        SharedSecretRequest(prf: .hmacSHA1, data: [], remoteAddress: Samples.remote)),
                    .report(Samples.report(.progress, "done")),
                ]
            default: []
            }
        } _: { shard, reports in
            shard.post(.terminate(tunnel: "hq"))
            _ = try await shard.status().get()
            _ = try await shard.status().get()
            #expect(sent.all == ["[1, 2] \(Samples.path)", "keepalive \(Samples.path)"])
            #expect(reports.all == ["done"])
            #expect(notes.all.count == 3)
            #expect(notes.all[1].hasPrefix("installed"))
            #expect(notes.all[2].contains("noEntry"))
            try await shard.shutDown().get()
            plane.usage(of: association.id) { result in
                #expect(throws: DatabaseFailure.self, "its SA is taken out at the end") { try result.get() }
            }
        }
    }

    @Test func aDeadlineThatHasPassedIsHandledOnce() async throws {
        try await withShard(deadline: Samples.moment(0).instant, effects: { _ in [] }) { shard, _ in
            shard.post(.terminate(tunnel: "hq"))
            for _ in 0..<20 { _ = try await shard.status().get() }
            #expect(notes.all.count { $0 == "deadline" } <= 1)
        }
    }

    @Test func saysGoodbyeOnceAndThenNothing() async throws {
        try await withShard(effects: { _ in [] }) { shard, _ in
            try await shard.shutDown().get()
            shard.post(.terminate(tunnel: "hq"))
            _ = try await shard.status().get()
            #expect(notes.all == ["shutDown"])
        }
    }
}
