package import IPsec
package import SourceText

/// A statement of a setkey file.
package struct Statement: Sendable {
    /// What is asked for.
    package enum Kind: Sendable, Hashable {
        case addPolicy(PolicyStatement)
        case updatePolicy(PolicyStatement)
        /// The policy's direction counts; what it does need not be stated.
        case deletePolicy(Selector, PolicyDirection)
        case flushPolicies
        case dumpPolicies
        /// A statement about security associations, by its keyword.
        case association(String)
        case flushAssociations
        case dumpAssociations
        /// `exit`, `quit` or `bye`: nothing behind it counts.
        case exit
    }

    package var kind: Kind
    /// The keyword.
    package var location: SourceLocation
}

/// What `spdadd` and `spdupdate` state.
package struct PolicyStatement: Sendable, Hashable {
    package var selector: Selector
    package var direction: PolicyDirection
    package var action: PolicyAction
    /// The lowest number wins.
    package var priority: UInt32
}

/// What is done with the packets, as written.
package enum PolicyAction: Sendable, Hashable {
    case discard
    /// setkey's `none`: pass without protection.
    case bypass
    /// setkey's `ipsec`, innermost first.
    case protect([PolicyRequest])
}

/// `protocol/mode/source-destination/level`.
package struct PolicyRequest: Sendable, Hashable {
    package enum Level: Sendable, Hashable {
        case use
        case require
        /// A request ID of 0 is one that the system chooses.
        case unique(requestID: UInt32)
    }

    package var `protocol`: SecurityProtocol
    package var mode: EncapsulationMode
    package var source: IPAddress?
    package var destination: IPAddress?
    package var level: Level
}
