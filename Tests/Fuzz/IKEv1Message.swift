// seeds: ike-seeds
// with: Tests/IKEv1Tests/MessageWalk.swift

/// IKEv1 datagrams in clear: each is read or refused, and what is read can be written again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    if let complaint = MessageWalk.clear(bytes) { fatalError(complaint) }
    return 0
}
