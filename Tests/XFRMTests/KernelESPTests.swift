import Algorithms
import Glibc
import IPsec
import Netlink
import Synchronization
import Testing

@testable import XFRM

/// Against a kernel that has ESP: what it makes of our SAs, read back from itself.
@Suite(.enabled(if: OwnNetwork.hasESP, "needs root and a kernel with ESP"), .serialized)
struct KernelESPTests {
    @Test func theProbeLeavesNothingBehind() throws {
        let (sentences, states) = try OwnNetwork.run { (XFRMDataPlane.probe(), try Self.states()) }
        #expect(sentences.isEmpty)
        #expect(states.isEmpty)
    }

    @Test(arguments: Samples.kernelTransforms.indices)
    func theKernelTakesEveryTransform(index: Int) throws {
        let (cipher, integrity) = Samples.kernelTransforms[index]
        let back = try OwnNetwork.run { () throws -> [SecurityAssociation] in
            let plane = try XFRMDataPlane()
            defer { plane.shutDown() }
            for direction in [Direction.inbound, .outbound] {
                let association = Samples.association(
                    spi: direction == .inbound ? 0x1001 : 0x1002, direction,
                    transform: Samples.transform(cipher, integrity))
                do {
                    try answer { plane.add(association, completion: $0) }
                } catch let failure as DatabaseFailure
                    where failure.kind == .unsupported && Samples.isRare(cipher, integrity)
                {
                    return []
                }
            }
            return try Self.states()
        }
        #expect(back.count == 2 || back.isEmpty && Samples.isRare(cipher, integrity))
        for association in back {
            let expected = Samples.transform(cipher, integrity)
            #expect(association.transform.encryption == cipher)
            #expect(association.transform.integrity == integrity)
            #expect(Samples.sameKey(association.transform.encryptionKey, expected.encryptionKey))
            #expect(Samples.sameKey(association.transform.integrityKey, expected.integrityKey))
        }
    }

