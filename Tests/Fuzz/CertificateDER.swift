// max_len: 4096
// with: Tests/CredentialsTests/CredentialWalk.swift

/// Certificates: any octets are read or refused, and what is read keeps its promises.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    if let complaint = CredentialWalk.certificate(bytes) { fatalError(complaint) }
    return 0
}
