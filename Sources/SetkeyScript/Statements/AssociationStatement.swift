package import Algorithms
package import IPsec
package import KeyMaterial
package import SourceText

/// setkey's words for what an SA is.
package enum AssociationProtocol: String, Hashable, Sendable, CaseIterable {
    /// Nothing is written: every protocol.
    case any = ""
    case esp
    /// RFC 1827's form, without sequence numbers.
    case oldESP = "esp-old"
    case espInUDP = "esp-udp"
    case ah
    /// RFC 1826's form, without sequence numbers.
    case oldAH = "ah-old"
    case ipcomp
    /// The TCP MD5 signature of BSD systems.
    case tcp
}

/// What `add`, `get`, `getspi` and `delete` state of an SA.
package struct AssociationStatement: Sendable {
    package var names = NameRestriction()
    package var source: EndpointReference
    package var destination: EndpointReference
    package var `protocol`: AssociationProtocol
    /// The address before a NAT, behind `esp-udp`.
    package var originalAddress: HostReference?
    package var spi: UInt32
    package var spiLocation: SourceLocation
    package var extensions = AssociationExtensions()
    package var algorithms = StatedAlgorithms()

    package init(
        source: EndpointReference, destination: EndpointReference, protocol: AssociationProtocol,
        originalAddress: HostReference? = nil, spi: UInt32, spiLocation: SourceLocation
    ) {
        self.source = source
        self.destination = destination
        self.protocol = `protocol`
        self.originalAddress = originalAddress
        self.spi = spi
        self.spiLocation = spiLocation
    }
}

/// What `deleteall` states: every SA from one address to another.
package struct AssociationGroup: Sendable {
    package var names: NameRestriction
    package var source: HostReference
    package var destination: HostReference
    package var `protocol`: AssociationProtocol
}

/// What is written of an SA between its SPI and its algorithms.
package struct AssociationExtensions: Sendable {
    /// What ESP's padding octets hold (`-f`).
    package enum Padding: String, Hashable, Sendable, CaseIterable {
        case zero = "zero-pad"
        case random = "random-pad"
        case sequence = "seq-pad"
    }

    /// nil where none is stated, and for `-m any`.
    package var mode: EncapsulationMode?
    package var requestID: UInt32 = 0
    package var replay = SADEntry.ReplayProtection()
    package var lifetime = Lifetime.unlimited
    package var padding: Padding?
    /// `-f nocyclic-seq`: sequence numbers never start again.
    package var refusesCyclicSequence = false
    /// `-esp_frag`: octets that packets are fragmented to before they go into UDP.
    package var fragmentSize: UInt16?
    package var acquireSequence: UInt32 = 0
    package var selector: Selector?
    /// How ESP is carried where that is not the UDP of `esp-udp`.
    package var encapsulation: SADEntry.Encapsulation.Kind?
    package var offload: OffloadReference?
    /// Options that need nothing looked up.
    package var options = SAOptions()
    /// `-ctx`, where it is written.
    package var contextLocation: SourceLocation?

    package init() {}
}

/// The network interface that shall do work, by name or number.
package struct OffloadReference: Sendable {
    package var interface: String
    package var direction: Direction
    package var extent: HardwareOffload.Extent
    package var location: SourceLocation
}

/// `-E`, `-A` and `-C`.
package struct StatedAlgorithms: Sendable {
    package var encryption: StatedCipher?
    package var integrity: StatedIntegrity?
    package var compression: StatedCompression?
    /// `-o icv=BITS`: the ICV in a packet where it is not what the algorithm's name says.
    package var icvBits: Int?
    package var icvLocation: SourceLocation?

    package init() {}
}

/// `-E NAME KEY`.
package struct StatedCipher: Sendable {
    package var algorithm: AlgorithmReference<EncryptionAlgorithm>
    /// As written.
    package var word: String
    /// The key, then the salt where the cipher has one; empty for the null cipher.
    package var key: SecretKey
    package var location: SourceLocation
}

/// `-A NAME KEY`.
package struct StatedIntegrity: Sendable {
    /// nil for `null`.
    package var algorithm: AlgorithmReference<IntegrityAlgorithm>?
    /// As written.
    package var word: String
    package var key: SecretKey
    package var location: SourceLocation
}

/// `-C NAME [-R]`.
package struct StatedCompression: Sendable {
    package var algorithm: AlgorithmReference<CompressionAlgorithm>
    /// As written.
    package var word: String
    package var location: SourceLocation
    /// `-R`: the SPI is the CPI on the wire, which it is on Linux in any case.
    package var usesRawCPI = false
}
