// max_len: 300
// with: Tests/CredentialsTests/CredentialWalk.swift

/// Distinguished names in text: any is read or refused, and what is read is read from DER as the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    if let complaint = CredentialWalk.name(bytes) { fatalError(complaint) }
    return 0
}
