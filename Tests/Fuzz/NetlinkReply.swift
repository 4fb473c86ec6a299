// links: mnl
// max_len: 2048
import IPsec
import Netlink
import Wire
import XFRM

/// What a kernel might answer or tell: any octets are read or refused, and what was read can be written again.
///
/// An input is a datagram of netlink messages, and also (its first octet being the type) one message's payload.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    if let type = bytes.first {
        read(UInt16(type), Array(bytes.dropFirst()).span)
    }
    try? bytes.span.forEachNetlinkMessage { header, payload in
        if let refusal = try? NetlinkRefusal.decode(header, payload), refusal.description.isEmpty {
            fatalError()
        }
        read(header.type, payload)
    }
    return 0
}

private func read(_ type: UInt16, _ payload: Span<UInt8>) {
    guard let event = try? DatabaseEvents.decode(type, payload) else { return }
    for request in requests(event) {
        for knowsDirection in [false, true] {
            guard
                let message = try? RequestMessages.message(
                    request, traits: KernelTraits(knowsDirection: knowsDirection))
            else { continue }
            var buffer = [UInt8](repeating: 0, count: message.encodedSize)
            buffer.withUnsafeMutableBytes { message.encode(into: $0, sequence: 1) }
        }
    }
}

/// What an administrator might do with what was told.
private func requests(_ event: DatabaseEvent) -> [DatabaseRequest] {
    switch event {
    case .added(let record), .updated(let record), .deleted(let record), .expired(let record, _):
        [.addSA(record.entry), .deleteSA(record.entry.key), .allocateSPI(record.entry, 1...2)]
    case .addedPolicy(let record), .updatedPolicy(let record), .deletedPolicy(let record),
        .expiredPolicy(let record, _):
        [.addPolicy(record.entry), .deletePolicy(record.entry.key)]
    case .acquire(let acquire): [.updatePolicy(SPDEntry(acquire.policy))]
    case .flushedSAD(let kind): [.flushSAD(kind)]
    case .flushedSPD: [.flushSPD]
    case .mappingChanged(let key, _, _): [.getSA(key)]
    case .other, .lost: []
    }
}
