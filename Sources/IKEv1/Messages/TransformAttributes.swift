import ISAKMP

/// The attributes of one transform, looked up by class; whatever is wrong with them is kept in words.
struct TransformAttributes {
    /// What a transform says about one class.
    enum Value {
        case absent
        case number(UInt16)
        /// Said twice, or in the wrong shape.
        case malformed(String)
    }

    /// Longest lifetime that is told apart: 32 bits of seconds, 136 years.
    static let longestLifetime = UInt64(UInt32.max)

    private let attributes: [DataAttribute]
    private(set) var seconds: UInt64?
    private(set) var kilobytes: UInt64?
    /// Why the transform cannot be taken, though nothing it names by number is unknown.
    private(set) var defect: String?

    /// - Parameters:
    ///   - basic: the classes that mean something here, all of two octets (RFC 2407 section 4.5, RFC 2409
    ///     appendix A); any other makes the transform unacceptable.
    ///   - lifeType: the class whose value says what the life duration after it counts.
    init(_ attributes: [DataAttribute], basic: [UInt16], lifeType: UInt16, lifeDuration: UInt16) {
        self.attributes = attributes
        var unit: UInt16?
        for attribute in attributes {
            switch attribute.type {
            case lifeType:
                if unit != nil { defect = "a life type without a duration" }
                unit = Self.shortNumber(attribute)
                if unit == nil { defect = "a life type that is not of two octets" }
            case lifeDuration:
                readLifetime(attribute, unit: unit)
                unit = nil
            case let type:
                if !basic.contains(type) { defect = "unknown attribute \(type)" }
            }
        }
        if unit != nil { defect = "a life type without a duration" }
    }

    /// What is said about one of the classes that mean something.
    subscript(type: UInt16) -> Value {
        guard let first = attributes.firstIndex(where: { $0.type == type }) else { return .absent }
        let isRepeated = attributes[(first + 1)...].contains { $0.type == type }
        guard !isRepeated else { return .malformed("said twice") }
        switch attributes[first].value {
        case .basic(let number): return .number(number)
        case .variable: return .malformed("not of two octets")
        }
    }

    /// The seconds as a duration; nil where the transform names none.
    var lifetime: Duration? {
        seconds.map { .seconds(Int64(clamping: min($0, Self.longestLifetime))) }
    }

    private mutating func readLifetime(_ attribute: DataAttribute, unit: UInt16?) {
        guard let number = attribute.number, number > 0 else {
            defect = "a life duration of 0 or beyond 64 bits"
            return
        }
        switch unit {
        case 1? where seconds == nil: seconds = number
        case 2? where kilobytes == nil: kilobytes = number
        case 1?, 2?: defect = "a life type said twice"
        case let other?: defect = "unknown life type \(other)"
        case nil: defect = "a life duration without a type"
        }
    }

    private static func shortNumber(_ attribute: DataAttribute) -> UInt16? {
        switch attribute.value {
        case .basic(let number): number
        case .variable: nil
        }
    }
}
