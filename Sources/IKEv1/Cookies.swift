/// What names an ISAKMP SA on the wire (RFC 2408 section 2.5.3).
struct Cookies: Hashable, Sendable {
    var initiator: UInt64
    /// 0 until the responder has chosen it.
    var responder: UInt64
}

/// What names an ISAKMP SA inside its endpoint, also before both cookies are known.
struct ISAKMPSAID: Hashable, Sendable {
    let value: UInt64
}
