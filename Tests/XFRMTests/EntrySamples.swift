import Algorithms
import IPsec
import KeyMaterial

@testable import XFRM

/// Database entries with all that they may say.
enum EntrySamples {
    static let selectors = [
        Samples.selector("10.1.0.0/24", "10.2.0.0/24"),
        Samples.selector("2001:db8:1::/48", "::/0", proto: 6, port: 443),
        Samples.selector("192.0.2.1/32", "192.0.2.2/32", proto: 17, port: 1701),
        Selector(
            source: Samples.prefix("192.0.2.1/32"), destination: Samples.prefix("192.0.2.0/24"),
            upperProtocol: 1, sourcePort: 0, destinationPort: 8, sourcePortMask: 0xffff,
            destinationPortMask: 0xfff8),
    ]

    static var templates: [PolicyTemplate] {
        var narrow = PolicyTemplate(
            protocol: .esp, mode: .tunnel, tunnelSource: Samples.address("192.0.2.1"),
            tunnelDestination: Samples.address("192.0.2.2"), level: .unique(requestID: 9))
        narrow.algorithms = .init(integrity: 0xff, encryption: 0xf0, compression: 1)
        var optional = PolicyTemplate(protocol: .ipcomp, mode: .transport, level: .use)
        optional.optionalRequestID = 77
        return [optional, narrow]
    }

    /// Policies that the kernel takes without any transform, each of another kind.
    static var policies: [SPDEntry] {
        var entries: [SPDEntry] = []
        for direction in PolicyDirection.allCases {
            for (selector, action) in zip(
                selectors, [SecurityPolicy.Action.protect(templates), .bypass, .discard, .discard])
            {
                entries.append(
                    SPDEntry(
                        SecurityPolicy(
                            selector: selector, direction: direction, action: action, priority: 4711)))
            }
        }
        entries.append(special)
        return entries
    }

    /// One with everything else that makes a policy.
    static var special: SPDEntry {
        var entry = SPDEntry(
            SecurityPolicy(selector: selectors[0], direction: .inbound, action: .discard, priority: 1))
        entry.mark = Mark(value: 0x10, mask: 0xf0)
        entry.interfaceID = 42
        entry.lifetime = Lifetime(
            softTime: .seconds(3000), hardTime: .seconds(3600), softUseTime: .seconds(300),
            hardUseTime: .seconds(600))
        entry.flags = [.localOK, .icmp]
        return entry
    }

    static func association(
        _ transform: SATransform, kind: SecurityProtocol = .esp, mode: EncapsulationMode = .tunnel,
        spi: UInt32 = 0x1001
    ) -> SADEntry {
        var entry = SADEntry(
            id: SecurityAssociationID(
                destination: Samples.address("192.0.2.2"), protocol: kind, spi: SPI(spi)),
            source: Samples.address("192.0.2.1"), mode: mode, transform: transform)
        entry.requestID = 9
        entry.acquireSequence = 0
        return entry
    }

    static var associations: [SADEntry] {
        let cipher = KeyedCipher(.aesCBC, key: Samples.key(16))
        let integrity = KeyedIntegrity(.hmacSHA256, key: Samples.key(32))
        return [
            association(.esp(cipher, integrity)),
            association(.esp(KeyedCipher(.aesGCM16, key: Samples.key(20)), nil), mode: .transport),
            association(
                .esp(
                    KeyedCipher(.known(.aesGCM12), key: Samples.key(20), icvBits: 96), nil)),
            association(.esp(KeyedCipher(.foreign("cbc(anubis)"), key: Samples.key(32)), integrity)),
            association(
                .ah(KeyedIntegrity(.hmacSHA256With96Bits, key: Samples.key(32))), kind: .ah),
            association(.ipcomp(.known(.deflate)), kind: .ipcomp, mode: .transport),
            rich(association(.esp(cipher, integrity), mode: .iptfs)),
        ]
    }

    private static func rich(_ plain: SADEntry) -> SADEntry {
        var entry = plain
        entry.selector = selectors[3]
        entry.encapsulation = SADEntry.Encapsulation(
            .tcp, ports: UDPEncapsulation(sourcePort: 4500, destinationPort: 61234),
            originalAddress: Samples.address("10.9.8.7"))
        entry.replay = SADEntry.ReplayProtection(
            window: 100, usesExtendedSequenceNumbers: true, outboundSequence: 0x1_0000_0002,
            inboundSequence: 0x3_0000_0004)
        entry.replay.bitmap = [1, 2, 3, 4]
        entry.lifetime = Lifetime(
            softTime: .seconds(1), hardTime: .seconds(2), softBytes: 3, hardBytes: 4, softPackets: 5,
            hardPackets: 6, softUseTime: .seconds(7), hardUseTime: .seconds(8))
        entry.acquireSequence = 5
        entry.options = richOptions
        return entry
    }

    private static var richOptions: SAOptions {
        var options = SAOptions()
        options.mark = Mark(value: 1, mask: 2)
        options.outputMark = Mark(value: 3, mask: 4)
        options.interfaceID = 5
        options.interface = 6
        options.direction = .inbound
        options.flags = Set(SAFlag.allCases)
        options.trafficFlowPadding = 7
        options.keepaliveInterval = 8
        options.mappingThreshold = 9
        options.processor = 0
        options.offload = HardwareOffload(interface: 10, direction: .inbound, extent: .packet)
        options.careOfAddress = Samples.address("2001:db8::c")
        options.securityContext = SecurityContext(domain: 1, algorithm: 1, text: "system_u:object_r:a_t:s0")
        options.replayThreshold = 11
        options.timerThreshold = 12
        var aggregation = Aggregation()
        aggregation.dropTime = 13
        aggregation.reorderWindow = 14
        aggregation.neverFragments = true
        aggregation.initialDelay = 15
        aggregation.maximumQueue = 16
        aggregation.packetSize = 17
        options.aggregation = aggregation
        options.foreign = [ForeignAttribute(number: 99, octets: [1, 2, 3, 4])]
        return options
    }

    /// The name of an event's kind.
    static func word(_ event: DatabaseEvent) -> String {
        switch event {
        case .added: "added"
        case .updated: "updated"
        case .deleted: "deleted"
        case .expired: "expired"
        case .flushedSAD: "flushedSAD"
        case .addedPolicy: "addedPolicy"
        case .updatedPolicy: "updatedPolicy"
        case .deletedPolicy: "deletedPolicy"
        case .expiredPolicy: "expiredPolicy"
        case .flushedSPD: "flushedSPD"
        case .acquire: "acquire"
        case .mappingChanged: "mappingChanged"
        case .other(let text): "other: \(text)"
        case .lost: "lost"
        }
    }
}
