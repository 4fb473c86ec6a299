/// How many packets a data plane dropped for one reason.
package struct DropCount: Hashable, Sendable {
    /// The counter's name, `replayed`.
    package var name: String
    /// What happened to each of them, for a person.
    package var sentence: String
    package var count: UInt64

    package init(name: String, sentence: String, count: UInt64) {
        self.name = name
        self.sentence = sentence
        self.count = count
    }
}
