import IPsec
package import Netlink
package import PFKey
import Wire
import XFRM

/// MIGRATE as a request of a client.
package struct MigrationRequest {
    let message: SADBMessage

    package init(message: SADBMessage) {
        self.message = message
    }

    package func whole() throws(SADBError) -> NetlinkRequest {
        let (source, destination, policy) = try PolicyRequest(message: message).parts()
        guard policy.direction <= 3 else {
            throw .refusal(.invalid, "There is no direction \(policy.direction).")
        }
        let managers = try keyManagers()
        let steps = try steps(policy)
        var request = NetlinkRequest(type: XFRMMessage.migrate, capacity: 512)
        request.putSelector(source, destination)
        request.put(UInt32(0))
        request.put(policy.direction &- 1)
        request.putZeros(3)
        request.putAttribute(XFRMAttribute.migration) { $0.put(steps.payload) }
        if let managers {
            request.putAttribute(XFRMAttribute.keyManagerAddress) { attribute in
                attribute.put(managers.source.address)
                attribute.put(managers.destination.address)
                attribute.put(managers.reserved)
                attribute.put(managers.source.address.family.kernelNumber)
                attribute.putZeros(2)
            }
        }
        return request
    }

    private func keyManagers() throws(SADBError) -> SADBAddressPair? {
        for part in message.extensions where part.type == .keyManagerAddress {
            guard case .keyManagerAddress(let pair) = part else {
                throw .refusal(.invalid, "The key managers' addresses are not two of one family.")
            }
            return pair
        }
        return nil
    }

    /// The transformations in pairs: what is, and what is to be.
    private func steps(_ policy: SADBPolicy) throws(SADBError) -> NetlinkRequest {
        let requests = try policy.requests
        let octets = requests.reduce(0) { $0 + SADBPolicy.Request.headSize + $1.addressOctets.count }
        guard octets == policy.requestOctets.count else {
            throw .refusal(.invalid, "Behind the last transformation is something that is none.")
        }
        guard !requests.isEmpty, requests.count % 2 == 0, requests.count <= 2 * XFRMValue.templateLimit else {
            throw .refusal(.invalid, "A migration has 1 to 6 pairs of transformations.")
        }
        var steps = NetlinkRequest(type: 0)
        for place in stride(from: 0, to: requests.count, by: 2) {
            try Self.put(requests[place], requests[place + 1], into: &steps)
        }
        return steps
    }

    /// Appends xfrm_user_migrate.
    private static func put(
        _ old: SADBPolicy.Request, _ new: SADBPolicy.Request, into request: inout NetlinkRequest
    ) throws(SADBError) {
        guard let from = old.tunnel, let to = new.tunnel else {
            throw .refusal(.invalid, "A migration needs the addresses of both ends, before and after.")
        }
        guard old.protocol == new.protocol, old.mode == new.mode, old.requestID == new.requestID else {
            throw .refusal(.invalid, "Protocol, mode and request ID must be the same before and after.")
        }
        let mode = try KernelMode.kernel(number: old.mode)
        for pair in [from, to] {
            request.put(pair.destination.address)
            request.put(pair.source.address)
        }
        request.put(UInt8(truncatingIfNeeded: old.protocol))
        request.put(mode)
        request.putZeros(2)
        request.put(old.requestID)
        request.put(from.source.address.family.kernelNumber)
        request.put(to.source.address.family.kernelNumber)
    }
}

/// MIGRATE as the kernel's report.
struct MigrationEvent {
    private let selector: KernelSelector
    private let family: AddressFamily
    private let direction: UInt8
    private var managers: SADBAddressPair?
    private var requests: [SADBPolicy.Request] = []
    private var protocolNumber: UInt8?

    /// nil for one of another table, or of a family or mode that PF_KEY has no form for.
    init?(_ payload: Span<UInt8>) throws {
        var rest = payload
        selector = try rest.takeKernelSelector()
        try rest.skip(4)
        direction = try rest.takeUInt8()
        try rest.skip(3)
        guard let family = AddressFamily(kernelNumber: selector.family) else { return nil }
        self.family = family
        var isTold = true
        try rest.forEachNetlinkAttribute { type, value throws(WireError) in
            var value = value
            switch type {
            case XFRMAttribute.migration: while !value.isEmpty, isTold { isTold = try takeStep(&value) }
            case XFRMAttribute.keyManagerAddress: try takeManagers(&value)
            case XFRMAttribute.policyType: isTold = try value.takeUInt8() == SPDTable.main.rawValue
            default: break
            }
        }
        guard isTold, !requests.isEmpty else { return nil }
    }

    /// Takes xfrm_user_migrate; false where PF_KEY has no form for it.
    private mutating func takeStep(_ value: inout Span<UInt8>) throws(WireError) -> Bool {
        let old = (destination: try value.takeKernelAddress(), source: try value.takeKernelAddress())
        let new = (destination: try value.takeKernelAddress(), source: try value.takeKernelAddress())
        let number = try value.takeUInt8()
        let mode = KernelMode.number(kernel: try value.takeUInt8())
        try value.skip(2)
        let requestID = try value.takeHostUInt32()
        let families = [
            AddressFamily(kernelNumber: try value.takeHostUInt16()),
            AddressFamily(kernelNumber: try value.takeHostUInt16()),
        ]
        guard let mode else { return false }
        if protocolNumber == nil { protocolNumber = number }
        for (ends, family) in zip([old, new], families) {
            guard let family else { return false }
            requests.append(
                SADBPolicy.Request(
                    protocol: UInt16(number), mode: mode, level: requestID == 0 ? 2 : 3, requestID: requestID,
                    tunnel: SADBAddressPair(
                        source: SADBSocketAddress(ends.source.address(family)),
                        destination: SADBSocketAddress(ends.destination.address(family)))))
        }
        return true
    }

    /// Takes xfrm_user_kmaddress.
    private mutating func takeManagers(_ value: inout Span<UInt8>) throws(WireError) {
        let (local, remote) = (try value.takeKernelAddress(), try value.takeKernelAddress())
        let reserved = try value.takeHostUInt32()
        guard let family = AddressFamily(kernelNumber: try value.takeHostUInt16()) else { return }
        var pair = SADBAddressPair(
            source: SADBSocketAddress(local.address(family)),
            destination: SADBSocketAddress(remote.address(family)))
        pair.reserved = reserved
        managers = pair
    }

    /// Ports are not told, and any upper protocol is 0 here.
    var message: SADBMessage {
        var extensions: [SADBExtension] = []
        if let managers { extensions.append(.keyManagerAddress(managers)) }
        for (role, address, length) in [
            (SADBAddress.Role.source, selector.source, selector.sourceLength),
            (.destination, selector.destination, selector.destinationLength),
        ] {
            extensions.append(
                .address(
                    role,
                    SADBAddress(
                        upperProtocol: selector.upperProtocol, prefixLength: length,
                        endpoint: SADBSocketAddress(address.address(family)))))
        }
        extensions.append(.policy(SADBPolicy(type: 2, direction: direction &+ 1, requests: requests)))
        return SADBMessage(
            SADBHeader(.migrate, SADBSatype(protocolNumber: protocolNumber ?? 0)), extensions)
    }
}
