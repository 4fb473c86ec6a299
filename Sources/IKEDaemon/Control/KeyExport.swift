import Algorithms
import ControlProtocol
import IPsec
import KeyMaterial
import Negotiation
import SADText

/// Puts the keys of all SAs together as Wireshark's tables.
struct KeyExport {
    private(set) var report: KeyReport
    /// The tables, in the order of the report.
    private(set) var secret: SecretKey

    init(_ keys: EndpointKeys) {
        var ikev1 = SecretText()
        var ikev2 = SecretText()
        var notes: [String] = []
        var ikeSAs = 0
        for record in keys.ikeSAs {
            switch record.keys {
            case .ikev1(let key):
                ikev1.append(WiresharkIKETable.ikev1Row(initiatorCookie: record.initiatorSPI, key: key))
            case .ikev2(let keys):
                guard let row = Self.row(record, keys) else {
                    notes.append(Self.unknown(record, keys))
                    continue
                }
                ikev2.append(row)
            }
            ikeSAs += 1
        }
        let esp = WiresharkTable(keys.childSAs.map { SADEntry($0) })
        let tables = [
            ("ikev1_decryption_table", ikev1.octets), ("ikev2_decryption_table", ikev2.octets),
            ("esp_sa", esp.text.octets),
        ]
        report = KeyReport(
            ikeSAs: ikeSAs, espSAs: esp.rows.count,
            tables: tables.map { KeyReport.Table(name: $0.0, octets: $0.1.count) },
            notes: notes + esp.notes.map(\.text))
        secret = SecretKey(concatenating: tables.map(\.1))
    }

    /// Why a user gets no keys.
    ///
    /// - Parameter isAllowed: whether the configuration has `key_export on`.
    static func objection(to peer: ControlPeer, isAllowed: Bool) -> String? {
        guard peer.isRoot else { return "keys are for root alone: run it as root" }
        guard isAllowed else {
            return "the configuration forbids it; to allow it, add \"key_export on;\" to swiftike.conf, "
                + "outside of blocks, and type \"swiftikectl reload\""
        }
        return nil
    }

    private static func row(_ record: IKESAKeyRecord, _ keys: IKEv2Keys) -> SecretText? {
        WiresharkIKETable.ikev2Row(
            spis: (record.initiatorSPI, record.responderSPI), keys.encryption, keys.integrity,
            keys: (
                .init(encryption: keys.skEi, integrity: keys.skAi),
                .init(encryption: keys.skEr, integrity: keys.skAr)
            ))
    }

    private static func unknown(_ record: IKESAKeyRecord, _ keys: IKEv2Keys) -> String {
        let algorithms = [keys.encryption.description, keys.integrity?.name].compactMap(\.self)
        return "the IKE SA 0x\(String(record.initiatorSPI, radix: 16)) uses "
            + "\(algorithms.joined(separator: " with ")), which Wireshark 4.0 does not know; it is left out"
    }
}
