internal import CLibcrypto

/// libcrypto's own count of GCM's nonces: 4 octets of salt and 8 that go up by one with each packet (RFC 5288
/// section 3).
///
/// ESP's counters do the same, unless somebody skips some, so that each packet is begun by the end of the one before.
@safe
struct InvocationCount: ~Copyable {
    /// The last 8 octets of the nonce with which the next packet has been begun.
    private let upcoming: UnsafeMutablePointer<UInt8>

    /// nil if libcrypto does not count.
    init?(_ context: OpaquePointer, from nonce: UnsafeMutablePointer<UInt8>, isSealing: Bool) {
        unsafe upcoming = .allocate(capacity: 8)
        unsafe upcoming.initialize(repeating: 0, count: 8)
        guard unsafe isSealing ? goOn(context, from: nonce) : swiftike_gcm_set_nonce(context, nonce) == 1
        else {
            ERR_clear_error()
            return nil
        }
    }

    deinit {
        unsafe upcoming.deallocate()
    }

    /// Begins a packet with this nonce and no other.
    func start(_ context: OpaquePointer, _ nonce: UnsafeMutablePointer<UInt8>) -> Bool {
        unsafe isUpcoming(nonce) || goOn(context, from: nonce)
    }

    /// Ends a packet, and begins the next.
    func takeTag(_ context: OpaquePointer, _ tag: UnsafeMutablePointer<UInt8>, _ size: Int) -> Bool {
        unsafe swiftike_gcm_take_tag(context, tag, size, upcoming) == 1
    }

    private func goOn(_ context: OpaquePointer, from nonce: UnsafeMutablePointer<UInt8>) -> Bool {
        unsafe swiftike_gcm_set_nonce(context, nonce) == 1 && swiftike_gcm_start(context, upcoming) == 1
            && isUpcoming(nonce)
    }

    private func isUpcoming(_ nonce: UnsafeMutablePointer<UInt8>) -> Bool {
        let wanted = unsafe UnsafeRawPointer(nonce + 4).loadUnaligned(as: UInt64.self)
        return unsafe wanted == UnsafeRawPointer(upcoming).loadUnaligned(as: UInt64.self)
    }
}
