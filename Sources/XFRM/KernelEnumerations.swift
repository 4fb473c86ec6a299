package import IPsec

extension AddressFamily {
    /// AF_INET or AF_INET6.
    package var kernelNumber: UInt16 { self == .ipv4 ? 2 : 10 }

    package init?(kernelNumber: UInt16) {
        switch kernelNumber {
        case 2: self = .ipv4
        case 10: self = .ipv6
        default: return nil
        }
    }
}

extension EncapsulationMode {
    var kernelNumber: UInt8 {
        switch self {
        case .transport: 0
        case .tunnel: 1
        case .beet: 4
        case .iptfs: 5
        }
    }

    init?(kernelNumber: UInt8) {
        switch kernelNumber {
        case 0: self = .transport
        case 1: self = .tunnel
        case 4: self = .beet
        case 5: self = .iptfs
        default: return nil
        }
    }
}

extension SADEntry.Encapsulation.Kind {
    var kernelNumber: UInt16 {
        switch self {
        case .udpNonIKE: XFRMValue.udpNonIKE
        case .udp: XFRMValue.espInUDP
        case .tcp: XFRMValue.espInTCP
        case .foreign(let number): number
        }
    }

    init(kernelNumber: UInt16) {
        switch kernelNumber {
        case XFRMValue.udpNonIKE: self = .udpNonIKE
        case XFRMValue.espInUDP: self = .udp
        case XFRMValue.espInTCP: self = .tcp
        default: self = .foreign(kernelNumber)
        }
    }
}

extension SAFlag {
    /// The bit in the SA's own structure; nil for what is in the attribute of extra flags.
    var plainBit: UInt8? {
        switch self {
        case .noECN: 1
        case .decapsulateDSCP: 2
        case .noPMTUDiscovery: 4
        case .wildcardReceive: 8
        case .icmp: 16
        case .anyFamily: 32
        case .align4: 64
        case .noEncapsulateDSCP, .sequenceMayWrap: nil
        }
    }

    /// The bit in the attribute of extra flags.
    var extraBit: UInt32? {
        switch self {
        case .noEncapsulateDSCP: 1
        case .sequenceMayWrap: 2
        case .noECN, .decapsulateDSCP, .noPMTUDiscovery, .wildcardReceive, .icmp, .anyFamily, .align4: nil
        }
    }
}

extension Set<SAFlag> {
    var plainBits: UInt8 { reduce(0) { $0 | ($1.plainBit ?? 0) } }
    var extraBits: UInt32 { reduce(0) { $0 | ($1.extraBit ?? 0) } }

    init(plainBits: UInt8) {
        self = []
        guard plainBits != 0 else { return }
        formUnion(SAFlag.allCases.filter { plainBits & ($0.plainBit ?? 0) != 0 })
    }

    init(extraBits: UInt32) {
        self = []
        guard extraBits != 0 else { return }
        formUnion(SAFlag.allCases.filter { extraBits & ($0.extraBit ?? 0) != 0 })
    }
}

extension SPDFlag {
    var bit: UInt8 {
        switch self {
        case .localOK: 1
        case .icmp: 2
        case .perProcessorAcquire: 4
        }
    }
}

extension Set<SPDFlag> {
    var bits: UInt8 { reduce(0) { $0 | $1.bit } }

    init(bits: UInt8) {
        self = []
        guard bits != 0 else { return }
        formUnion(SPDFlag.allCases.filter { bits & $0.bit != 0 })
    }
}

extension Direction {
    var kernelNumber: UInt8 { self == .inbound ? XFRMValue.inbound : XFRMValue.outbound }

    init?(kernelNumber: UInt8) {
        switch kernelNumber {
        case XFRMValue.inbound: self = .inbound
        case XFRMValue.outbound: self = .outbound
        default: return nil
        }
    }
}