    @Test(arguments: [false, true], [EncapsulationMode.tunnel, .transport])
    func theKernelKeepsEveryField(isExtended: Bool, mode: EncapsulationMode) throws {
        let pair = [Direction.inbound, .outbound].map { direction in
            var association = Samples.association(
                spi: direction == .inbound ? 0x2001 : 0x2002, direction, mode)
            association.usesExtendedSequenceNumbers = isExtended
            association.encapsulation = UDPEncapsulation(sourcePort: 4500, destinationPort: 4501)
            association.lifetime = Lifetime(
                softTime: .seconds(100), hardTime: .seconds(120), hardBytes: 1 << 33)
            return association
        }
        let back = try OwnNetwork.run {
            let plane = try XFRMDataPlane()
            defer { plane.shutDown() }
            for association in pair { try answer { plane.add(association, completion: $0) } }
            return try Self.states()
        }
        for association in pair {
            let found = try #require(back.first { $0.id == association.id })
            #expect(found.source == association.source)
            #expect(found.mode == mode)
            #expect(found.requestID == association.requestID)
            #expect(found.encapsulation == association.encapsulation)
            #expect(found.lifetime == association.lifetime)
            #expect(found.usesExtendedSequenceNumbers == isExtended)
            if association.direction == .inbound { #expect(found.replayWindow == 64) }
        }
    }

    @Test func aTakenSPIIsToldAndNotDeletedByUs() throws {
        let (kind, left) = try OwnNetwork.run {
            let owner = try XFRMDataPlane()
            defer { owner.shutDown() }
            try answer { owner.add(Samples.association(), completion: $0) }
            let other = try XFRMDataPlane()
            let second = Result { try answer { other.add(Samples.association(), completion: $0) } }
            other.shutDown()
            return (second.failure?.kind, try Self.states().count)
        }
        #expect(kind == .alreadyExists)
        #expect(left == 1)
    }

    @Test func ourAssociationsGoAtTheEnd() throws {
        let left = try OwnNetwork.run {
            let plane = try XFRMDataPlane()
            for spi in 0x3000..<0x3020 as Range<UInt32> {
                plane.add(Samples.association(spi: spi)) { _ in }
            }
            try answer { plane.delete(Samples.association(spi: 0x3000).id, completion: $0) }
            plane.shutDown()
            return try Self.states().count
        }
        #expect(left == 0)
    }

    @Test func aMovedMappingChangesThePorts() throws {
        let back = try OwnNetwork.run {
            let plane = try XFRMDataPlane()
            defer { plane.shutDown() }
            var association = Samples.association()
            association.encapsulation = UDPEncapsulation(sourcePort: 4500, destinationPort: 4500)
            try answer { plane.add(association, completion: $0) }
            let moved = UDPEncapsulation(sourcePort: 1024, destinationPort: 4500)
            try answer { plane.updateEncapsulation(of: association, to: moved, completion: $0) }
            return try Self.states()
        }
        #expect(back.first?.encapsulation?.sourcePort == 1024)
    }

    @Test func expiriesAreHeardSoftThenHard() throws {
        let association = Samples.association()
        let notifications = try OwnNetwork.run {
            let heard = Heard()
            let plane = try XFRMDataPlane()
            defer { plane.shutDown() }
            plane.observe { heard.hear($0) }
            var short = association
            short.lifetime = Lifetime(softTime: .seconds(1), hardTime: .seconds(2))
            try answer { plane.add(short, completion: $0) }
            if heard.waitForNext() { _ = heard.waitForNext() }
            return heard.all
        }
        #expect(notifications == [.expiring(association.id), .expired(association.id)])
    }

    @Test func packetsAreCounted() throws {
        let usage = try OwnNetwork.run {
            OwnNetwork.shell(
                "ip link add veth-a type veth peer name veth-b; ip link set veth-a up; ip link set veth-b up; "
                    + "ip addr add 192.0.2.1/24 dev veth-a; "
                    + "ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev veth-a; "
                    + "ip route add 10.2.0.0/24 dev veth-a src 192.0.2.1")
            let plane = try XFRMDataPlane()
            defer { plane.shutDown() }
            let association = Samples.association(.outbound, .tunnel)
            let policy = SecurityPolicy(
                selector: Samples.selector("192.0.2.1/32", "10.2.0.0/24"), direction: .outbound,
                action: .protect([
                    PolicyTemplate(
                        protocol: .esp, mode: .tunnel, tunnelSource: association.source,
                        tunnelDestination: association.id.destination,
                        level: .unique(requestID: association.requestID))
                ]))
            try answer { plane.add(association, completion: $0) }
            try answer { plane.set(policy, completion: $0) }
            OwnNetwork.shell("ping -c 3 -i 0.2 -W 1 10.2.0.1 > /dev/null 2>&1")
            return try answer { plane.usage(of: association.id, completion: $0) }
        }
        #expect(usage.packets == 3)
        #expect(usage.bytes == 3 * 84)
    }

    @Test func anAssociationThatIsNotThereIsNotFound() throws {
        let kinds = try OwnNetwork.run {
            let plane = try XFRMDataPlane()
            defer { plane.shutDown() }
            let id = Samples.association().id
            let usage = Result { try answer { plane.usage(of: id, completion: $0) } }
            let deletion = Result { try answer { plane.delete(id, completion: $0) } }
            return [usage.failure?.kind, deletion.failure?.kind]
        }
        #expect(kinds == [.notFound, .notFound])
    }

    /// Every transform and option, written by an administrator.
    @Test(arguments: EntrySamples.associations.indices.dropLast())
    func anAdministratorsAssociationReadsBack(index: Int) throws {
        let entry = EntrySamples.associations[index]
        let (failure, back) = try OwnNetwork.run {
            let database = try XFRMDatabase()
            var failure: DatabaseFailure?
            database.submit(.addSA(entry)) { result in
                if case .failure(let refused) = result { failure = refused }
            }
            var back: [SADRecord] = []
            try database.dumpSAD(entry.id.protocol) { back.append($0) }
            return (failure, back)
        }
        // Not every kernel has every algorithm, but then it says so.
        guard failure?.kind != .unsupported else { return }
        #expect(failure == nil)
        #expect(back.map(\.entry.id) == [entry.id])
        #expect(back.first?.state == .mature)
        #expect(back.first?.entry.requestID == entry.requestID)
    }

    @Test func whatTheKernelDropsInSilenceIsNotLeftThere() throws {
        var entry = EntrySamples.associations[0]
        entry.options.direction = .inbound
        entry.options.keepaliveInterval = 0
        entry.options.interfaceID = 9
        let wanted = entry
        let (knowsDirection, failure, left) = try OwnNetwork.run {
            var pipeline = try NetlinkPipeline(.xfrm)
            let traits = KernelTraits.probe(over: &pipeline)
            let database = try XFRMDatabase()
            var failure: DatabaseFailure?
            database.submit(.addSA(wanted)) { result in
                if case .failure(let refused) = result { failure = refused }
            }
            var left = 0
            try database.dumpSAD(nil) { _ in left += 1 }
            return (traits.knowsDirection, failure, left)
        }
        #expect(left == (knowsDirection ? 1 : 0))
        #expect(failure?.kind == (knowsDirection ? nil : .unsupported))
        if !knowsDirection { #expect(failure?.explanation.contains("Linux 6.10") == true) }
    }

    /// All SAs of the namespace, as the kernel tells them.
    private static func states() throws -> [SecurityAssociation] {
        try KernelDump.associations()
    }
}
