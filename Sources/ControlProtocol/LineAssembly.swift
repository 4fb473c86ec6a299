/// Puts a line together from pieces as they arrive, up to a size.
package struct LineAssembly {
    package enum Outcome: Hashable, Sendable {
        case incomplete
        /// A line without its end; whatever followed it is dropped.
        case line([UInt8])
        case tooLong
    }

    private let maximumSize: Int
    private var octets: [UInt8] = []

    package init(maximumSize: Int) {
        self.maximumSize = maximumSize
    }

    package mutating func append(_ piece: [UInt8]) -> Outcome {
        if let end = piece.firstIndex(of: UInt8(ascii: "\n")) {
            guard octets.count + end <= maximumSize else { return .tooLong }
            return .line(octets + piece[..<end])
        }
        guard octets.count + piece.count <= maximumSize else { return .tooLong }
        octets += piece
        return .incomplete
    }
}
