import ISAKMP
import Negotiation

/// The lifetime of an SA as attributes say it: pairs of a type and a duration (RFC 2407 section 4.5).
struct LifeAttributes {
    var lifetime: Duration?
    var kilobytes: UInt64?
    /// Whether each duration follows its type, as it must.
    var isValid = true

    static let seconds: UInt64 = 1
    static let kilobytesType: UInt64 = 2

    init(_ attributes: [DataAttribute], type: UInt16, duration: UInt16) {
        var unit: UInt64?
        for attribute in attributes {
            if attribute.type == type {
                unit = attribute.number
            } else if attribute.type == duration {
                read(attribute.number, unit: unit)
                unit = nil
            }
        }
    }

    private mutating func read(_ number: UInt64?, unit: UInt64?) {
        guard let number, number > 0 else {
            isValid = false
            return
        }
        switch unit {
        case Self.seconds: lifetime = .seconds(Int64(clamping: min(number, Self.longest)))
        case Self.kilobytesType: kilobytes = min(number, Self.longest)
        case .none: isValid = false
        // A kind of lifetime we do not know limits nothing here.
        case .some: break
        }
    }

    /// Whole seconds for an attribute, at least one.
    static func count(_ lifetime: Duration) -> UInt64 {
        UInt64(clamping: max(1, lifetime.components.seconds))
    }

    /// Lifetimes are cut off here, so that no arithmetic on them can overflow.
    private static let longest: UInt64 = 1 << 32
}
