package import KeyMaterial

/// Where unpredictable octets come from.
///
/// Machines are handed one; tests hand in a fixed one.
package protocol RandomSource {
    /// `count` octets for values that travel in clear: cookies, nonces, SPIs, IVs.
    mutating func bytes(count: Int) -> [UInt8]
    /// `count` octets that stay secret: private exponents.
    mutating func secret(count: Int) -> SecretBytes
    /// A 32-bit value, all of them equally likely.
    mutating func uint32() -> UInt32
}

extension RandomSource {
    package mutating func uint32() -> UInt32 {
        bytes(count: 4).reduce(0) { $0 << 8 | UInt32($1) }
    }
}
