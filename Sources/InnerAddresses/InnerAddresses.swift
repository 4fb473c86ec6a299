import Glibc
package import IPsec
import Netlink
import Synchronization
import Wire

/// Addresses that peers gave us, on this host's loopback interface, and routes that have packets leave from them.
///
/// Any of the host's interfaces would do: the address is reached through a tunnel.
package final class InnerAddresses: Sendable {
    /// Why something could not be done; a sentence.
    package struct Failure: Error, Hashable, Sendable {
        package var sentence: String
    }

    private struct Route: Hashable, Sendable {
        let prefix: IPPrefix
        let way: AddressMessages.Way
        let source: IPAddress
    }

    private struct Holdings: Sendable {
        var pipeline: NetlinkPipeline?
        /// How many need each.
        var addresses: [IPAddress: Int] = [:]
        var routes: [IPPrefix: [Route]] = [:]
        var families: Set<AddressFamily> = []
    }

    private final class Answer: Sendable {
        let refusal = Mutex<NetlinkRefusal?>(nil)
        let way = Mutex<AddressMessages.Way?>(nil)
    }

    private let holdings = Mutex(Holdings())
    private static let loopback: UInt32 = 1

    package init() {}

    /// Makes an address one of this host's, unless it is already.
    package func add(_ address: IPAddress) throws(Failure) {
        try change { holdings throws(Failure) in
            let count = holdings.addresses[address] ?? 0
            if count == 0 {
                let refusal = try Self.carryOut(
                    AddressMessages.addAddress(address, on: Self.loopback), &holdings)
                if let refusal, refusal.code != EEXIST {
                    throw Failure(sentence: "cannot add the address \(address): \(refusal)")
                }
            }
            holdings.addresses[address] = count + 1
        }
    }

    /// Takes an address off once nothing needs it any more.
    package func remove(_ address: IPAddress) throws(Failure) {
        try change { holdings throws(Failure) in
            guard let count = holdings.addresses[address] else { return }
            guard count == 1 else {
                holdings.addresses[address] = count - 1
                return
            }
            holdings.addresses[address] = nil
            let refusal = try Self.carryOut(
                AddressMessages.deleteAddress(address, on: Self.loopback), &holdings)
            if let refusal, refusal.code != EADDRNOTAVAIL {
                throw Failure(sentence: "cannot remove the address \(address): \(refusal)")
            }
        }
    }

    /// Has packets to a network leave from an address of ours, by the way that leads to a gateway.
    package func route(_ prefix: IPPrefix, from source: IPAddress, towards gateway: IPAddress) throws(Failure)
    {
        try change { holdings throws(Failure) in
            guard let way = try Self.way(to: gateway, &holdings) else {
                throw Failure(sentence: "cannot find the way to \(gateway)")
            }
            if holdings.families.insert(prefix.family).inserted {
                let refusal = try Self.carryOut(AddressMessages.addRule(prefix.family), &holdings)
                if let refusal, refusal.code != EEXIST {
                    throw Failure(sentence: "cannot add a routing rule: \(refusal)")
                }
            }
            let route = Route(prefix: prefix, way: way, source: source)
            try Self.put(route, &holdings)
            holdings.routes[prefix, default: []].append(route)
        }
    }

    private static func put(_ route: Route, _ holdings: inout Holdings) throws(Failure) {
        let request = AddressMessages.addRoute(route.prefix, route.way, source: route.source)
        if let refusal = try carryOut(request, &holdings) {
            throw Failure(sentence: "cannot route \(route.prefix) from \(route.source): \(refusal)")
        }
    }

    /// Takes back what `route` did; the routing rule goes with the last route of its family.
    package func unroute(_ prefix: IPPrefix, from source: IPAddress) throws(Failure) {
        try change { holdings throws(Failure) in
            guard var routes = holdings.routes[prefix],
                let index = routes.lastIndex(where: { $0.source == source })
            else { return }
            let route = routes.remove(at: index)
            holdings.routes[prefix] = routes.isEmpty ? nil : routes
            if let former = routes.last {
                if former != route { try Self.put(former, &holdings) }
                return
            }
            _ = try Self.carryOut(
                AddressMessages.deleteRoute(prefix, route.way, source: source), &holdings)
            guard !holdings.routes.keys.contains(where: { $0.family == prefix.family }) else { return }
            holdings.families.remove(prefix.family)
            _ = try Self.carryOut(AddressMessages.deleteRule(prefix.family), &holdings)
        }
    }

    // MARK: the kernel

    private func change(_ body: (inout sending Holdings) throws(Failure) -> Void) throws(Failure) {
        let result: Result<Void, Failure> = holdings.withLock { holdings in
            do throws(Failure) {
                return .success(try body(&holdings))
            } catch { return .failure(error) }
        }
        try result.get()
    }

    private static func way(
        to host: IPAddress, _ holdings: inout Holdings
    ) throws(Failure) -> AddressMessages.Way? {
        let answer = Answer()
        let refusal = try carryOut(AddressMessages.findWay(to: host), &holdings, answer)
        guard refusal == nil else { return nil }
        return answer.way.withLock { $0 }
    }

    private static func carryOut(
        _ request: NetlinkRequest, _ holdings: inout Holdings, _ answer: Answer = Answer()
    ) throws(Failure) -> NetlinkRefusal? {
        do throws(NetlinkRefusal) {
            var pipeline: NetlinkPipeline
            if let opened = holdings.pipeline {
                pipeline = opened
            } else {
                pipeline = try NetlinkPipeline(.route)
            }
            pipeline.carryOut([
                NetlinkExchange(request) { _, payload in
                    let way = Self.way(in: payload)
                    answer.way.withLock { $0 = way }
                } completion: { refusal in
                    answer.refusal.withLock { $0 = refusal }
                }
            ])
            holdings.pipeline = pipeline
        } catch {
            throw Failure(sentence: "cannot open a routing socket: \(error)")
        }
        return answer.refusal.withLock { $0 }
    }

    /// RTA_OIF and RTA_GATEWAY behind a struct rtmsg; nil where there is no device.
    private static func way(in payload: Span<UInt8>) -> AddressMessages.Way? {
        var rest = payload
        var device: UInt32?
        var gateway: IPAddress?
        do throws(WireError) {
            try rest.skip(12)
            try rest.forEachNetlinkAttribute { type, value throws(WireError) in
                var value = value
                switch type {
                case 4: device = try value.takeHostUInt32()
                case 5: gateway = IPAddress(bytes: value.takeRemainingBytes())
                // An open set.
                default: return
                }
            }
        } catch { return nil }
        return device.map { AddressMessages.Way(device: $0, gateway: gateway) }
    }
}
