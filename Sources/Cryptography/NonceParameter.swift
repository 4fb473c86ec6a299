internal import Algorithms
internal import KeyMaterial

/// ChaCha20-Poly1305's nonce as a parameter: less work for each packet than initializing the cipher with it.
///
/// The parameter is what TLS calls its fixed IV (RFC 7905 section 2). libcrypto has always begun the next packet with
/// it, but does not promise to, and so it is tried once.
enum NonceParameter {
    /// Whether this libcrypto seals and opens the same with nonces given either way.
    static let isObeyed = (try? isSame()) ?? false

    private static func isSame() throws(CipherFailure) -> Bool {
        let choice = CipherChoice(.chaCha20Poly1305)
        let key = SecretKey(copying: [UInt8](repeating: 0x42, count: choice.keyMaterialSize))
        let initialized = try CipherContext(choice, key: key, use: .sealing)
        var sealing = try CipherContext(choice, key: key, use: .sealing)
        var opening = try CipherContext(choice, key: key, use: .opening)
        sealing.nonceSetting = .parameter
        opening.nonceSetting = .parameter
        // What was kept of the packet before would show.
        for number: UInt8 in 1...3 {
            var expected = Sample(number)
            var packet = Sample(number)
            guard expected.pass(initialized, .sealing), packet.pass(sealing, .sealing),
                packet.octets == expected.octets
            else { return false }
            expected.octets[Int(number)] ^= 1
            guard !expected.pass(opening, .opening), packet.pass(opening, .opening), packet.isClear
            else { return false }
        }
        return true
    }

    /// A packet: 8 octets of header, 80 of body, 16 of tag.
    private struct Sample {
        private let number: UInt8
        private var nonce: [UInt8]
        var octets: [UInt8]

        init(_ number: UInt8) {
            self.number = number
            nonce = Array(repeating: 0xf0 | number, count: 12)
            octets = Array(repeating: number, count: 104)
        }

        var isClear: Bool { octets.prefix(88).allSatisfy { $0 == number } }

        mutating func pass(_ context: borrowing CipherContext, _ use: PacketProtection.Use) -> Bool {
            unsafe octets.withUnsafeMutableBufferPointer { octets in
                unsafe nonce.withUnsafeMutableBufferPointer { nonce in
                    guard let start = octets.baseAddress, let nonce = nonce.baseAddress else { return false }
                    let header = unsafe CipherContext.Additional(start: start, count: 8)
                    switch use {
                    case .sealing:
                        return unsafe context.seal(
                            nonce: nonce, header, start + 8, count: 80, tag: start + 88)
                    case .opening:
                        return unsafe context.open(
                            nonce: nonce, header, start + 8, count: 80, tag: start + 88)
                    }
                }
            }
        }
    }
}
