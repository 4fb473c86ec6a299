// max_len: 700
// with: Tests/CredentialsTests/CredentialWalk.swift

/// Authentication data of peers: nobody forges a signature.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    if let complaint = CredentialWalk.signature(bytes) { fatalError(complaint) }
    return 0
}
