import LinuxIO

/// A message that a supervised program sends, read from its memory.
struct SentMessage: Hashable {
    enum Failure: Error, Hashable {
        case unreadable
        case tooLong
        /// The program sends no message at all.
        case nothing
    }

    let bytes: [UInt8]
    let flags: Int32
    /// Where the program is told how many octets went, if not as the call's value.
    let countPlace: UInt64?

    /// Longer than any message that a PF_KEY socket takes, whatever its buffers.
    private static let longest: UInt64 = 1 << 20
    /// The kernel's UIO_MAXIOV.
    private static let mostPieces: UInt64 = 1024
    /// Octets of struct msghdr, and where its pieces and their count are in it; of struct iovec.
    private static let header = (size: 56, pieces: 16, count: 24)
    private static let pieceSize = 16

    typealias Reading = (_ address: UInt64, _ count: Int) -> [UInt8]?

    /// - Parameter read: octets of the program's memory, nil where there are none.
    init(_ call: TrappedCall, read: Reading) throws(Failure) {
        try self.init(call.call, call.arguments, read: read)
    }

    init(_ call: SystemCall, _ arguments: [UInt64], read: Reading) throws(Failure) {
        switch call {
        case .sendTo:
            bytes = try Self.octets(arguments[1], arguments[2], read)
            flags = Int32(truncatingIfNeeded: arguments[3])
            countPlace = nil
        case .writeVector:
            bytes = try Self.pieces(arguments[1], arguments[2] & 0xffff_ffff, read)
            flags = 0
            countPlace = nil
        case .sendMessage:
            bytes = try Self.message(arguments[1], read)
            flags = Int32(truncatingIfNeeded: arguments[2])
            countPlace = nil
        case .sendMessages:
            // The first of them: who sends several goes on with the next, as after any other partial success.
            guard arguments[2] & 0xffff_ffff > 0 else { throw .nothing }
            bytes = try Self.message(arguments[1], read)
            flags = Int32(truncatingIfNeeded: arguments[3])
            countPlace = arguments[1] &+ UInt64(Self.header.size)
        default:
            bytes = try Self.octets(arguments[1], arguments[2], read)
            flags = 0
            countPlace = nil
        }
    }

    private static func octets(_ address: UInt64, _ count: UInt64, _ read: Reading) throws(Failure) -> [UInt8]
    {
        guard count <= longest else { throw .tooLong }
        guard let octets = read(address, Int(count)) else { throw .unreadable }
        return octets
    }

    private static func message(_ address: UInt64, _ read: Reading) throws(Failure) -> [UInt8] {
        let header = try octets(address, UInt64(Self.header.size), read)
        return try pieces(
            number(header.dropFirst(Self.header.pieces).prefix(8)),
            number(header.dropFirst(Self.header.count).prefix(8)), read)
    }

    private static func pieces(_ address: UInt64, _ count: UInt64, _ read: Reading) throws(Failure) -> [UInt8]
    {
        guard count <= mostPieces else { throw .tooLong }
        let table = try octets(address, count * UInt64(pieceSize), read)
        var message: [UInt8] = []
        for start in stride(from: 0, to: table.count, by: pieceSize) {
            let piece = table.dropFirst(start)
            let length: UInt64 = number(piece.dropFirst(8).prefix(8))
            guard length <= longest - UInt64(message.count) else { throw .tooLong }
            message += try octets(number(piece.prefix(8)), length, read)
        }
        return message
    }

    /// A number as this processor has it in memory.
    static func number<Number: FixedWidthInteger>(_ octets: ArraySlice<UInt8>) -> Number {
        octets.reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }

    static func octets(of number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}
