/// A security association as a SAD holds it: all that setkey, PF_KEY and XFRM can say of one.
///
/// `SecurityAssociation` is what a negotiation asks for; this is what an administrator reads and writes.
package struct SADEntry: Sendable {
    package var id: SecurityAssociationID
    package var source: IPAddress
    /// nil where none is stated (setkey's `any`, which kernels keep as transport).
    package var mode: EncapsulationMode?
    /// Ties the SA to the policies whose templates carry the same number; 0 for none.
    package var requestID: UInt32 = 0
    /// What inner packets must match; nil for any.
    package var selector: Selector?
    package var transform: SATransform
    package var encapsulation: Encapsulation?
    package var replay = ReplayProtection()
    package var lifetime = Lifetime.unlimited
    /// What is taken as used already; nil for nothing, which is what a new SA starts with.
    package var initialUsage: EntryUsage?
    /// The number of the ACQUIRE this answers or came from; 0 for none.
    package var acquireSequence: UInt32 = 0
    package var options = SAOptions()

    package init(
        id: SecurityAssociationID, source: IPAddress, mode: EncapsulationMode?, transform: SATransform
    ) {
        self.id = id
        self.source = source
        self.mode = mode
        self.transform = transform
    }

    /// What carries ESP beyond IP.
    package struct Encapsulation: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            /// RFC 3948.
            case udp
            /// The draft form with 8 zero octets before ESP, which recent kernels dropped.
            case udpNonIKE
            /// RFC 8229 and RFC 9329.
            case tcp
            case foreign(UInt16)
        }

        package var kind: Kind
        /// The ports as on the wire from the SA's source to its destination.
        package var ports: UDPEncapsulation
        /// The address before a NAT (NAT-OA), which kernels store and do not use.
        package var originalAddress: IPAddress?

        package init(_ kind: Kind, ports: UDPEncapsulation, originalAddress: IPAddress? = nil) {
            self.kind = kind
            self.ports = ports
            self.originalAddress = originalAddress
        }
    }

    /// How repeated packets are found, and how sequence numbers are counted.
    package struct ReplayProtection: Hashable, Sendable {
        /// Packets; 0 for no check.
        package var window: UInt32
        package var usesExtendedSequenceNumbers: Bool
        /// The last sequence number sent and the highest received; the high halves are 0 without ESN.
        package var outboundSequence: UInt64
        package var inboundSequence: UInt64
        /// Which of the last packets came, in words of 32, as the database keeps them; empty for none yet.
        package var bitmap: [UInt32] = []

        package init(
            window: UInt32 = 0, usesExtendedSequenceNumbers: Bool = false, outboundSequence: UInt64 = 0,
            inboundSequence: UInt64 = 0
        ) {
            self.window = window
            self.usesExtendedSequenceNumbers = usesExtendedSequenceNumbers
            self.outboundSequence = outboundSequence
            self.inboundSequence = inboundSequence
        }
    }
}
