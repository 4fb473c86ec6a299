// with: Tests/Support/MemoryDatabase.swift
// memory: safe
// max_len: 4096
import IPsec
import PFKey
import Wire

/// What two clients of a service send: whatever it is, both are served on, and what they get are messages.
///
/// An input is a row of messages, each with its length before it (two octets, most significant first, whose highest bit
/// says which client sends it).
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let algorithms = SADBAlgorithms(authentication: [.init(3, bits: 160...160)], encryption: [])
    var service = PFKeyService(
        AdministeredPlane(MemoryDatabase(), dialect: .linux, algorithms: algorithms),
        limits: PFKeyLimits(maximumQueue: 65_536, overflow: .lose))
    let clients = [service.connect(.linux), service.connect(.own)]
    var rest = bytes.span
    while let head = try? rest.takeUInt16() {
        let length = min(Int(head & 0x7fff), rest.count)
        guard let message = try? rest.takeBytes(length) else { break }
        try? service.receive(message, from: clients[Int(head >> 15)])
        for client in clients { read(client, &service) }
    }
    return 0
}

private func read(
    _ client: PFKeyClientID, _ service: inout PFKeyService<AdministeredPlane<MemoryDatabase>>
) {
    while let bytes = service.next(for: client) {
        // What a client relays is as it sent it; all else is a message.
        guard bytes.count > 2, bytes[1] != SADBMessageType.promiscuous.rawValue, bytes[2] == 0 else {
            continue
        }
        _ = try? SADBMessage(decoding: SADBMessage.withoutKeys(bytes).span)
    }
}
