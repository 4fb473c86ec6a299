/// A message of an IKE SA in clear, kept for whoever asks afterwards what was said.
///
/// It holds no keys: what is kept is what the peer was told or told us. It is put into words when somebody asks.
package struct MessageTrace: Sendable {
    package enum Direction: String, Hashable, Sendable {
        case sent
        case received
    }

    /// Says in words what a message in clear is, a line for the whole and one for each payload.
    package typealias Words = @Sendable ([UInt8]) -> [String]

    package var subject: ReportSubject
    package var direction: Direction
    /// The header, then the payloads without their encryption.
    package var octets: [UInt8]
    package var words: Words

    package init(
        _ direction: Direction, _ octets: [UInt8], _ subject: ReportSubject, words: @escaping Words
    ) {
        self.direction = direction
        self.octets = octets
        self.subject = subject
        self.words = words
    }
}
