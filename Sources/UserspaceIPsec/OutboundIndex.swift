import ESP
import HashTreeCollections
import IPsec

/// The outbound SAs as policies look for them: by what a template asks for, the newest first.
///
/// Copies share what is the same in them.
struct OutboundIndex: Sendable {
    /// The addresses between which packets travel.
    typealias Ends = (source: IPAddress, destination: IPAddress)

    private struct Key: Hashable, Sendable {
        let `protocol`: SecurityProtocol
        let mode: EncapsulationMode
        /// 0 finds the SAs of every request ID.
        let requestID: UInt32
        let source: IPAddress
        let destination: IPAddress

        init(_ association: SecurityAssociation, requestID: UInt32) {
            (`protocol`, mode) = (association.id.protocol, association.mode)
            (source, destination) = (association.source, association.id.destination)
            self.requestID = requestID
        }

        init(_ kind: SecurityProtocol, _ mode: EncapsulationMode, _ ends: Ends) {
            (`protocol`, self.mode, requestID) = (kind, mode, 0)
            (source, destination) = ends
        }

        init(_ template: PolicyTemplate, _ ends: Ends) {
            (`protocol`, mode) = (template.protocol, template.mode)
            (source, destination) = ends
            requestID = template.requestID
        }
    }

    private var groups: TreeDictionary<Key, OutboundGroup> = [:]

    /// - Parameter number: goes up with each SA that is made.
    mutating func insert(_ entry: OutboundAssociation, number: UInt64) {
        for key in Self.keys(entry.association) {
            if groups[key]?.insert(entry, number) == nil { groups[key] = .one(entry, number: number) }
        }
    }

    mutating func remove(_ entry: OutboundAssociation, number: UInt64) {
        for key in Self.keys(entry.association) { groups[key] = groups[key]?.removing(entry, number) }
    }

    private static func keys(_ association: SecurityAssociation) -> [Key] {
        Set([association.requestID, 0]).map { Key(association, requestID: $0) }
    }

    /// The newest SA that a template accepts for a packet.
    ///
    /// - Parameter ends: the addresses between which the packet travels by now.
    func association(for flow: PacketFlow, _ template: PolicyTemplate, between ends: Ends)
        -> OutboundAssociation?
    {
        if let ends = template.exactEnds(between: ends) {
            return groups[Key(template, ends)]?.first(for: flow)
        }
        return newest { entry in
            template.accepts(entry.association) && entry.carries(flow)
                && (template.mode.hasOwnAddresses || entry.isBetween(ends))
        }
    }

    /// The newest SA that a template accepts for some packet.
    ///
    /// - Parameter ends: the addresses between which packets travel by now; nil if that depends on the packet.
    func newest(_ template: PolicyTemplate, between ends: Ends?) -> OutboundAssociation? {
        if let ends = template.exactEnds(between: ends) { return groups[Key(template, ends)]?.newest }
        return newest { template.accepts($0.association) }
    }

    /// The SAs between two addresses.
    func between(_ source: IPAddress, _ destination: IPAddress) -> [OutboundAssociation] {
        [SecurityProtocol.esp, .ah, .ipcomp].flatMap { kind in
            [EncapsulationMode.tunnel, .transport, .beet].flatMap { mode in
                groups[Key(kind, mode, (source, destination))]?.members.map(\.entry) ?? []
            }
        }
    }

    /// Looks at every SA: few templates leave open what others tell.
    private func newest(_ isMeant: (OutboundAssociation) -> Bool) -> OutboundAssociation? {
        var best: (entry: OutboundAssociation, number: UInt64)?
        for (key, group) in groups where key.requestID == 0 {
            for member in group.members where best.map({ $0.number < member.number }) ?? true {
                if isMeant(member.entry) { best = member }
            }
        }
        return best?.entry
    }
}

