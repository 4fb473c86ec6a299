// memory: safe
// max_len: 600
import CaptureFile

/// Capture files: any octets are read or refused, however they come in pieces; what is read is written and read again
/// as the same, and a packet found in a frame is found again in the frame made around it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let (packets, failure, form) = readAll(bytes, piece: 600)
    let pieces = readAll(bytes, piece: 3)
    guard packets == pieces.packets, failure == pieces.failure else { fatalError() }
    if let failure, failure.description.isEmpty || failure.offset > UInt64(count) { fatalError() }
    for packet in packets { reframe(packet) }
    guard let form else { return 0 }
    var writer = CaptureWriter(
        CaptureForm(.pcapng, order: form.order), linkType: packets.first?.linkType ?? .raw)
    var octets: [UInt8] = writer.beginning()
    for packet in packets { octets += (try? writer.octets(of: packet)) ?? [] }
    let again = readAll(octets, piece: 4096)
    guard again.failure == nil, again.packets.map(\.bytes) == packets.map(\.bytes),
        again.packets.map(\.originalCount) == packets.map(\.originalCount),
        again.packets.map { $0.linkType.rawValue } == packets.map({ $0.linkType.rawValue & 0xffff })
    else { fatalError() }
    return 0
}

private func readAll(
    _ bytes: [UInt8], piece: Int
) -> (packets: [CapturedPacket], failure: CaptureFailure?, form: CaptureForm?) {
    var position = 0
    var packets: [CapturedPacket] = []
    var form: CaptureForm?
    do throws(CaptureFailure) {
        var reader = try CaptureReader { () throws(CaptureFailure) in
            let end = min(bytes.count, position + piece)
            defer { position = end }
            return Array(bytes[position..<end])
        }
        form = reader.form
        while let packet = try reader.next() { packets.append(packet) }
        return (packets, nil, form)
    } catch {
        return (packets, error, form)
    }
}

private func reframe(_ packet: CapturedPacket) {
    guard let frame = try? LinkFrame(packet.bytes.span, packet.linkType) else { return }
    let inner: [UInt8] = [0x60, 1, 2, 3]
    let other = frame.frame(around: inner, like: packet.bytes)
    guard let again = try? LinkFrame(other.span, LinkFrame.reframedType(packet.linkType)),
        Array(other[again.headerCount...]) == inner
    else { fatalError() }
}
