import IPsec
import KeyMaterial

/// Where two entries of one key differ, in words; what the kernel adds of itself does not count.
enum EntryComparison {
    static func differences(_ old: SADEntry, _ new: SADEntry) -> [String] {
        var words: [String] = []
        func compare<Value: Equatable>(_ name: String, _ value: (SADEntry) -> Value) {
            if value(old) != value(new) { words.append(name) }
        }
        compare("source", \.source)
        compare("mode") { $0.mode ?? .transport }
        compare("request ID", \.requestID)
        compare("selector") { wanted($0.selector) }
        if !isSame(old.transform, new.transform) { words.append("algorithms or keys") }
        compare("encapsulation", \.encapsulation)
        compare("replay window") { ReplayWish($0.replay) }
        compare("lifetime", \.lifetime)
        compare("options") { wanted($0.options) }
        return words
    }

    static func isSame(_ old: SPDEntry, _ new: SPDEntry) -> Bool {
        wanted(old) == wanted(new)
    }

    private struct ReplayWish: Equatable {
        var window: UInt32
        var isExtended: Bool

        init(_ replay: SADEntry.ReplayProtection) {
            window = replay.window
            isExtended = replay.usesExtendedSequenceNumbers
        }
    }

    /// A selector of all packets selects as none does.
    private static func wanted(_ selector: Selector?) -> Selector? {
        guard let selector else { return nil }
        let any = Selector(source: .any(selector.family), destination: .any(selector.family))
        return selector == any ? nil : selector
    }

    private static func wanted(_ options: SAOptions) -> SAOptions {
        var options = options
        options.flags.subtract([.align4, .anyFamily])
        return options
    }

    /// Request IDs that the system chose count as chosen.
    private static func wanted(_ entry: SPDEntry) -> SPDEntry {
        var entry = entry
        guard case .protect(let templates) = entry.policy.action else { return entry }
        entry.policy.action = .protect(
            templates.map { template in
                var template = template
                if template.requestID > SetkeyWords.largestStatedRequestID {
                    template.level = .unique(requestID: 0)
                }
                return template
            })
        return entry
    }

    private static func isSame(_ old: SATransform, _ new: SATransform) -> Bool {
        switch (old, new) {
        case (.none, .none): true
        case (.esp(let oldCipher, let oldCheck), .esp(let newCipher, let newCheck)):
            isSame(oldCipher, newCipher) && isSame(oldCheck, newCheck)
        case (.ah(let old), .ah(let new)): isSame(old, new)
        case (.ipcomp(let old), .ipcomp(let new)): old == new
        case (.none, _), (.esp, _), (.ah, _), (.ipcomp, _): false
        }
    }

    private static func isSame(_ old: KeyedCipher, _ new: KeyedCipher) -> Bool {
        old.algorithm == new.algorithm && old.icvBits == new.icvBits
            && SecretKey.constantTimeEqual(old.key, new.key)
    }

    /// No integrity algorithm is what one without key and ICV is.
    private static func isSame(_ old: KeyedIntegrity?, _ new: KeyedIntegrity?) -> Bool {
        guard let old, let new else { return (old ?? new).map { $0.icvBits == 0 } ?? true }
        return old.algorithm == new.algorithm && old.icvBits == new.icvBits
            && SecretKey.constantTimeEqual(old.key, new.key)
    }
}
