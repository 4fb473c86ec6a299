import IPsec

/// A policy that came, went, or was replaced.
struct PolicyChange: Sendable {
    /// Goes up with each policy that is made, and stays when it is replaced.
    let number: UInt64
    var former: SecurityPolicy?
    var present: SecurityPolicy?
}
