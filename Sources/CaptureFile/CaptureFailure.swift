/// Why a capture cannot be read further: what stands where, and what should stand there.
package struct CaptureFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a program does about it depends on this.
    package enum Kind: Hashable, Sendable {
        /// The octets could not be had at all; `found` is the system's sentence.
        case unreadable
        /// The file is no capture of a form that is read here.
        case notACapture
        /// A record contradicts itself or the file's form.
        case malformed
        /// The file ends inside a record: what came before is whole.
        case cutShort
    }

    package let kind: Kind
    /// The record, from 1; 0 for the file's header.
    package let record: UInt64
    /// Octets of the file before it.
    package let offset: UInt64
    package let found: String
    package let expected: String

    package init(_ kind: Kind, record: UInt64 = 0, offset: UInt64 = 0, found: String, expected: String = "") {
        self.kind = kind
        self.record = record
        self.offset = offset
        self.found = found
        self.expected = expected
    }

    /// `record 3 at octet 120: found a packet of 70000000 octets, expected at most 262144`.
    package var description: String {
        guard kind != .unreadable else { return found }
        let place = record == 0 ? "octet \(offset)" : "record \(record) at octet \(offset)"
        return "\(place): found \(found), expected \(expected)"
    }
}
