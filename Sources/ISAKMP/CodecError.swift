public import Wire

/// Why octets are not an IKE message, or a message cannot be written: where, and what was expected there.
///
/// - Parameter Kind: the payload types of the IKE version.
@usableFromInline
package struct CodecError<Kind: Hashable & Sendable & CustomStringConvertible>: Error, Hashable, Sendable {
    @usableFromInline package enum Place: Hashable, Sendable {
        case header
        /// The payloads as a sequence; the position is octets from the end of the header.
        case payloads
        /// The body of a payload; positions are octets from the start of the body.
        case payload(Kind)
    }

    @usableFromInline package enum Reason: Hashable, Sendable {
        case wire(WireError)
        case chain(ChainError)
        case majorVersion(UInt8, expected: UInt8)
        /// The header's length is not the datagram's; both in octets.
        case lengthMismatch(header: UInt32, datagram: Int)
        /// The message is encrypted where it should be in clear, or the other way round.
        case encryption(expected: Bool)
        /// Another domain of interpretation than IPsec.
        case domainOfInterpretation(UInt32)
        /// Another situation than SIT_IDENTITY_ONLY.
        case situation(UInt32)
        /// A field has a value it must not have.
        case field(String, found: UInt64, expected: String)
        /// A field has a size it must not have; octets.
        case size(String, found: Int, expected: String)
        /// The content contradicts itself or cannot be expressed.
        case content(String)
    }

    @usableFromInline package var place: Place
    @usableFromInline package var reason: Reason

    @inlinable package init(_ place: Place, _ reason: Reason) {
        self.place = place
        self.reason = reason
    }
}

extension CodecError: CustomStringConvertible {
    /// A sentence without a full stop: `nonce payload: nonce has 4 octets, expected 8 to 256`.
    @usableFromInline package var description: String {
        switch place {
        case .header: "header: \(reason)"
        case .payloads: "payloads: \(reason)"
        case .payload(let type): "\(type) payload: \(reason)"
        }
    }
}

extension CodecError.Reason: CustomStringConvertible {
    @usableFromInline package var description: String {
        switch self {
        case .wire(.truncated(let needed, let available)):
            "\(needed) octets are needed, \(available) are left"
        case .wire(.fieldOverflow(let value, let maximum)):
            "\(value) does not fit a field that holds at most \(maximum)"
        case .chain(let error):
            error.description
        case .majorVersion(let version, let expected):
            "major version \(version), expected \(expected)"
        case .lengthMismatch(let header, let datagram):
            "length \(header), but the datagram has \(datagram) octets"
        case .encryption(let expected):
            expected ? "in clear, expected encrypted" : "encrypted, expected in clear"
        case .domainOfInterpretation(let number):
            "domain of interpretation \(number), expected 1 (IPsec)"
        case .situation(let bits):
            "situation \(bits), expected 1 (identity only)"
        case .field(let name, let found, let expected):
            "\(name) is \(found), expected \(expected)"
        case .size(let name, let found, let expected):
            "\(name) has \(found) octets, expected \(expected)"
        case .content(let sentence):
            sentence
        }
    }
}

extension CodecError {
    /// Reads a payload body to its end with `read`, naming the payload in whatever goes wrong.
    @inlinable package static func reading<Value>(
        _ type: Kind, _ body: Span<UInt8>, _ read: (inout Span<UInt8>) throws(WireError) -> Value
    ) throws(CodecError) -> Value {
        var rest = body
        do {
            return try read(&rest)
        } catch {
            throw CodecError(.payload(type), .wire(error))
        }
    }

    /// Writes a payload body with `write`, naming the payload in whatever goes wrong.
    @inlinable package static func writing(
        _ type: Kind, to writer: inout ByteWriter, _ write: (inout ByteWriter) throws(WireError) -> Void
    ) throws(CodecError) {
        do {
            try write(&writer)
        } catch {
            throw CodecError(.payload(type), .wire(error))
        }
    }
}
