/// Values under prefixes, in a tree whose copies share all that is the same in them.
///
/// A change makes the few nodes on the way to it anew, so that who has a copy never sees it happen. A node decides
/// about six bits at a time, and knows by two words which prefixes end in it and which nodes follow (the tree bitmap of
/// Eatherton, Varghese and Dittia); bits that tell nothing apart have no node.
struct RadixTree<Value: Sendable>: Sendable {
    private var root: RadixNode<Value>?

    init() {}

    var isEmpty: Bool { root == nil }

    /// Replaces what is under a key: `change` gets what is there and tells what shall be there, nil for nothing.
    mutating func update(_ key: RadixKey, _ change: (Value?) -> Value?) {
        root = RadixNode.updated(root, key, change)
    }

    /// Hands out the values of all prefixes of an address, the shortest first.
    @inline(__always)
    func forEach(covering bits: UInt128, _ body: (borrowing Value) -> Void) {
        var next = root
        while let node = next {
            guard node.covers(bits) else { return }
            let chunk = RadixKey.chunk(of: bits, at: node.depth)
            var matching = node.ends & RadixKey.ends(covering: chunk)
            while matching != 0 {
                let end = matching & (0 &- matching)
                node.withValue((node.ends & (end &- 1)).nonzeroBitCount, body)
                matching ^= end
            }
            let link = UInt64(1) &<< chunk
            guard node.links & link != 0 else { return }
            next = node.children[(node.links & (link &- 1)).nonzeroBitCount]
        }
    }

    /// All values.
    var values: [Value] { root?.all ?? [] }

    /// The value of the lowest key, where all keys are of full length.
    var first: Value? {
        var node = root
        while let child = node?.children.first { node = child }
        return node?.value
    }
}

/// The leading bits that values are found by.
struct RadixKey: Hashable, Sendable {
    /// All but the first `length` are zero.
    let bits: UInt128
    let length: Int

    /// A number as a key of full length: lower numbers come first.
    init(_ number: UInt128) {
        bits = number
        length = 128
    }

    /// - Parameter bits: left-aligned; all but the first `length` are zero.
    init(_ bits: UInt128, length: Int) {
        self.bits = bits
        self.length = length
    }

    /// Bits that a node decides about.
    static let stride = 6

    /// The depth of the node in which the key ends.
    fileprivate var depth: Int { length / Self.stride * Self.stride }

    /// The key's bit in its node: 1, then the bits of the key that the node decides about.
    fileprivate var end: UInt64 {
        let count = length - depth
        let rest = Self.chunk(of: bits, at: depth) &>> UInt64(Self.stride - count)
        return 1 &<< (1 &<< UInt64(count) | rest)
    }

    /// The bits of an address that a node at `depth` decides about.
    @inline(__always)
    fileprivate static func chunk(of bits: UInt128, at depth: Int) -> UInt64 {
        UInt64(truncatingIfNeeded: (bits &<< UInt128(truncatingIfNeeded: depth)) &>> 122)
    }

    /// The ends of all keys, in a node, that begin an address with these bits.
    @inline(__always)
    fileprivate static func ends(covering chunk: UInt64) -> UInt64 {
        let one: UInt64 = 1
        let short = one &<< 1 | one &<< (2 | chunk &>> 5) | one &<< (4 | chunk &>> 4)
        return short | one &<< (8 | chunk &>> 3) | one &<< (16 | chunk &>> 2) | one &<< (32 | chunk &>> 1)
    }
}

/// The keys of one place in the tree.
private final class RadixNode<Value: Sendable>: Sendable {
    /// The leading bits that all keys here and below have.
    let prefix: UInt128
    /// How many bits `prefix` has; a multiple of `RadixKey.stride`.
    let depth: Int
    /// Which keys end here.
    let ends: UInt64
    /// Which of the next bits lead to nodes.
    let links: UInt64
    /// Of the first key that ends here; nil if none does.
    let value: Value?
    /// Of the others, in the order of `ends`.
    private let others: [Value]
    /// In the order of `links`.
    let children: [RadixNode]

