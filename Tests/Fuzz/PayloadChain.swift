// seeds: ike-seeds
import ISAKMP
import Wire

/// The envelope alone: a header, then the chain of payloads, of whatever IKE version.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    var rest = bytes.span
    guard let header = try? MessageHeader(taking: &rest) else { return 0 }
    _ = try? PayloadChain(reading: rest, first: header.nextPayload)
    return 0
}
