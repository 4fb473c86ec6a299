import PFKey

/// The octets of a message, and where in them its keys are.
///
/// They are overwritten when the last user is gone: they may hold keys.
final class MessageOctets {
    private var octets: [UInt8]
    /// Octets of each extension, in the order of the message.
    let extensionLengths: [Int]
    private let keyPlaces: [Range<Int>]

    var count: Int { octets.count }

    /// Octets of a key extension before the key.
    private static let keyHead = 8

    init(_ message: SADBMessage) throws(SADBError) {
        octets = try message.encoded()
        var lengths: [Int] = []
        var places: [Range<Int>] = []
        var rest = octets.dropFirst(SADBHeader.size)
        for part in message.extensions {
            let length = min(Self.length(rest), rest.count)
            if case .key = part, length > Self.keyHead {
                places.append(rest.startIndex + Self.keyHead..<rest.startIndex + length)
            }
            lengths.append(length)
            rest = rest.dropFirst(length)
        }
        extensionLengths = lengths
        keyPlaces = places
    }

    deinit {
        for index in octets.indices { octets[index] = 0 }
    }

    /// The octets that a length in units of 8, at the front, says.
    static func length(_ bytes: some Collection<UInt8>) -> Int {
        let two = Array(bytes.prefix(2))
        guard let low = two.first, let high = two.last, two.count == 2 else { return 0 }
        return 8 * Int(UInt16(littleEndian: UInt16(low) | UInt16(high) << 8))
    }

    func write(to output: TextOutput, _ keys: KeyDisplay) {
        let masked =
            switch keys {
            case .masked: keyPlaces
            case .shown: [Range<Int>]()
            }
        output.writeHexadecimal(octets, masked: masked)
        output.writeLine("")
    }
}
