/// The numbers that supervised programs get their PF_KEY sockets at.
///
/// A filter cannot tell descriptors apart but by number. So PF_KEY sockets get high ones, which programs hardly use
/// otherwise, and only calls on those are looked at. They stay below 1024, for `select`, and below the limit.
package struct DescriptorWindow: Hashable, Sendable {
    package let numbers: Range<Int32>

    private static let size: Int32 = 64
    private static let end: Int32 = 1024

    /// - Parameter limit: the program's limit of descriptor numbers.
    package init(limit: Int) {
        let end = min(Self.end, Int32(clamping: max(limit, 0)))
        numbers = max(end - Self.size, end / 2)..<end
    }
}
