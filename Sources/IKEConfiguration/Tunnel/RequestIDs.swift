/// Gives each tunnel a request ID that stays the same while its name does, so that a reload moves nothing.
///
/// IDs start beyond those a setkey file can name (up to 16383) and those the kernel makes up (from 16384).
struct RequestIDs {
    private static let first: UInt32 = 0x10_0000
    private static let count: UInt32 = 0x7000_0000
    private var taken: Set<UInt32> = []

    /// FNV-1a of the name, then the next free number.
    mutating func requestID(for name: String) -> UInt32 {
        var hash: UInt32 = 0x811c_9dc5
        for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        var offset = hash % Self.count
        while !taken.insert(Self.first + offset).inserted { offset = (offset + 1) % Self.count }
        return Self.first + offset
    }
}
