// with: Tests/IKEv1Tests/MessageWalk.swift

/// IKEv1 bodies that are encrypted, damaged or not, and then opened under the same key.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    if let complaint = MessageWalk.encrypted(bytes) { fatalError(complaint) }
    return 0
}
