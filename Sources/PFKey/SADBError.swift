import Wire

/// Why a PF_KEY message could not be understood, and the error number that answers it.
package struct SADBError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The header itself is wrong: `send` on a real PF_KEY socket fails, and nothing is answered.
        case header
        /// An extension is wrong, doubled or missing.
        case malformed
        /// The message is well formed and asks for what there is not.
        case unsupported
    }

    package var kind: Kind
    /// The error number of Linux.
    package var number: SADBErrorNumber
    /// A sentence: which extension, what was found, what was expected.
    package var explanation: String

    package init(_ kind: Kind, _ number: SADBErrorNumber, _ explanation: String) {
        self.kind = kind
        self.number = number
        self.explanation = explanation
    }

    package var description: String { explanation }

    /// An extension that is not as it must be.
    static func malformed(_ type: SADBExtensionType, _ what: String) -> SADBError {
        SADBError(.malformed, .invalid, "The extension \(type.name) \(what).")
    }

    /// An extension that ends too early.
    static func malformed(_ type: SADBExtensionType, _ error: WireError) -> SADBError {
        switch error {
        case .truncated(let needed, let available):
            malformed(type, "is too short: \(needed) octets are needed where \(available) are left")
        case .fieldOverflow(let value, let maximum):
            malformed(type, "holds \(value) where \(maximum) is the most that fits")
        }
    }

    static func missing(_ type: SADBExtensionType) -> SADBError {
        SADBError(.malformed, .invalid, "The extension \(type.name) is missing.")
    }
}

/// An error number as Linux counts them, in a message's header; the ones with a name are those we send.
package struct SADBErrorNumber: Hashable, Sendable {
    package let value: UInt8

    package init(_ value: UInt8) {
        self.value = value
    }

    package static let none = SADBErrorNumber(0)
    /// EPERM.
    package static let notPermitted = SADBErrorNumber(1)
    /// ENOENT: no such policy, and nothing to dump.
    package static let noEntry = SADBErrorNumber(2)
    /// ESRCH: no such SA.
    package static let noAssociation = SADBErrorNumber(3)
    /// EIO.
    package static let databaseFailed = SADBErrorNumber(5)
    /// EBUSY: a dump is running.
    package static let busy = SADBErrorNumber(16)
    /// EEXIST.
    package static let exists = SADBErrorNumber(17)
    /// EINVAL.
    package static let invalid = SADBErrorNumber(22)
    /// ENOSYS: an algorithm that is not there.
    package static let noAlgorithm = SADBErrorNumber(38)
    /// ELOOP: too many requests in a policy.
    package static let tooDeep = SADBErrorNumber(40)
    /// EMSGSIZE.
    package static let size = SADBErrorNumber(90)
    /// EPROTONOSUPPORT.
    package static let noProtocol = SADBErrorNumber(93)
    /// EAFNOSUPPORT.
    package static let noFamily = SADBErrorNumber(97)
    /// ENOBUFS.
    package static let noBuffers = SADBErrorNumber(105)
    /// EOPNOTSUPP.
    package static let notSupported = SADBErrorNumber(95)
}
