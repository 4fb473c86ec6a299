/// Every block of the language, to say where a misplaced statement belongs.
enum Grammar {
    /// Keywords by the block that holds them.
    static let blocks: [(place: String, keywords: Set<String>)] = [
        block(Document.vocabulary),
        block(RemoteDraft.vocabulary),
        block(ProposalDraft.vocabulary),
        block(SainfoDraft.vocabulary),
        block(TunnelDraft.vocabulary),
        block(TimerBlock.vocabulary),
        block(ListenBlock.vocabulary),
        block(PaddingBlock.vocabulary),
        block(PrivsepBlock.vocabulary),
        block(ModeConfigBlock.vocabulary),
        block(RadiusBlock.vocabulary),
        block(LDAPBlock.vocabulary),
    ]

    /// The blocks in which a word is a statement.
    static func places(of keyword: String) -> [String] {
        blocks.filter { $0.keywords.contains(keyword) }.map(\.place)
    }

    private static func block<Target>(_ vocabulary: Vocabulary<Target>) -> (
        place: String, keywords: Set<String>
    ) {
        (vocabulary.place, Set(vocabulary.rules.keys))
    }
}
