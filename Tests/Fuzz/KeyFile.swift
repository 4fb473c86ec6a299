// max_len: 4096
// with: Tests/CredentialsTests/CredentialWalk.swift

/// Files of keys and certificates: any octets are read or refused with a sentence.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    if let complaint = CredentialWalk.keyFile(bytes) { fatalError(complaint) }
    return 0
}
