/// A packet mark to compare with or to set, and the bits of it that count.
package struct Mark: Hashable, Sendable, CustomStringConvertible {
    package var value: UInt32
    package var mask: UInt32

    package init(value: UInt32, mask: UInt32 = .max) {
        self.value = value
        self.mask = mask
    }

    /// `0x2a/0xffffffff`.
    package var description: String {
        "0x\(String(value, radix: 16))/0x\(String(mask, radix: 16))"
    }
}
