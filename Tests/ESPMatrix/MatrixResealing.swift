import ESP
import IPsec

/// Our packet with the kernel's IV.
enum MatrixResealing {
    /// - Parameters:
    ///   - sequence: With its high half.
    ///   - mine: What the engine sealed, whose headers are kept.
    ///   - theirs: What the kernel made of the same packet.
    static func remade(_ sample: MatrixCase, _ sequence: UInt64, _ mine: [UInt8], _ theirs: [UInt8]) throws
        -> [UInt8]
    {
        let range = try ESPPacket(inIPPacket: 0..<theirs.count, of: theirs.span).range
        let own = try ESPPacket(inIPPacket: 0..<mine.count, of: mine.span).range
        var resealing = try ESPResealing(sample.association(.kernel, .inbound))
        guard let esp = resealing.resealed(Array(theirs[range]), sequence: sequence) else { return [] }
        var made = Array(mine[..<own.lowerBound]) + esp
        if sample.isUDP, sample.outer == .ipv6 { MatrixPacket.putUDPChecksum(in: &made) }
        return made
    }
}
