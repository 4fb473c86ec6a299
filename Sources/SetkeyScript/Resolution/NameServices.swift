package import IPsec

/// A host name to look up.
package struct NameQuery: Hashable, Sendable {
    package var name: String
    /// nil for both.
    package var family: AddressFamily?

    package init(name: String, family: AddressFamily? = nil) {
        self.name = name
        self.family = family
    }
}

/// Why a name was not found, in a sentence's second half: `the server does not answer`.
package struct NameFailure: Error, Hashable, Sendable {
    package var reason: String

    package init(_ reason: String) {
        self.reason = reason
    }
}

/// What a system knows of names; lookups may block.
package struct NameServices: Sendable {
    package var addresses: @Sendable (NameQuery) -> Result<[IPAddress], NameFailure>
    /// A UDP or TCP port by the name of its service.
    package var port: @Sendable (String) -> UInt16?
    /// A protocol that setkey has no word for.
    package var upperProtocol: @Sendable (String) -> UInt8?
    /// An interface's index by its name.
    package var interface: @Sendable (String) -> UInt32?

    package init(
        addresses: @escaping @Sendable (NameQuery) -> Result<[IPAddress], NameFailure>,
        port: @escaping @Sendable (String) -> UInt16?, upperProtocol: @escaping @Sendable (String) -> UInt8?,
        interface: @escaping @Sendable (String) -> UInt32?
    ) {
        self.addresses = addresses
        self.port = port
        self.upperProtocol = upperProtocol
        self.interface = interface
    }

    /// Knows no name at all.
    package static let none = NameServices(
        addresses: { _ in .failure(NameFailure("host names are not looked up")) }, port: { _ in nil },
        upperProtocol: { _ in nil }, interface: { _ in nil })
}
