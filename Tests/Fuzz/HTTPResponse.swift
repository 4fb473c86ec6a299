// memory: safe
// max_len: 2048
import HTTPExchange

/// Answers of HTTP servers: read or refused, and the same whether they come whole or octet by octet.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    func outcome(_ size: Int) -> Result<HTTPResponseReader.Outcome, HTTPFailure> {
        var reader = HTTPResponseReader(most: 256)
        var rest = bytes[...]
        do throws(HTTPFailure) {
            while !rest.isEmpty {
                if let outcome = try reader.take(rest.prefix(size)) { return .success(outcome) }
                rest = rest.dropFirst(size)
            }
            return .success(try reader.end())
        } catch { return .failure(error) }
    }
    let (whole, pieces) = (outcome(max(1, count)), outcome(1))
    if case .success(.body(let body)) = whole, body.count > 256 { fatalError("\(body.count) octets") }
    // Pieces are read no further than the whole: what is behind the end of a response is nobody's.
    if case .success = whole, whole != pieces { fatalError("\(whole) and \(pieces)") }
    if let location = HTTPLocation(String(decoding: bytes, as: UTF8.self)) {
        guard HTTPLocation("\(location)") == location, !location.host.isEmpty else {
            fatalError("\(location)")
        }
    }
    return 0
}
