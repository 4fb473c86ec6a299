import Wire

/// One extension of a message; which is which is said by the case and by the role inside.
package enum SADBExtension: Sendable {
    case association(SADBAssociation)
    case association2(SADBAssociation2)
    case lifetime(SADBLifetime.Kind, SADBLifetime)
    case address(SADBAddress.Role, SADBAddress)
    case key(SADBKey.Role, SADBKey)
    case identity(SADBIdentity.Role, SADBIdentity)
    case sensitivity(SADBSensitivity)
    case proposal(SADBProposal)
    case supported(SADBSupported.Kind, SADBSupported)
    case spiRange(SADBSPIRange)
    case policy(SADBPolicy)
    /// How ESP is carried: 2 for UDP (`UDP_ENCAP_…`).
    case natTraversalType(UInt8)
    case natTraversalPort(SADBPortRole, UInt16)
    case securityContext(SADBSecurityContext)
    case keyManagerAddress(SADBAddressPair)
    case filter(SADBFilter)
    /// Why a request was refused, for a person.
    case explanation(String)
    /// One we know no meaning of: its number, and its octets after length and number.
    case foreign(UInt16, [UInt8])

    /// The type; nil where the number is unknown.
    package var type: SADBExtensionType? {
        switch self {
        case .association: .association
        case .association2: .association2
        case .lifetime(let kind, _): kind.type
        case .address(let role, _): role.type
        case .key(let role, _): role.type
        case .identity(let role, _): role.type
        case .sensitivity: .sensitivity
        case .proposal: .proposal
        case .supported(let kind, _): kind.type
        case .spiRange: .spiRange
        case .policy: .policy
        case .natTraversalType: .natTraversalType
        case .natTraversalPort(let role, _): role.type
        case .securityContext: .securityContext
        case .keyManagerAddress: .keyManagerAddress
        case .filter: .filter
        case .explanation: .explanation
        case .foreign(let number, _): SADBExtensionType(rawValue: number)
        }
    }

    /// The number on the wire.
    package var number: UInt16 {
        if case .foreign(let number, _) = self { return number }
        return type?.rawValue ?? 0
    }

    /// Reads the octets after length and number, by Linux's rules.
    ///
    /// What is longer than its structure is read as far as that goes. What no request of Linux looks into is kept
    /// as it came where it cannot be read.
    ///
    /// - Throws: an error that names the extension and what is wrong with it.
    init(_ type: SADBExtensionType, _ body: Span<UInt8>) throws(SADBError) {
        guard body.count + 4 >= type.minimumSize else {
            throw .malformed(
                type, "is too short: \(type.minimumSize) octets are needed where \(body.count + 4) are there")
        }
        var rest = body
        do {
            self = try Self.read(type, &rest)
        } catch let error as SADBError {
            guard type.isOpaqueToLinux else { throw error }
            self = .foreign(type.rawValue, body.array)
        } catch {
            guard type.isOpaqueToLinux else {
                throw (error as? WireError).map { .malformed(type, $0) } ?? .malformed(type, "cannot be read")
            }
            self = .foreign(type.rawValue, body.array)
        }
    }

    private static func read(_ type: SADBExtensionType, _ body: inout Span<UInt8>) throws -> SADBExtension {
        switch type {
        case .association: .association(try SADBAssociation(&body))
        case .association2: .association2(try SADBAssociation2(&body))
        case .lifetimeCurrent: .lifetime(.current, try SADBLifetime(&body))
        case .lifetimeHard: .lifetime(.hard, try SADBLifetime(&body))
        case .lifetimeSoft: .lifetime(.soft, try SADBLifetime(&body))
        case .addressSource: .address(.source, try SADBAddress(type, &body))
        case .addressDestination: .address(.destination, try SADBAddress(type, &body))
        case .addressProxy: .address(.proxy, try SADBAddress(type, &body))
        case .natTraversalOriginalAddress: .address(.original, try SADBAddress(type, &body))
        case .keyAuthentication: .key(.authentication, try SADBKey(type, &body))
        case .keyEncryption: .key(.encryption, try SADBKey(type, &body))
        case .identitySource: .identity(.source, try SADBIdentity(&body))
        case .identityDestination: .identity(.destination, try SADBIdentity(&body))
        case .sensitivity: .sensitivity(try SADBSensitivity(&body))
        case .proposal: .proposal(try SADBProposal(&body))
        case .supportedAuthentication: .supported(.authentication, try SADBSupported(&body))
        case .supportedEncryption: .supported(.encryption, try SADBSupported(&body))
        case .spiRange: .spiRange(try SADBSPIRange(&body))
        case .policy: .policy(try SADBPolicy(&body))
        case .natTraversalType: .natTraversalType(try readType(&body))
        case .natTraversalSourcePort: .natTraversalPort(.source, try readPort(&body))
        case .natTraversalDestinationPort: .natTraversalPort(.destination, try readPort(&body))
        case .securityContext: .securityContext(try SADBSecurityContext(&body))
        case .keyManagerAddress: .keyManagerAddress(try SADBAddressPair(type, &body))
        case .filter: .filter(try SADBFilter(&body))
        case .explanation: .explanation(try readExplanation(&body))
        case .privateToKeyManager: .foreign(type.rawValue, body.takeRemainingBytes())
        }
    }

    /// Writes the octets after length and number, padding apart.
    func put(into writer: inout ByteWriter) {
        switch self {
        case .association(let value): value.put(into: &writer)
        case .association2(let value): value.put(into: &writer)
        case .lifetime(_, let value): value.put(into: &writer)
        case .address(_, let value): value.put(into: &writer)
        case .key(_, let value): value.put(into: &writer)
        case .identity(_, let value): value.put(into: &writer)
        case .sensitivity(let value): value.put(into: &writer)
        case .proposal(let value): value.put(into: &writer)
        case .supported(_, let value): value.put(into: &writer)
        case .spiRange(let value): value.put(into: &writer)
        case .policy(let value): value.put(into: &writer)
        case .natTraversalType(let value):
            writer.put(value)
            writer.putZeros(3)
        case .natTraversalPort(_, let port):
            writer.put(port)
            writer.putZeros(2)
        case .securityContext(let value): value.put(into: &writer)
        case .keyManagerAddress(let value): value.put(into: &writer)
        case .filter(let value): value.put(into: &writer)
        case .explanation(let text):
            writer.put(host: UInt32(truncatingIfNeeded: text.utf8.count))
            writer.put(Array(text.utf8))
        case .foreign(_, let octets): writer.put(octets)
        }
    }

    private static func readType(_ body: inout Span<UInt8>) throws(WireError) -> UInt8 {
        let value = try body.takeUInt8()
        try body.skip(3)
        return value
    }

    /// Ports are in network byte order, as in a UDP header.
    private static func readPort(_ body: inout Span<UInt8>) throws(WireError) -> UInt16 {
        let value = try body.takeUInt16()
        try body.skip(2)
        return value
    }

    private static func readExplanation(_ body: inout Span<UInt8>) throws(WireError) -> String {
        let count = Int(try body.takeHostUInt32())
        let text = String(decoding: try body.takeBytes(count), as: UTF8.self)
        try body.skipPadding()
        return text
    }
}

