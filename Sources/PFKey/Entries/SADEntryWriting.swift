import Algorithms
import IPsec
import KeyMaterial

/// An SA as the extensions of a message.
struct SADEntryWriting {
    let record: SADRecord
    let dialect: SADBDialect

    private var entry: SADEntry { record.entry }

    init(_ record: SADRecord, _ dialect: SADBDialect) {
        self.record = record
        self.dialect = dialect
    }

    /// The order of Linux's answers, all of it.
    func answer() throws(SADBError) -> [SADBExtension] {
        [association, hard, soft, current] + addresses + (try keys([.authentication, .encryption]))
            + trailer(includingOriginalAddress: false)
    }

    /// What EXPIRE tells: one limit, and no keys.
    func expiry(isHard: Bool) -> [SADBExtension] {
        [association, isHard ? hard : soft, current] + addresses + trailer(includingOriginalAddress: false)
    }

    /// The order in which racoon asks for an SA.
    func request() throws(SADBError) -> [SADBExtension] {
        [association, association2] + hosts(upperProtocol: SADBAddress.anyProtocol)
            + (try keys([.encryption, .authentication])) + [hard, soft] + proxy
            + encapsulation(includingOriginalAddress: true) + securityContext
    }

    /// What GETSPI tells beside the range.
    func larvalRequest() -> [SADBExtension] {
        [association2] + hosts(upperProtocol: SADBAddress.anyProtocol)
    }

    private var association: SADBExtension {
        let numbers = algorithmNumbers
        return .association(
            SADBAssociation(
                spi: entry.id.spi.value, replay: UInt8(clamping: entry.replay.window),
                state: record.state.number,
                authentication: numbers.authentication, encryption: numbers.encryption,
                flags: SADBFlags.known.reduce(0) {
                    entry.options.flags.contains($1.flag) ? $0 | $1.bit : $0
                }))
    }

    private var association2: SADBExtension {
        .association2(SADBAssociation2(mode: SADBMode.number(entry.mode), requestID: entry.requestID))
    }

    /// 0 where there is none, or PF_KEY has no number.
    private var algorithmNumbers: (authentication: UInt8, encryption: UInt8) {
        switch entry.transform {
        case .none: (0, 0)
        case .esp(let cipher, let integrity):
            (
                integrity.flatMap(AlgorithmNumbers.number(of:)) ?? 0,
                AlgorithmNumbers.number(of: cipher) ?? 0
            )
        case .ah(let integrity): (AlgorithmNumbers.number(of: integrity) ?? 0, 0)
        case .ipcomp(let compression): (0, AlgorithmNumbers.number(of: compression) ?? 0)
        }
    }

    private var hard: SADBExtension { .lifetime(.hard, SADBLifetime(hardOf: entry.lifetime)) }
    private var soft: SADBExtension { .lifetime(.soft, SADBLifetime(softOf: entry.lifetime)) }

    private var current: SADBExtension {
        let usage = record.usage
        return .lifetime(
            .current,
            SADBLifetime(
                allocations: UInt32(clamping: usage.traffic.packets), bytes: usage.traffic.bytes,
                addTime: usage.added, useTime: usage.firstUsed))
    }

    private var addresses: [SADBExtension] { hosts(upperProtocol: 0) + proxy }

    private func hosts(upperProtocol: UInt8) -> [SADBExtension] {
        [
            .address(.source, SADBAddress(host: entry.source, upperProtocol: upperProtocol)),
            .address(.destination, SADBAddress(host: entry.id.destination, upperProtocol: upperProtocol)),
        ]
    }

    private var proxy: [SADBExtension] {
        guard let selector = entry.selector else {
            guard dialect.emptySelector == .told else { return [] }
            return [
                .address(
                    .proxy, SADBAddress(.any(entry.source.family), upperProtocol: SADBAddress.anyProtocol))
            ]
        }
        guard selector.source != IPPrefix(host: entry.source) else { return [] }
        let upper = selector.upperProtocol == 0 ? SADBAddress.anyProtocol : selector.upperProtocol
        return [
            .address(
                .proxy, SADBAddress(selector.source, port: selector.sourcePort, upperProtocol: upper))
        ]
    }

    private func keys(_ roles: [SADBKey.Role]) throws(SADBError) -> [SADBExtension] {
        var keys: [SADBExtension] = []
        for role in roles {
            guard let key = key(role) else { continue }
            keys.append(.key(role, try SADBKey(key)))
        }
        return keys
    }

    /// Linux tells no keys of length 0, but wants one for the null cipher.
    private func key(_ role: SADBKey.Role) -> SecretKey? {
        switch (role, entry.transform) {
        case (.encryption, .esp(let cipher, _)): cipher.key
        case (.authentication, .esp(_, let integrity)): integrity?.key
        case (.authentication, .ah(let integrity)): integrity.key
        case (.encryption, .none), (.encryption, .ah), (.encryption, .ipcomp), (.authentication, .none),
            (.authentication, .ipcomp):
            nil
        }
    }

    private func trailer(includingOriginalAddress: Bool) -> [SADBExtension] {
        [association2] + encapsulation(includingOriginalAddress: includingOriginalAddress) + securityContext
    }

    private func encapsulation(includingOriginalAddress: Bool) -> [SADBExtension] {
        guard let encapsulation = entry.encapsulation else { return [] }
        let original = encapsulation.originalAddress.map {
            SADBExtension.address(.original, SADBAddress(host: $0))
        }
        return [
            .natTraversalType(SADBEncapsulation.number(encapsulation.kind)),
            .natTraversalPort(.source, encapsulation.ports.sourcePort),
            .natTraversalPort(.destination, encapsulation.ports.destinationPort),
        ] + (includingOriginalAddress ? [original].compactMap { $0 } : [])
    }

    private var securityContext: [SADBExtension] {
        entry.options.securityContext.map { [.securityContext(SADBSecurityContext($0))] } ?? []
    }
}

extension SALifeState {
    fileprivate var number: UInt8 {
        switch self {
        case .larval: 0
        case .mature: 1
        case .dying: 2
        case .dead: 3
        }
    }
}

extension SADBLifetime {
    init(hardOf lifetime: Lifetime) {
        self.init(
            time: lifetime.hardTime, useTime: lifetime.hardUseTime, bytes: lifetime.hardBytes,
            packets: lifetime.hardPackets)
    }

    init(softOf lifetime: Lifetime) {
        self.init(
            time: lifetime.softTime, useTime: lifetime.softUseTime, bytes: lifetime.softBytes,
            packets: lifetime.softPackets)
    }

    private init(time: Duration?, useTime: Duration?, bytes: UInt64?, packets: UInt64?) {
        self.init(
            allocations: UInt32(clamping: packets ?? 0), bytes: bytes ?? 0,
            addTime: UInt64(clamping: time?.components.seconds ?? 0),
            useTime: UInt64(clamping: useTime?.components.seconds ?? 0))
    }
}

extension SADBSecurityContext {
    init(_ context: SecurityContext) {
        self.init(
            algorithm: context.algorithm, domain: context.domain, label: Array(context.text.utf8) + [0])
    }
}
