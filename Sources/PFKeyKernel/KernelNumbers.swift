import IPsec
import Netlink
import PFKey
import Wire
import XFRM

extension SADBSatype {
    /// The kind of SA of an IP protocol; unspecified for those that PF_KEY has no number for.
    init(protocolNumber: UInt8) {
        self.init(SecurityProtocol(rawValue: protocolNumber))
    }

    /// The IP protocol of a kind of SA, 255 for unspecified; nil for kinds that are not IPsec's.
    var protocolNumber: UInt8? {
        self == .unspecified ? XFRMValue.anyIPsecProtocol : self.protocol?.rawValue
    }
}

/// Modes by PF_KEY's numbers (1 transport, 2 tunnel, 3 BEET) and the kernel's (0, 1, 4).
enum KernelMode {
    static let tunnel: UInt8 = 1
    static let beet: UInt8 = 4

    /// nil for a mode that PF_KEY does not have.
    static func number(kernel: UInt8) -> UInt8? {
        switch kernel {
        case 0: 1
        case tunnel: 2
        case beet: 3
        default: nil
        }
    }

    /// Any is transport.
    static func kernel(number: UInt8) throws(SADBError) -> UInt8 {
        switch number {
        case 0, 1: return 0
        case 2: return tunnel
        case 3: return beet
        default: throw .refusal(.invalid, "There is no IPsec mode \(number).")
        }
    }
}

/// SADB_SAFLAGS_… and XFRM_STATE_….
enum KernelFlags {
    private static let pairs: [(pfkey: UInt32, kernel: UInt8)] = [
        (0x8000_0000, 1), (0x4000_0000, 2), (0x2000_0000, 4),
    ]

    static func flags(kernel: UInt8) -> UInt32 {
        pairs.reduce(0) { kernel & $1.kernel != 0 ? $0 | $1.pfkey : $0 }
    }

    static func kernel(flags: UInt32) -> UInt8 {
        pairs.reduce(0) { flags & $1.pfkey != 0 ? $0 | $1.kernel : $0 }
    }
}

extension KernelSelector {
    /// PF_KEY's number for an upper protocol: any is 255 there and 0 in the kernel.
    static func number(pfkeyOf upperProtocol: UInt8) -> UInt8 {
        upperProtocol == 0 ? SADBAddress.anyProtocol : upperProtocol
    }

    static func number(kernelOf upperProtocol: UInt8) -> UInt8 {
        upperProtocol == SADBAddress.anyProtocol ? 0 : upperProtocol
    }
}

extension SADBLifetime {
    init(hardOf limits: KernelLimits) {
        self.init(limits.hardPackets, limits.hardBytes, limits.hardTime, limits.hardUseTime)
    }

    init(softOf limits: KernelLimits) {
        self.init(limits.softPackets, limits.softBytes, limits.softTime, limits.softUseTime)
    }

    init(_ usage: EntryUsage) {
        self.init(
            allocations: UInt32(truncatingIfNeeded: usage.traffic.packets), bytes: usage.traffic.bytes,
            addTime: usage.added, useTime: usage.firstUsed)
    }

    /// No limit is 0 here.
    private init(_ packets: UInt64, _ bytes: UInt64, _ addTime: UInt64, _ useTime: UInt64) {
        self.init(
            allocations: packets == XFRMValue.infinite ? 0 : UInt32(truncatingIfNeeded: packets),
            bytes: bytes == XFRMValue.infinite ? 0 : bytes, addTime: addTime, useTime: useTime)
    }
}

extension KernelLimits {
    /// Limits that are not told are none.
    init(hard: SADBLifetime?, soft: SADBLifetime?) {
        self.init()
        if let hard {
            (hardPackets, hardBytes) = (Self.limit(UInt64(hard.allocations)), Self.limit(hard.bytes))
            (hardTime, hardUseTime) = (hard.addTime, hard.useTime)
        }
        if let soft {
            (softPackets, softBytes) = (Self.limit(UInt64(soft.allocations)), Self.limit(soft.bytes))
            (softTime, softUseTime) = (soft.addTime, soft.useTime)
        }
    }

    private static func limit(_ value: UInt64) -> UInt64 { value == 0 ? XFRMValue.infinite : value }
}

extension SADBSecurityContext {
    /// Takes xfrm_user_sec_ctx.
    init(kernel value: inout Span<UInt8>) throws(WireError) {
        try value.skip(4)
        let algorithm = try value.takeUInt8()
        let domain = try value.takeUInt8()
        self.init(
            algorithm: algorithm, domain: domain, label: try value.takeBytes(Int(try value.takeHostUInt16())))
    }
}

extension SADBError {
    /// A request that is refused with a number of Linux's.
    static func refusal(_ number: SADBErrorNumber, _ explanation: String) -> SADBError {
        SADBError(.unsupported, number, explanation)
    }

    /// A refusal of the kernel, whose number goes into the answer as it is.
    init(_ refusal: NetlinkRefusal) {
        let fits = (1...255).contains(refusal.code)
        self = .refusal(
            fits ? SADBErrorNumber(UInt8(refusal.code)) : .invalid, "The kernel refused: \(refusal)")
    }

    /// What the kernel told that cannot be read.
    static let unreadable = SADBError.refusal(.databaseFailed, "The kernel's answer cannot be read.")
}
