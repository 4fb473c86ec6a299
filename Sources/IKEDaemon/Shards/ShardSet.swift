package import IPsec
package import NIOCore
package import Negotiation

/// All shards, and which of them an event is for.
package struct ShardSet: Sendable {
    private let shards: [ShardHandle]

    package init(_ shards: [ShardHandle]) {
        precondition(!shards.isEmpty, "a daemon has at least one shard")
        self.shards = shards
    }

    package var count: Int { shards.count }

    /// Whether a shard has something to do.
    package var isBusy: Bool { shards.contains(where: \.isBusy) }

    package func post(_ event: Event, toShardOf peer: IPAddress) {
        shards[DatagramRouter.shard(of: peer, among: shards.count)].post(event)
    }

    package func post(_ events: [Event], toShard index: Int) {
        precondition(shards.indices.contains(index), "the router knows the number of shards")
        shards[index].post(events)
    }

    package func postToAll(_ event: Event) {
        for shard in shards { shard.post(event) }
    }

    /// An SA's identifier does not tell its peer, so every shard is asked; those it is not for say nothing.
    package func post(_ notification: DatabaseNotification) {
        postToAll(.database(notification))
    }

    package func status(on loop: any EventLoop) -> EventLoopFuture<EndpointStatus> {
        EventLoopFuture.whenAllSucceed(shards.map { $0.status() }, on: loop).map { parts in
            EndpointStatus(ikeSAs: parts.flatMap(\.ikeSAs), childSAs: parts.flatMap(\.childSAs))
        }
    }

    package func keys(on loop: any EventLoop) -> EventLoopFuture<EndpointKeys> {
        EventLoopFuture.whenAllSucceed(shards.map { $0.keys() }, on: loop).map { parts in
            parts.reduce(EndpointKeys(), +)
        }
    }

    package func shutDown(on loop: any EventLoop) -> EventLoopFuture<Void> {
        EventLoopFuture.whenAllComplete(shards.map { $0.shutDown() }, on: loop).map { _ in }
    }
}
