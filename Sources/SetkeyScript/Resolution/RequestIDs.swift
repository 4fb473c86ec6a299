import IPsec

/// Chooses the request IDs of `unique` where no number is written.
struct RequestIDs {
    /// Numbers up to this are for people to choose.
    static let lastChosenByPeople: UInt32 = 16383
    static let first = lastChosenByPeople + 1

    private let first: UInt32
    private var chosen: [Subject: UInt32] = [:]

    init(from first: UInt32 = first) {
        self.first = first
    }

    /// What the number is for: the two directions of the same traffic share one, as their SAs are made together.
    private struct Subject: Hashable {
        var selector: Selector
        var index: Int
    }

    /// The level as a policy has it; a number beyond those for people is replaced by one of ours.
    mutating func level(
        of request: PolicyRequest, _ index: Int, _ selector: Selector, _ direction: PolicyDirection,
        _ stated: PolicyOptions.StatedRequestIDs
    ) -> PolicyTemplate.Level {
        switch request.level {
        case .use: return .use
        case .require: return .require
        case .unique(let requestID)
        where (1...Self.lastChosenByPeople).contains(requestID) || (requestID != 0 && stated == .asStated):
            return .unique(requestID: requestID)
        case .unique:
            let outward = direction == .outbound ? selector : selector.reversed
            let subject = Subject(selector: outward, index: index)
            let requestID = chosen[subject] ?? first &+ UInt32(truncatingIfNeeded: chosen.count)
            chosen[subject] = requestID
            return .unique(requestID: requestID)
        }
    }

    /// The action of a policy, with the request IDs of its templates.
    mutating func action(
        _ action: PolicyAction, _ selector: Selector, _ direction: PolicyDirection,
        _ stated: PolicyOptions.StatedRequestIDs
    ) -> SecurityPolicy.Action {
        switch action {
        case .bypass: return .bypass
        case .discard: return .discard
        case .protect(let requests):
            var templates: [PolicyTemplate] = []
            templates.reserveCapacity(requests.count)
            for (index, request) in requests.enumerated() {
                let isOuter = request.mode != .transport
                templates.append(
                    PolicyTemplate(
                        protocol: request.protocol, mode: request.mode,
                        tunnelSource: isOuter ? request.source : nil,
                        tunnelDestination: isOuter ? request.destination : nil,
                        level: level(of: request, index, selector, direction, stated)))
            }
            return .protect(templates)
        }
    }
}

extension PolicyAction {
    /// A stated request ID that is not for people to choose, if there is one.
    var reservedRequestID: UInt32? {
        guard case .protect(let requests) = self else { return nil }
        for request in requests {
            if case .unique(let stated) = request.level, stated > RequestIDs.lastChosenByPeople {
                return stated
            }
        }
        return nil
    }
}

extension SecurityPolicy {
    /// The copy of an inbound policy for packets that pass through: its first template may use any SA.
    var forwardCopy: SecurityPolicy {
        var copy = self
        copy.direction = .forward
        if case .protect(var templates) = copy.action, let first = templates.first, case .unique = first.level
        {
            templates[0].level = .require
            copy.action = .protect(templates)
        }
        return copy
    }
}
