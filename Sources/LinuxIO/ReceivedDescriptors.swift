/// Open descriptors that came with a message; those that nobody took are closed with it.
package final class ReceivedDescriptors {
    /// More than these are closed as they come.
    static let limit = 8

    private var numbers: [Int32] = []

    package init() {}

    func add(_ numbers: some Sequence<Int32>) {
        self.numbers.append(contentsOf: numbers)
    }

    /// The next one, in the order in which they were sent; nil when there is none left.
    package func takeFirst() -> FileDescriptor? {
        numbers.isEmpty ? nil : FileDescriptor(owning: numbers.removeFirst())
    }

    deinit {
        for number in numbers { _ = FileDescriptor(owning: number) }
    }
}
