/// The domain of interpretation every payload that names one must name (RFC 2407).
package enum DomainOfInterpretation {
    /// Sometimes used in phase 1 notifications (RFC 2408 section 3.4).
    package static let isakmp: UInt32 = 0
    package static let ipsec: UInt32 = 1
}

/// Protocol identifiers of RFC 2407 section 4.4.1.
package enum ProtocolID {
    package static let isakmp: UInt8 = 1
    package static let ah: UInt8 = 2
    package static let esp: UInt8 = 3
    package static let ipcomp: UInt8 = 4
}
