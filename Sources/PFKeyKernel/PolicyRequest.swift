import IPsec
package import Netlink
package import PFKey
import XFRM

/// A request about a policy, as the kernel's messages.
///
/// What is checked here, and in which order, is what Linux's own PF_KEY socket checks before it asks the SPD.
package struct PolicyRequest {
    let message: SADBMessage

    package init(message: SADBMessage) {
        self.message = message
    }

    /// The highest request ID that is for administrators to give.
    static let maximumManualRequestID: UInt32 = 0x3fff
    /// The levels of a transformation that mean something; all others are as to require it.
    private static let (use, unique): (UInt8, UInt8) = (1, 3)
    /// The numbers of the direction `out` and of the last one there is.
    private static let (outbound, lastDirection): (UInt8, UInt8) = (2, 3)

    /// The addresses, which must both be there and of one family, and the policy.
    func parts() throws(SADBError) -> (source: SADBAddress, destination: SADBAddress, policy: SADBPolicy) {
        guard let source = message.address(.source), let destination = message.address(.destination),
            source.address.family == destination.address.family, let policy = message.policy
        else { throw .refusal(.invalid, "Two addresses of one family and a policy are needed.") }
        return (source, destination, policy)
    }

    private static func direction(_ policy: SADBPolicy) throws(SADBError) -> UInt8 {
        guard (1...lastDirection).contains(policy.direction) else {
            throw .refusal(.invalid, "There is no direction \(policy.direction).")
        }
        return policy.direction - 1
    }

    /// NEWPOLICY or UPDPOLICY.
    ///
    /// - Parameter freshRequestID: gives a request ID that no policy has.
    package func whole(
        _ type: UInt16, freshRequestID: () throws(SADBError) -> UInt32
    ) throws(SADBError) -> NetlinkRequest {
        let (source, destination, policy) = try parts()
        guard policy.type <= 2 else { throw .refusal(.invalid, "There is no policy type \(policy.type).") }
        let direction = try Self.direction(policy)
        var templates = NetlinkRequest(type: 0)
        if policy.type == 2 {
            try putTemplates(policy, source.address.family, freshRequestID, into: &templates)
        }
        var request = NetlinkRequest(type: type, capacity: 512)
        request.putSelector(source, destination)
        request.putLimits(KernelLimits(hard: message.lifetime(.hard), soft: message.lifetime(.soft)))
        request.put(policy.priority)
        request.put(UInt32(0))
        request.put(direction)
        request.put(policy.type == 0 ? XFRMValue.block : XFRMValue.allow)
        request.putZeros(6)
        if !templates.payload.isEmpty {
            request.putAttribute(XFRMAttribute.templates) { $0.put(templates.payload) }
        }
        request.putLabel(message.securityContext)
        return request
    }

    /// GETPOLICY or DELPOLICY, by selector.
    package func lookUpBySelector(_ type: UInt16) throws(SADBError) -> NetlinkRequest {
        let (source, destination, policy) = try parts()
        let direction = try Self.direction(policy)
        var request = NetlinkRequest(type: type)
        request.putSelector(source, destination)
        request.put(UInt32(0))
        request.put(direction)
        request.putZeros(3)
        request.putLabel(message.securityContext)
        return request
    }

    /// GETPOLICY or DELPOLICY, by the kernel's number.
    package func lookUp(_ type: UInt16) throws(SADBError) -> NetlinkRequest {
        guard let index = message.policy?.index else { throw .refusal(.invalid, "The policy is missing.") }
        let direction = UInt8(index & 7)
        guard direction < Self.lastDirection else {
            throw .refusal(.invalid, "The number \(index) is that of a socket's policy, or of no direction.")
        }
        // To the kernel 0 would mean that the selector tells.
        guard index != 0 else { throw .refusal(.noEntry, "No policy has the number 0.") }
        var request = NetlinkRequest(type: type)
        request.putZeros(KernelSize.selector)
        request.put(index)
        request.put(direction)
        request.putZeros(3)
        return request
    }
}

extension PolicyRequest {
    private func putTemplates(
        _ policy: SADBPolicy, _ family: AddressFamily, _ freshRequestID: () throws(SADBError) -> UInt32,
        into templates: inout NetlinkRequest
    ) throws(SADBError) {
        for (place, request) in try policy.requests.enumerated() {
            guard place < XFRMValue.templateLimit else {
                throw .refusal(.tooDeep, "The policy asks for more than 6 transformations.")
            }
            try put(request, policy, family, freshRequestID, into: &templates)
        }
    }

    /// Appends xfrm_user_tmpl.
    private func put(
        _ request: SADBPolicy.Request, _ policy: SADBPolicy, _ family: AddressFamily,
        _ freshRequestID: () throws(SADBError) -> UInt32, into templates: inout NetlinkRequest
    ) throws(SADBError) {
        // The kernel looks at the low octet alone.
        let protocolNumber = UInt8(truncatingIfNeeded: request.protocol)
        guard request.mode != 0, Self.isTransformation(protocolNumber) else {
            throw .refusal(.invalid, "A transformation needs a mode, and ESP, AH or IPComp.")
        }
        let mode = try KernelMode.kernel(number: request.mode)
        let isOptional = request.level == Self.use
        guard !isOptional || mode == 0 || policy.direction != Self.outbound else {
            throw .refusal(.invalid, "A tunnel cannot be left out on output.")
        }
        let requestID = request.level == Self.unique ? try Self.requestID(request, freshRequestID) : 0
        let tunnel = mode == KernelMode.tunnel ? try Self.tunnel(request) : nil
        templates.put(tunnel?.destination.address)
        templates.putZeros(4)
        templates.put(protocolNumber)
        templates.putZeros(3)
        templates.put((tunnel?.source.address.family ?? family).kernelNumber)
        templates.putZeros(2)
        templates.put(tunnel?.source.address)
        templates.put(requestID)
        templates.put(mode)
        templates.putZeros(1)
        templates.put(UInt8(isOptional ? 1 : 0))
        templates.putZeros(1)
        for _ in 0..<3 { templates.put(UInt32.max) }
    }

    private static func requestID(
        _ request: SADBPolicy.Request, _ fresh: () throws(SADBError) -> UInt32
    ) throws(SADBError) -> UInt32 {
        (1...maximumManualRequestID).contains(request.requestID) ? request.requestID : try fresh()
    }

    private static func tunnel(_ request: SADBPolicy.Request) throws(SADBError) -> SADBAddressPair {
        guard let tunnel = request.tunnel else {
            throw .refusal(.invalid, "A tunnel needs two addresses of one family.")
        }
        return tunnel
    }

    /// ESP, AH and IPComp, and the headers of Mobile IPv6.
    private static func isTransformation(_ number: UInt8) -> Bool {
        SecurityProtocol(rawValue: number) != nil || number == 43 || number == 60
    }
}