/// Which port a NAT traversal extension tells.
package enum SADBPortRole: Hashable, Sendable {
    case source
    case destination

    var type: SADBExtensionType {
        switch self {
        case .source: .natTraversalSourcePort
        case .destination: .natTraversalDestinationPort
        }
    }
}

extension SADBExtensionType {
    /// Octets that an extension has at least, its length and number included.
    fileprivate var minimumSize: Int {
        switch self {
        case .lifetimeCurrent, .lifetimeHard, .lifetimeSoft: 32
        case .filter: 40
        case .association, .identitySource, .identityDestination, .sensitivity, .spiRange, .policy,
            .association2:
            16
        case .addressSource, .addressDestination, .addressProxy, .keyAuthentication, .keyEncryption,
            .proposal, .supportedAuthentication, .supportedEncryption, .privateToKeyManager,
            .natTraversalType, .natTraversalSourcePort, .natTraversalDestinationPort,
            .natTraversalOriginalAddress, .securityContext, .keyManagerAddress, .explanation:
            8
        }
    }

    /// Whether requests with anything in it are taken.
    ///
    /// The key managers' addresses are looked at in a migration alone.
    fileprivate var isOpaqueToLinux: Bool {
        switch self {
        case .identitySource, .identityDestination, .sensitivity, .proposal, .supportedAuthentication,
            .supportedEncryption, .keyManagerAddress, .privateToKeyManager, .explanation:
            true
        default: false
        }
    }
}

extension Span where Element == UInt8 {
    /// Skips what fills an extension up to a multiple of 8 octets: less than 8 are left then.
    mutating func skipPadding() throws(WireError) {
        guard count < 8 else { throw .fieldOverflow(value: count, maximum: 7) }
        try skip(count)
    }
}
