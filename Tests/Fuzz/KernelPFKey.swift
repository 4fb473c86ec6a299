// links: mnl
// max_len: 4096
import Netlink
import PFKey
import PFKeyKernel
import Wire
import XFRM

/// A client's message or a kernel's report, any octets: what is asked of the kernel can be told as if the kernel had
/// reported it, and what is told is a message of the length it says.
///
/// An input is a message of PF_KEY, and also (its first octet being the type) the payload of a report.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    var memory = AssociationMemory()
    if let type = bytes.first { tell(UInt16(type), Array(bytes.dropFirst()), &memory) }
    if let message = try? SADBMessage(decoding: bytes.span) {
        for request in requests(message) { tell(request.type, octets(request), &memory) }
    }
    return 0
}

private func requests(_ message: SADBMessage) -> [NetlinkRequest] {
    let association = AssociationRequest(message: message, dialect: .linux)
    let policy = PolicyRequest(message: message)
    let asked: [NetlinkRequest?] = [
        try? association.whole(XFRMMessage.newState), try? association.whole(XFRMMessage.updateState),
        try? association.larval(), try? association.lookUp(XFRMMessage.deleteState),
        try? policy.whole(XFRMMessage.newPolicy) { 0x4000 },
        try? policy.lookUpBySelector(XFRMMessage.deletePolicy),
        try? policy.lookUp(XFRMMessage.deletePolicy), try? MigrationRequest(message: message).whole(),
    ]
    return asked.compactMap { $0 }
}

private func octets(_ request: NetlinkRequest) -> [UInt8] {
    var whole = [UInt8](repeating: 0, count: request.encodedSize)
    whole.withUnsafeMutableBytes { request.encode(into: $0, sequence: 1) }
    return Array(whole[16..<16 + request.payload.count])
}

private func tell(_ type: UInt16, _ payload: [UInt8], _ memory: inout AssociationMemory) {
    let header = NetlinkHeader(type: type, flags: 0, sequence: 1, port: 2)
    let algorithms = SADBAlgorithms(
        authentication: [.init(3, bits: 160...160)], encryption: [.init(12, ivSize: 8, bits: 128...256)])
    let told = try? KernelEvent(header: header).notice(payload.span, &memory) { _ in algorithms }
    guard let notice = told ?? nil, let bytes = try? notice.message.encoded() else { return }
    // Its own length in units of 8 octets, in this host's order. What a kernel would never say may be no message.
    let length = Int(bytes[4]) | Int(bytes[5]) << 8
    precondition(bytes.count == 8 * length, "what is told is not as long as it says")
    if let read = try? SADBMessage(decoding: bytes.span), (try? read.encoded()) != bytes {
        fatalError("what is told changes when it is read and written")
    }
    _ = SADBMessage.withoutKeys(bytes)
}
