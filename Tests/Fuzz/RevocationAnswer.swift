// max_len: 4096
// with: Tests/CredentialsTests/CredentialWalk.swift

/// CRLs and OCSP responses: any octets are read or refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    if let complaint = CredentialWalk.revocation(bytes) { fatalError(complaint) }
    return 0
}
