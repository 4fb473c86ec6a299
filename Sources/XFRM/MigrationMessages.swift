package import IPsec
import Netlink
import Wire

/// A change of the addresses of a policy's SAs and of its tunnels, as MOBIKE makes (RFC 4555).
package struct Migration: Hashable, Sendable {
    package var policy: SPDKey
    /// Up to six, one a template.
    package var steps: [Step]
    /// The addresses that the key managers themselves use, for those who listen.
    package var keyManagers: Ends?
    /// The encapsulation of the SAs at their new addresses; nil to leave it as it is.
    package var encapsulation: SADEntry.Encapsulation?

    /// A source and a destination of one family.
    package struct Ends: Hashable, Sendable {
        package var source: IPAddress
        package var destination: IPAddress

        package init(source: IPAddress, destination: IPAddress) {
            self.source = source
            self.destination = destination
        }
    }

    /// The SAs of one kind between two addresses, and where they go.
    package struct Step: Hashable, Sendable {
        package var old: Ends
        package var new: Ends
        package var `protocol`: SecurityProtocol
        package var mode: EncapsulationMode
        /// 0 for any.
        package var requestID: UInt32

        package init(
            old: Ends, new: Ends, protocol: SecurityProtocol, mode: EncapsulationMode, requestID: UInt32 = 0
        ) {
            self.old = old
            self.new = new
            self.protocol = `protocol`
            self.mode = mode
            self.requestID = requestID
        }
    }

    package init(
        _ policy: SPDKey, steps: [Step], keyManagers: Ends? = nil,
        encapsulation: SADEntry.Encapsulation? = nil
    ) {
        self.policy = policy
        self.steps = steps
        self.keyManagers = keyManagers
        self.encapsulation = encapsulation
    }
}

extension Migration: CustomStringConvertible {
    /// `migration of the policy 10.1.0.0/24 -> 10.2.0.0/24: esp 192.0.2.1-192.0.2.2 to 192.0.2.3-192.0.2.2`.
    package var description: String {
        let moves = steps.map { "\($0.protocol) \($0.old) to \($0.new)" }.joined(separator: ", ")
        return "migration of the policy \(policy.id.selector): \(moves)"
    }
}

extension Migration.Ends: CustomStringConvertible {
    package var description: String { "\(source)-\(destination)" }
}

/// MIGRATE.
enum MigrationMessages {
    static func message(_ migration: Migration) throws(DatabaseFailure) -> NetlinkRequest {
        guard (1...XFRMValue.templateLimit).contains(migration.steps.count) else {
            throw DatabaseFailure(
                .other,
                "a migration has 1 to \(XFRMValue.templateLimit) steps, not \(migration.steps.count)")
        }
        let ends = migration.steps.flatMap { [$0.old, $0.new] } + (migration.keyManagers.map { [$0] } ?? [])
        for end in ends where end.source.family != end.destination.family {
            throw DatabaseFailure(
                .other, "a migration between \(end.source) and \(end.destination) mixes IPv4 and IPv6")
        }
        var request = NetlinkRequest(type: XFRMMessage.migrate)
        request.put(migration.policy)
        request.putAttribute(XFRMAttribute.migration) { attribute in
            for step in migration.steps { put(step, into: &attribute) }
        }
        if let managers = migration.keyManagers {
            request.putAttribute(XFRMAttribute.keyManagerAddress) { put(managers, into: &$0) }
        }
        if let encapsulation = migration.encapsulation {
            request.putAttribute(XFRMAttribute.encapsulation) { $0.put(encapsulation) }
        }
        return request
    }

    /// xfrm_user_migrate.
    private static func put(_ step: Migration.Step, into request: inout NetlinkRequest) {
        for end in [step.old, step.new] {
            request.put(end.destination)
            request.put(end.source)
        }
        request.put(step.protocol.rawValue)
        request.put(step.mode.kernelNumber)
        request.putZeros(2)
        request.put(step.requestID)
        request.put(step.old.source.family.kernelNumber)
        request.put(step.new.source.family.kernelNumber)
    }

    /// xfrm_user_kmaddress.
    private static func put(_ managers: Migration.Ends, into request: inout NetlinkRequest) {
        request.put(managers.source)
        request.put(managers.destination)
        request.putZeros(4)
        request.put(managers.source.family.kernelNumber)
        request.putZeros(2)
    }
}

extension Migration {
    /// Reads a report of a migration; nil for what is not ours.
    ///
    /// The kernel writes one attribute for each step, where a request has all steps in one.
    init?(kernel payload: Span<UInt8>) throws(WireError) {
        var rest = payload
        let selector = try rest.takeKernelSelector()
        try rest.skip(4)
        let direction = PolicyDirection(rawValue: try rest.takeUInt8())
        try rest.skip(3)
        guard let direction, let picked = selector.selector else { return nil }
        self.init(
            SPDKey(SecurityPolicyID(selector: picked, direction: direction), interface: selector.interface),
            steps: [])
        try rest.forEachNetlinkAttribute { type, value throws(WireError) in try take(type, value) }
    }

    private mutating func take(_ type: UInt16, _ payload: Span<UInt8>) throws(WireError) {
        var value = payload
        switch type {
        case XFRMAttribute.migration:
            while !value.isEmpty { if let step = try Step(&value) { steps.append(step) } }
        case XFRMAttribute.keyManagerAddress:
            let (local, remote) = (try value.takeKernelAddress(), try value.takeKernelAddress())
            try value.skip(4)
            let family = AddressFamily(kernelNumber: try value.takeHostUInt16())
            keyManagers = family.map {
                Ends(source: local.address($0), destination: remote.address($0))
            }
        case XFRMAttribute.encapsulation:
            encapsulation = try value.takeKernelEncapsulation(policy.id.selector.family)
        case XFRMAttribute.policyType:
            policy.table = SPDTable(rawValue: try value.takeUInt8()) ?? .main
        case XFRMAttribute.interfaceID: policy.interfaceID = try value.takeHostUInt32()
        default: break
        }
    }
}

extension Migration.Step {
    /// Takes xfrm_user_migrate; nil for a protocol, mode or family that is not ours.
    fileprivate init?(_ value: inout Span<UInt8>) throws(WireError) {
        let (oldDestination, oldSource) = (try value.takeKernelAddress(), try value.takeKernelAddress())
        let (newDestination, newSource) = (try value.takeKernelAddress(), try value.takeKernelAddress())
        let kind = SecurityProtocol(rawValue: try value.takeUInt8())
        let mode = EncapsulationMode(kernelNumber: try value.takeUInt8())
        try value.skip(2)
        let requestID = try value.takeHostUInt32()
        let old = AddressFamily(kernelNumber: try value.takeHostUInt16())
        let new = AddressFamily(kernelNumber: try value.takeHostUInt16())
        guard let kind, let mode, let old, let new else { return nil }
        self.init(
            old: Migration.Ends(source: oldSource.address(old), destination: oldDestination.address(old)),
            new: Migration.Ends(source: newSource.address(new), destination: newDestination.address(new)),
            protocol: kind, mode: mode, requestID: requestID)
    }
}
