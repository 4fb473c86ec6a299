import Algorithms
import IPsec
import TestSupport
import Testing

@testable import XFRM

/// Messages that kernels wrote after `ip xfrm` had put known things into them.
@Suite struct RecordedMessagesTests {
    struct Recording: Decodable, Sendable, CustomTestStringConvertible {
        var kernel: String
        var states: [HexOctets]
        var policies: [HexOctets]
        var acquire: HexOctets
        var expiry: HexOctets?

        var testDescription: String { kernel }
    }

    static let recordings =
        (try? VectorFile.committed("kernels.json", of: "XFRMTests", as: [Recording].self)) ?? []

    @Test func theRecordingsAreThere() {
        #expect(Self.recordings.map(\.kernel) == ["6.1.0-56-amd64", "6.18.44"])
    }

    @Test func associationsAreReadAsTheKernelWritesThem() throws {
        let states = try #require(Self.recordings.first?.states)
        let all = try states.compactMap {
            try SecurityAssociation(kernel: $0.bytes.span, assuming: .outbound)
        }
        #expect(all.count == 2)
        let tunnel = try #require(all.first { $0.mode == .tunnel })
        #expect(tunnel.id.description.contains("0xc0123456"))
        #expect(tunnel.requestID == 16385)
        #expect(tunnel.selector == nil)
        #expect(tunnel.transform.encryption == CipherChoice(.aesCBC, keyBits: 128))
        #expect(tunnel.transform.integrity == .hmacSHA256)
        #expect(tunnel.encapsulation == UDPEncapsulation(sourcePort: 4500, destinationPort: 61234))
        #expect(tunnel.replayWindow == 32)
        #expect(tunnel.lifetime == Lifetime(softTime: .seconds(3000), hardTime: .seconds(3600)))
        let transport = try #require(all.first { $0.mode == .transport })
        #expect(transport.id.destination == Samples.address("2001:db8::2"))
        #expect(transport.transform.encryption == CipherChoice(.aesGCM16, keyBits: 128))
        #expect(transport.transform.integrity == nil)
    }

    @Test(arguments: recordings)
    func policiesAreReadAsTheKernelWritesThem(recording: Recording) throws {
        let policies = try recording.policies.compactMap { try SecurityPolicy(kernel: $0.bytes.span) }
        let tunnel = PolicyTemplate(
            protocol: .esp, mode: .tunnel, tunnelSource: Samples.address("192.0.2.1"),
            tunnelDestination: Samples.address("192.0.2.2"), level: .unique(requestID: 16390))
        let bundle = [
            PolicyTemplate(protocol: .ipcomp, mode: .transport, level: .use),
            PolicyTemplate(protocol: .esp, mode: .transport),
        ]
        #expect(
            Set(policies) == [
                SecurityPolicy(
                    selector: Samples.selector("192.0.2.1/32", "10.2.0.0/24"), direction: .outbound,
                    action: .protect([tunnel]), priority: 4711),
                SecurityPolicy(
                    selector: Samples.selector("10.2.0.0/24", "192.0.2.1/32", proto: 17, port: 1701),
                    direction: .inbound, action: .discard, priority: 5),
                SecurityPolicy(
                    selector: Samples.selector("2001:db8::/64", "::/0"), direction: .forward,
                    action: .protect(bundle), priority: 6),
            ])
    }

    @Test(arguments: recordings)
    func acquiresAreReadAsTheKernelWritesThem(recording: Recording) throws {
        let event = try Notifications.decode(XFRMMessage.acquire, recording.acquire.bytes.span)
        guard case .acquire(let acquire)? = event else {
            Issue.record("no acquire: \(String(describing: event))")
            return
        }
        #expect(acquire.sequence != 0)
        #expect(acquire.local == Samples.address("192.0.2.1"))
        #expect(acquire.remote == Samples.address("192.0.2.2"))
        #expect(acquire.packet.destination == Samples.prefix("10.2.0.9/32"))
        #expect(acquire.policy.selector == Samples.selector("192.0.2.1/32", "10.2.0.0/24"))
        #expect(acquire.policy.templates.first?.requestID == 16390)
    }

    @Test func expiriesAreReadAsTheKernelWritesThem() throws {
        let expiry = try #require(Self.recordings.first?.expiry)
        let id = SecurityAssociationID(
            destination: Samples.address("192.0.2.3"), protocol: .esp, spi: SPI(0xc0bb_bbbb))
        #expect(try Notifications.decode(XFRMMessage.expire, expiry.bytes.span) == .expired(id))
    }
}
