import Cryptography
import KeyMaterial

extension PRF {
    /// Secrets, where there are any, and behind them what travels in clear.
    static func parts(_ first: SecretKey?, _ second: SecretKey?, clear: [UInt8]) -> [Part] {
        var parts: [Part] = []
        parts.reserveCapacity(3)
        if let first { parts.append(.secret(first)) }
        if let second { parts.append(.secret(second)) }
        parts.append(.clear(clear))
        return parts
    }
}
