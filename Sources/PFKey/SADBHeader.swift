package import IPsec
import Wire

/// What a PF_KEY message is for (RFC 2367 section 3.1 and Linux's additions).
package enum SADBMessageType: UInt8, Hashable, Sendable, CaseIterable {
    case getSPI = 1
    case update = 2
    case add = 3
    case delete = 4
    case get = 5
    case acquire = 6
    case register = 7
    case expire = 8
    case flush = 9
    case dump = 10
    case promiscuous = 11
    case pchange = 12
    case policyUpdate = 13
    case policyAdd = 14
    case policyDelete = 15
    case policyGet = 16
    case policyAcquire = 17
    case policyDump = 18
    case policyFlush = 19
    case policySetIndex = 20
    case policyExpire = 21
    /// Deletes by index.
    case policyDeleteByIndex = 22
    case mappingChanged = 23
    case migrate = 24
}

/// What kind of SA a message is about (RFC 2367 section 2.3.3); others than these name no protocol here.
package struct SADBSatype: Hashable, Sendable {
    package let value: UInt8

    package init(_ value: UInt8) {
        self.value = value
    }

    package static let unspecified = SADBSatype(0)
    package static let ah = SADBSatype(2)
    package static let esp = SADBSatype(3)
    package static let ipcomp = SADBSatype(9)
    /// The highest that has a meaning.
    package static let maximum: UInt8 = 9

    /// The satype of a protocol; nil is unspecified.
    package init(_ protocol: SecurityProtocol?) {
        switch `protocol` {
        case nil: self = .unspecified
        case .ah: self = .ah
        case .esp: self = .esp
        case .ipcomp: self = .ipcomp
        }
    }

    package var `protocol`: SecurityProtocol? {
        switch self {
        case .ah: .ah
        case .esp: .esp
        case .ipcomp: .ipcomp
        default: nil
        }
    }
}

/// The head of every message: 16 octets in host byte order (RFC 2367 section 2.3).
///
///      0                   1                   2                   3
///     +---------------+---------------+---------------+---------------+
///     |    version    |     type      |     errno     |    satype     |
///     +---------------+---------------+---------------+---------------+
///     |    length in units of 8       |           reserved            |
///     +---------------+---------------+---------------+---------------+
///     |                           sequence                            |
///     +---------------+---------------+---------------+---------------+
///     |                              pid                              |
///     +---------------+---------------+---------------+---------------+
package struct SADBHeader: Hashable, Sendable {
    package static let version: UInt8 = 2
    /// Octets.
    package static let size = 16
    /// Octets of the longest message that the length field can tell, and what may stand behind it unseen.
    package static let longestMessage = 65_535 * 8 + 7

    package var type: SADBMessageType
    package var error = SADBErrorNumber.none
    package var satype: SADBSatype
    /// 0 in requests; the number of references to a policy in what Linux tells of one.
    package var reserved: UInt16 = 0
    package var sequence: UInt32
    /// The process that asked; 0 for the database itself.
    package var process: UInt32

    package init(
        _ type: SADBMessageType, _ satype: SADBSatype = .unspecified, sequence: UInt32 = 0,
        process: UInt32 = 0
    ) {
        self.type = type
        self.satype = satype
        self.sequence = sequence
        self.process = process
    }

    /// Takes the header off `bytes` and returns it with the octets that it says the message has.
    ///
    /// - Throws: what a PF_KEY socket refuses in `send` itself.
    static func take(from bytes: inout Span<UInt8>) throws(SADBError) -> (header: SADBHeader, length: Int) {
        do {
            let fixed = (
                try bytes.takeUInt8(), try bytes.takeUInt8(), try bytes.takeUInt8(), try bytes.takeUInt8()
            )
            let length = Int(try bytes.takeHostUInt16()) * 8
            let reserved = try bytes.takeHostUInt16()
            let sequence = try bytes.takeHostUInt32()
            let process = try bytes.takeHostUInt32()
            let type = try type(version: fixed.0, number: fixed.1)
            var header = SADBHeader(type, SADBSatype(fixed.3), sequence: sequence, process: process)
            header.error = SADBErrorNumber(fixed.2)
            header.reserved = reserved
            return (header, length)
        } catch let error as SADBError {
            throw error
        } catch {
            throw SADBError(.header, .size, "A PF_KEY message has 16 octets or more; this one is shorter.")
        }
    }

    /// Reads the header of a request, by the rules by which Linux's `send` takes one.
    package init(checking bytes: Span<UInt8>) throws(SADBError) {
        var rest = bytes
        let (header, length) = try Self.take(from: &rest)
        guard header.reserved == 0 else {
            throw SADBError(.header, .invalid, "The header's reserved field is \(header.reserved), not 0.")
        }
        try Self.check(length, of: bytes.count)
        self = header
    }

    /// Up to 7 octets beyond the length are not seen here.
    static func check(_ length: Int, of count: Int) throws(SADBError) {
        guard length >= size, length / 8 == count / 8 else {
            throw SADBError(
                .header, .size, "The header says \(length) octets, and the message has \(count).")
        }
    }

    /// Where the error number is in a message.
    static let errorOffset = 2

    /// Sets the sequence number of an encoded message.
    static func setSequence(_ sequence: UInt32, in message: inout [UInt8]) {
        var writer = ByteWriter()
        writer.put(host: sequence)
        guard message.count >= size else { return }
        message.replaceSubrange(8..<12, with: writer.bytes)
    }

    private static func type(version: UInt8, number: UInt8) throws(SADBError) -> SADBMessageType {
        guard version == Self.version else {
            throw SADBError(
                .header, .invalid, "PF_KEY version 2 is spoken here; the message says \(version).")
        }
        guard let type = SADBMessageType(rawValue: number) else {
            throw SADBError(
                .header, .invalid, "There is no PF_KEY message type \(number); 1 to 24 are known.")
        }
        return type
    }

    func put(length: UInt16, into writer: inout ByteWriter) {
        writer.put(Self.version)
        writer.put(type.rawValue)
        writer.put(error.value)
        writer.put(satype.value)
        writer.put(host: length)
        writer.put(host: reserved)
        writer.put(host: sequence)
        writer.put(host: process)
    }
}