/// The SAs that differ in nothing that a template asks for.
private enum OutboundGroup: Sendable {
    /// Nearly always, or two while one takes over from the other.
    case one(OutboundAssociation, number: UInt64)
    case many(OutboundMembers)

    typealias Member = (entry: OutboundAssociation, number: UInt64)

    mutating func insert(_ entry: OutboundAssociation, _ number: UInt64) {
        var members: OutboundMembers
        switch self {
        case .one(let other, let otherNumber):
            members = OutboundMembers()
            members.insert(other, otherNumber)
        case .many(let present): members = present
        }
        members.insert(entry, number)
        self = .many(members)
    }

    func removing(_ entry: OutboundAssociation, _ number: UInt64) -> OutboundGroup? {
        switch self {
        case .one(_, let present): return present == number ? nil : self
        case .many(var members):
            members.remove(entry, number)
            return members.isEmpty ? nil : .many(members)
        }
    }

    func first(for flow: PacketFlow) -> OutboundAssociation? {
        switch self {
        case .one(let entry, _): entry.carries(flow) ? entry : nil
        case .many(let members): members.first(for: flow)
        }
    }

    var newest: OutboundAssociation? {
        switch self {
        case .one(let entry, _): entry
        case .many(let members): members.newest
        }
    }

    var members: [Member] {
        switch self {
        case .one(let entry, let number): [(entry, number)]
        case .many(let members): members.all
        }
    }
}

/// Several SAs that their own selectors, or their age, tell apart.
private struct OutboundMembers: Sendable {
    private struct Member: Sendable {
        let entry: OutboundAssociation
        let number: UInt64
    }

    private var byAge = RadixTree<Member>()
    private var bySelector = SelectorIndex<OutboundAssociation>()

    var isEmpty: Bool { byAge.isEmpty }
    var newest: OutboundAssociation? { byAge.first?.entry }
    var all: [OutboundGroup.Member] { byAge.values.map { ($0.entry, $0.number) } }

    mutating func insert(_ entry: OutboundAssociation, _ number: UInt64) {
        let rank = Self.rank(number)
        byAge.update(RadixKey(rank.order)) { _ in Member(entry: entry, number: number) }
        for selector in Self.selectors(entry) { bySelector.insert(entry, selector, rank) }
    }

    mutating func remove(_ entry: OutboundAssociation, _ number: UInt64) {
        let rank = Self.rank(number)
        byAge.update(RadixKey(rank.order)) { _ in nil }
        for selector in Self.selectors(entry) { bySelector.remove(selector, rank) }
    }

    func first(for flow: PacketFlow) -> OutboundAssociation? { bySelector.first(for: flow) }

    /// The newer comes first.
    private static func rank(_ number: UInt64) -> SelectorRank { SelectorRank(priority: 0, number: ~number) }

    private static func selectors(_ entry: OutboundAssociation) -> [Selector] {
        if let selector = entry.association.selector { return [selector] }
        return [.ipv4, .ipv6].map { Selector(source: .any($0), destination: .any($0)) }
    }
}

extension PolicyTemplate {
    /// The one pair of addresses that an SA can have to be accepted; nil if that is not all there is to it.
    fileprivate func exactEnds(between ends: OutboundIndex.Ends?) -> OutboundIndex.Ends? {
        guard spi.value == 0 else { return nil }
        guard mode.hasOwnAddresses else { return ends }
        guard let tunnelSource, let tunnelDestination else { return nil }
        return (tunnelSource, tunnelDestination)
    }
}

extension OutboundAssociation {
    /// Whether its own selector lets a packet through.
    ///
    /// A BEET association's selector has its inner addresses, which the flow has unless it is wrapped already.
    fileprivate func carries(_ flow: PacketFlow) -> Bool { association.selector?.selects(flow) ?? true }

    fileprivate func isBetween(_ ends: OutboundIndex.Ends) -> Bool {
        association.source == ends.source && association.id.destination == ends.destination
    }
}
