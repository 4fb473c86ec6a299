// links: z
// max_len: 400
import CaptureFile
import ControlProtocol
import PacketAudit
import SADText
import SourceText

/// Captured packets: whatever the octets are, each layer has a finding, and what is said of them is never nothing.
///
/// Some of the SAs have no integrity check, so that octets of any kind get as far as what is inside.
private let associations = SADText(
    SourceFile(
        name: "sad",
        text: """
            add 192.0.2.1 192.0.2.2 esp 0x30303030 -m tunnel -E aes-cbc 0x000102030405060708090a0b0c0d0e0f;
            add 192.0.2.1 192.0.2.2 esp 0x31313131 -m transport -E aes-cbc 0x000102030405060708090a0b0c0d0e0f;
            add 192.0.2.1 192.0.2.2 esp 0x32323232 -E aes-gcm-16 0x000102030405060708090a0b0c0d0e0f10111213;
            add 192.0.2.1 192.0.2.2 ah 0x33333333 -m tunnel -A hmac-sha1 0x000102030405060708090a0b0c0d0e0f10111213;
            add 192.0.2.1 192.0.2.2 ipcomp 0x3434 -m tunnel -C deflate;
            add 192.0.2.1 192.0.2.2 esp-udp 0x35353535 -m transport -E aes-cbc 0x000102030405060708090a0b0c0d0e0f;
            """)
).associations

/// One for each choice of options lives on: to make one takes longer than to look at a thousand packets.
nonisolated(unsafe) private var audits = (0..<4).map { choice in
    var options = AuditOptions()
    options.reseals = choice & 1 != 0
    options.looksInAnyPort = choice & 2 != 0
    return PacketAudit(associations, options)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard associations.count == 6 else { fatalError() }
    guard let first = bytes.first else { return 0 }
    // Two packets, so that fragments meet and numbers are replayed.
    let cut = count > 1 ? Int(bytes[1]) % count : 0
    for octets in [bytes[min(2, cut)..<cut], bytes[cut...]] {
        let packet = CapturedPacket(
            record: 1, time: nil, linkType: first & 4 != 0 ? .ethernet : .raw, bytes: Array(octets),
            originalCount: octets.count + Int(first >> 7))
        let result = audits[Int(first & 3)].examine(packet)
        for finding in result.findings {
            guard !finding.text.isEmpty, !finding.json.names.isEmpty else { fatalError() }
        }
        guard result.opened == nil || !result.findings.isEmpty else { fatalError() }
    }
    // It is long once many SPIs were seen.
    guard count == 3 else { return 0 }
    guard AuditSummary(audits[Int(first & 3)]).lines.count > associations.count else { fatalError() }
    return 0
}
