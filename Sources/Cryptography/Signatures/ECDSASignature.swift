internal import ASN1

/// The two numbers of an ECDSA signature, in the two forms that protocols give them.
package struct ECDSASignature: Hashable, Sendable {
    /// Without leading zeros.
    private let r: [UInt8]
    private let s: [UInt8]

    /// Reads r and s of equal length, one after the other (RFC 4754 section 7); nil for another length.
    package init?(joined octets: [UInt8], curve: SignatureCurve) {
        guard octets.count == 2 * curve.size else { return nil }
        r = Array(octets.prefix(curve.size).drop { $0 == 0 })
        s = Array(octets.suffix(curve.size).drop { $0 == 0 })
        guard !r.isEmpty, !s.isEmpty else { return nil }
    }

    /// Reads an Ecdsa-Sig-Value; nil unless it is DER to the last octet, and each number positive and of the curve's
    /// size.
    package init?(der octets: [UInt8], curve: SignatureCurve) {
        var outer = DERReader(octets)
        guard var inside = try? outer.takeSequence(), outer.isAtEnd,
            let r = try? inside.takeUnsigned(), let s = try? inside.takeUnsigned(), inside.isAtEnd,
            r != [0], s != [0], r.count <= curve.size, s.count <= curve.size
        else { return nil }
        self.r = r
        self.s = s
    }

    /// r, then s, each left-padded to the curve's size.
    package func joined(_ curve: SignatureCurve) -> [UInt8] {
        [r, s].flatMap { Array(repeating: 0, count: max(0, curve.size - $0.count)) + $0 }
    }

    package var der: [UInt8] {
        DER.sequence(DER.integer(magnitude: r), DER.integer(magnitude: s))
    }
}