    init(
        _ prefix: UInt128, depth: Int, ends: UInt64 = 0, values: [Value] = [], links: UInt64 = 0,
        children: [RadixNode] = []
    ) {
        (self.prefix, self.depth) = (prefix, depth)
        (self.links, self.children) = (links, children)
        self.ends = ends
        value = values.first
        others = Array(values.dropFirst())
    }

    private convenience init(_ key: RadixKey, _ value: Value) {
        self.init(
            Self.leading(key.depth, of: key.bits), depth: key.depth, ends: key.end, values: [value])
    }

    /// The values here and below.
    var all: [Value] { values + children.flatMap(\.all) }

    private var values: [Value] { (value.map { [$0] } ?? []) + others }

    @inline(__always)
    func withValue(_ place: Int, _ body: (borrowing Value) -> Void) {
        if place > 0 { body(others[place - 1]) } else if let value { body(value) }
    }

    @inline(__always)
    func covers(_ bits: UInt128) -> Bool { Self.commonCount(bits, prefix) >= depth }

    static func updated(
        _ node: RadixNode?, _ key: RadixKey, _ change: (Value?) -> Value?
    ) -> RadixNode? {
        guard let node else { return change(nil).map { RadixNode(key, $0) } }
        let common = commonCount(key.bits, node.prefix) / RadixKey.stride * RadixKey.stride
        guard min(common, key.depth) < node.depth else {
            return key.depth == node.depth ? node.changed(key, change) : node.followed(key, change)
        }
        guard let value = change(nil) else { return node }
        let leaf = RadixNode(key, value)
        guard key.depth > common else {
            return leaf.linked(node, RadixKey.chunk(of: node.prefix, at: leaf.depth))
        }
        return RadixNode(leading(common, of: key.bits), depth: common)
            .linked(node, RadixKey.chunk(of: node.prefix, at: common))
            .linked(leaf, RadixKey.chunk(of: leaf.prefix, at: common))
    }

    /// With another value of a key that ends here; nil if nothing is left.
    private func changed(_ key: RadixKey, _ change: (Value?) -> Value?) -> RadixNode? {
        let end = key.end
        let place = (ends & (end &- 1)).nonzeroBitCount
        let former = ends & end == 0 ? nil : values[place]
        let value = change(former)
        guard former != nil || value != nil else { return self }
        var values = values
        if former != nil { values.remove(at: place) }
        if let value { values.insert(value, at: place) }
        return RadixNode(
            prefix, depth: depth, ends: value == nil ? ends & ~end : ends | end, values: values, links: links,
            children: children
        ).needed
    }

    /// With what a change makes of the node that a key leads to.
    private func followed(_ key: RadixKey, _ change: (Value?) -> Value?) -> RadixNode? {
        let chunk = RadixKey.chunk(of: key.bits, at: depth)
        let place = place(of: chunk)
        let former = links & 1 &<< chunk == 0 ? nil : children[place]
        let child = Self.updated(former, key, change)
        return child === former ? self : linked(child, chunk).needed
    }

    /// With another node for the next bits; nil for none.
    private func linked(_ child: RadixNode?, _ chunk: UInt64) -> RadixNode {
        let link = UInt64(1) &<< chunk
        let place = place(of: chunk)
        var children = children
        if links & link != 0 { children.remove(at: place) }
        if let child { children.insert(child, at: place) }
        return RadixNode(
            prefix, depth: depth, ends: ends, values: values,
            links: child == nil ? links & ~link : links | link,
            children: children)
    }

    /// Itself, unless nothing ends here and no ways part.
    private var needed: RadixNode? { ends == 0 && children.count < 2 ? children.first : self }

    private func place(of chunk: UInt64) -> Int { (links & (1 &<< chunk &- 1)).nonzeroBitCount }

    /// How many leading bits two addresses have in common.
    @inline(__always)
    private static func commonCount(_ left: UInt128, _ right: UInt128) -> Int {
        (left ^ right).leadingZeroBitCount
    }

    private static func leading(_ count: Int, of bits: UInt128) -> UInt128 {
        count == 0 ? 0 : bits & (UInt128.max << UInt128(128 - count))
    }
}
