package import IPsec
package import SourceText

/// An address or a host name, as written.
package struct HostReference: Sendable {
    package enum Form: Hashable, Sendable {
        case address(IPAddress)
        /// With an interface's name or number behind `%`.
        case scoped(IPAddress, interface: String)
        case name(String)
    }

    package var form: Form
    package var location: SourceLocation

    package init(_ form: Form, at location: SourceLocation) {
        self.form = form
        self.location = location
    }
}

/// What stands between `[` and `]` behind an address.
package enum PortReference: Hashable, Sendable {
    case any
    /// Host byte order.
    case number(UInt16)
    /// A name of /etc/services.
    case service(String)

    /// Whether it stands for any port, as 0 does.
    var isWildcard: Bool { self == .any || self == .number(0) }
}

/// `ADDRESS[PORT]`, an end of an SA.
package struct EndpointReference: Sendable {
    package var host: HostReference
    /// nil where none is written.
    package var port: PortReference?

    package init(host: HostReference, port: PortReference? = nil) {
        self.host = host
        self.port = port
    }
}

/// `ADDRESS/LENGTH[PORT]`, an end of a policy's traffic.
package struct RangeReference: Sendable {
    package var host: HostReference
    /// Leading bits; nil for the host alone.
    package var prefixLength: Int?
    package var port: PortReference?

    package init(host: HostReference, prefixLength: Int? = nil, port: PortReference? = nil) {
        self.host = host
        self.prefixLength = prefixLength
        self.port = port
    }
}

/// How host names may be looked up: setkey's `-4`, `-6` and `-n`.
package struct NameRestriction: Hashable, Sendable {
    /// nil for both.
    package var family: AddressFamily?
    package var isNumericOnly: Bool

    package init(family: AddressFamily? = nil, isNumericOnly: Bool = false) {
        self.family = family
        self.isNumericOnly = isNumericOnly
    }
}
