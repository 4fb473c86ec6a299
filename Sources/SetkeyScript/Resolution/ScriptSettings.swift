/// How statements are meant where setkey's language leaves a choice.
package struct ScriptSettings: Hashable, Sendable {
    /// Whether policies for `in` are also made for `fwd`.
    package enum ForwardCopies: Hashable, Sendable {
        /// As setkey does.
        case made
        /// setkey's `-k`: policies are exactly as given.
        case none
    }

    /// What is done with SPIs of 1 to 255, which IANA keeps.
    package enum ReservedSPIs: Hashable, Sendable {
        case refused
        case allowed
    }

    /// Bits of ICV that `hmac-sha256` stands for.
    package enum SHA256Truncation: Int, Hashable, Sendable {
        /// RFC 4868.
        case bits128 = 128
        /// What Linux's PF_KEY makes of it.
        case bits96 = 96
    }

    /// Which host names are looked up.
    package enum Names: Hashable, Sendable {
        case lookedUp
        /// Addresses alone, whatever a statement says.
        case numericOnly
    }

    package var forwardCopies = ForwardCopies.made
    package var reservedSPIs = ReservedSPIs.refused
    package var sha256Truncation = SHA256Truncation.bits128
    package var names = Names.lookedUp
    /// The first of the request IDs that `unique` without a number gets.
    package var firstFreeRequestID = RequestIDs.first

    package init() {}
}
