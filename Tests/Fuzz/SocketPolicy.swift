// max_len: 700
import CPFKeyClient

/// Socket policies in PF_KEY's form: any octets are turned into XFRM's or refused, within the room there is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // In memory of just that size, so that reading on is seen.
    let value = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { value.deallocate() }
    value.copyMemory(from: UnsafeRawBufferPointer(start: start, count: count))
    for level: Int32 in [0, 41] {
        var out = [UInt8](repeating: 0, count: Int(PFKEY_CLIENT_POLICY_ROOM))
        let written = pfkey_client_policy(level, value.baseAddress, count, &out)
        if written < 0 {
            guard [-22, -40, -95].contains(written) else { fatalError() }
        } else {
            guard written >= 168, written <= out.count, (written - 168) % 64 == 0, out[160] < 2, out[161] < 2
            else { fatalError() }
        }
    }
    return 0
}
