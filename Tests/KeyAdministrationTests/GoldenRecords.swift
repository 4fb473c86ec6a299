import Algorithms
import IPsec
import KeyMaterial

@testable import KeyAdministration

/// What a database holds once `golden1.conf` is loaded through Linux's PF_KEY, in the order of its dumps.
enum GoldenRecords {
    /// 2026-11-21T02:07:18Z.
    static let moment: UInt64 = 1_795_226_838

    static var associations: [SADRecord] {
        [nullCipher, inUDP, compressed, authenticated, tunnelled].map { entry in
            var record = SADRecord(entry, state: .mature)
            record.usage.added = moment
            return record
        }
    }

    private static func entry(
        _ source: String, _ destination: String, _ number: SecurityProtocol, _ spi: UInt32,
        _ mode: EncapsulationMode, _ transform: SATransform
    ) -> SADEntry {
        SADEntry(
            id: SecurityAssociationID(destination: address(destination), protocol: number, spi: SPI(spi)),
            source: address(source), mode: mode, transform: transform)
    }

    static var nullCipher: SADEntry {
        entry(
            "fd00::1", "fd00::2", .esp, 0x1005, .transport,
            .esp(KeyedCipher(.null, key: SecretKey(copying: [])), nil))
    }

    static var inUDP: SADEntry {
        var entry = entry(
            "10.0.0.1", "10.0.0.2", .esp, 0x1004, .transport,
            .esp(
                KeyedCipher(.tripleDES, key: key("123456789012345678901234")),
                KeyedIntegrity(.hmacMD5, key: key("1234567890123456"))))
        entry.encapsulation = .init(.udp, ports: UDPEncapsulation(sourcePort: 4500, destinationPort: 4501))
        return entry
    }

    static var compressed: SADEntry {
        entry("10.0.0.1", "10.0.0.2", .ipcomp, 0x1003, .transport, .ipcomp(.known(.deflate)))
    }

    static var authenticated: SADEntry {
        entry(
            "10.0.0.1", "10.0.0.2", .ah, 0x1002, .transport,
            .ah(KeyedIntegrity(.hmacSHA256, key: SecretKey(copying: Array(0..<32)))))
    }

    static var tunnelled: SADEntry {
        let half: [UInt8] = [1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]
        let aes = SecretKey(copying: half + half)
        var entry = entry(
            "10.0.0.1", "10.0.0.2", .esp, 0x1001, .tunnel,
            .esp(
                KeyedCipher(.aesCBC, key: aes), KeyedIntegrity(.hmacSHA1, key: key("01234567890123456789"))))
        entry.requestID = 7
        entry.replay.window = 32
        entry.lifetime = Lifetime(
            softTime: .seconds(3000), hardTime: .seconds(3600), softBytes: 900_000, hardBytes: 1_000_000)
        return entry
    }

    static var policies: [SPDRecord] {
        let esp = PolicyTemplate(protocol: .esp, mode: .transport)
        func unique(_ number: SecurityProtocol, _ id: UInt32) -> PolicyTemplate {
            PolicyTemplate(protocol: number, mode: .transport, level: .unique(requestID: id))
        }
        let used = PolicyTemplate(protocol: .esp, mode: .transport, level: .use)
        let authenticated = PolicyTemplate(protocol: .ah, mode: .transport)
        let tunnel = PolicyTemplate(
            protocol: .esp, mode: .tunnel, tunnelSource: address("192.0.2.1"),
            tunnelDestination: address("192.0.2.2"))
        let back = "10.1.0.0/16 10.0.0.0/24"
        return [
            policy(297, "192.0.2.7 192.0.2.8", 47, 0, 9, .outbound, 0x8000_0000 - 10, .protect([esp])),
            policy(
                289, "192.0.2.7 192.0.2.8", 17, 0, 0, .outbound, 0x8000_000a, .protect([unique(.esp, 16420)])),
            policy(282, "::/0 ::/0", 58, 135, 0, .forward, 0x8000_0000, .bypass),
            policy(272, "::/0 ::/0", 58, 135, 0, .inbound, 0x8000_0000, .bypass),
            policy(265, "0.0.0.0/0 0.0.0.0/0", 1, 8, 0, .outbound, 0xc000_0003, .discard),
            policy(258, back, 0, 0, 0, .forward, 0x3fff_fffb, .protect([authenticated, used])),
            policy(248, back, 0, 0, 0, .inbound, 0x3fff_fffb, .protect([unique(.ah, 9), used])),
            policy(241, "10.0.0.0/24 10.1.0.0/16", 6, 0, 80, .outbound, 0x8000_0000, .protect([tunnel])),
        ]
    }

    private static func policy(
        _ index: UInt32, _ ends: String, _ upper: UInt8, _ sourcePort: UInt16, _ destinationPort: UInt16,
        _ direction: PolicyDirection, _ priority: UInt32, _ action: SecurityPolicy.Action
    ) -> SPDRecord {
        let prefixes = ends.split(separator: " ").map { IPPrefix($0) ?? .any(.ipv4) }
        let selector = Selector(
            source: prefixes[0], destination: prefixes[1], upperProtocol: upper, sourcePort: sourcePort,
            destinationPort: destinationPort)
        let policy = SecurityPolicy(
            selector: selector, direction: direction, action: action, priority: priority)
        var record = SPDRecord(SPDEntry(policy), index: index)
        record.usage.added = moment
        return record
    }

    static func address(_ text: String) -> IPAddress { IPAddress(text) ?? .unspecified(.ipv4) }

    static func key(_ text: String) -> SecretKey { SecretKey(copying: Array(text.utf8)) }
}
