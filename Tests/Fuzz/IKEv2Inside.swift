// with: Tests/IKEv2Tests/ScriptedPeer.swift
// with: Tests/IKEv2Tests/InsideWalk.swift

/// What a peer may send that holds the keys: before it is authenticated, and after.
nonisolated(unsafe) private let opened: ScriptedPeer = {
    var peer = ScriptedPeer()
    do { try peer.open() } catch { fatalError("IKE_SA_INIT: \(error)") }
    return peer
}()

nonisolated(unsafe) private let authenticated: ScriptedPeer = {
    var peer = opened
    do { try peer.authenticate() } catch { fatalError("IKE_AUTH: \(error)") }
    return peer
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let isEarly = bytes.first == 0
    if let complaint = InsideWalk.run(
        Array(bytes.dropFirst()), from: isEarly ? opened : authenticated, nextMessageID: isEarly ? 1 : 2)
    {
        fatalError(complaint)
    }
    return 0
}
