/// The blocks of the configuration that SAs follow, each kept once however many they are.
package struct FollowedBlocks {
    /// By their names.
    private var known: [String: Boxed<PeerPolicy>] = [:]

    package init() {}

    /// The block as others keep it.
    package mutating func shared(_ block: Boxed<PeerPolicy>) -> Boxed<PeerPolicy> {
        let name = block.wrappedValue.name
        if let known = known[name], known == block { return known }
        known[name] = block
        return block
    }
}
