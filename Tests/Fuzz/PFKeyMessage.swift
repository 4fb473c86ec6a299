import IPsec
import PFKey

/// What is read once must be written, read again and written to the same octets.
private func checkRoundTrip(_ bytes: [UInt8]) throws {
    let written = try SADBMessage(decoding: bytes.span).encoded()
    let again = try SADBMessage(decoding: written.span).encoded()
    precondition(written == again, "a message changes when it is read and written")
}

/// What a message asks for must be a request or an error, in every dialect.
private func checkMeaning(_ bytes: [UInt8]) throws {
    let message = try SADBMessage(decoding: bytes.span)
    for dialect in [SADBDialect.own, .linux] {
        _ = try? SADBRequest(message, dialect)
        _ = try? SADBAnswer(message, dialect)
        _ = try? SADBEvent(message, dialect)
    }
}

/// A client's octets, a whole message or not: none may trap.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    try? checkRoundTrip(bytes)
    try? checkMeaning(bytes)
    return 0
}
