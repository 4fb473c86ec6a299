import Glibc
import IPsec
import Netlink
import Synchronization

/// What differs between kernels and shows in our requests.
package struct KernelTraits: Hashable, Sendable {
    /// Whether an SA can be told which way its packets go; older kernels ignore that, but then want a replay
    /// window on outbound SAs with extended sequence numbers, which newer ones refuse.
    package var knowsDirection: Bool

    package init(knowsDirection: Bool) {
        self.knowsDirection = knowsDirection
    }

    /// Finds out, without changing anything.
    ///
    /// A look-up of no SA with a direction is refused as senseless where the attribute is known, and finds
    /// nothing where it is not.
    static func probe(over pipeline: inout NetlinkPipeline) -> KernelTraits {
        let nobody = SecurityAssociationID(
            destination: IPAddress(family: .ipv4, value: 0x7f00_0001), protocol: .esp, spi: SPI(0xffff_ffff))
        var request = StateMessages.get(SADKey(nobody))
        request.putAttribute(XFRMAttribute.direction) { $0.put(XFRMValue.inbound) }
        return KernelTraits(knowsDirection: pipeline.carryOut(request)?.code == EINVAL)
    }
}

extension NetlinkPipeline {
    /// Carries out one request and waits for its outcome: nil for success.
    mutating func carryOut(_ request: NetlinkRequest) -> NetlinkRefusal? {
        let outcome = Outcome()
        carryOut([NetlinkExchange(request) { refusal in outcome.refusal.withLock { $0 = refusal } }])
        return outcome.refusal.withLock { $0 }
    }

    private final class Outcome: Sendable {
        let refusal = Mutex<NetlinkRefusal?>(nil)
    }
}
