// with: Tests/IKEv1Tests/MessageWalk.swift

/// IKEv1 bodies after decryption: the first octet says which payload comes first.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    if let complaint = MessageWalk.decrypted(bytes) { fatalError(complaint) }
    return 0
}
