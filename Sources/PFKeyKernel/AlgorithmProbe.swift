import Glibc
import Netlink
import PFKey
import XFRM

/// Which algorithms this kernel has.
///
/// It is asked to add an SA with each one in a mode that no SA has: it looks for the algorithm first, loading its
/// module, and refuses the SA in any case.
struct AlgorithmProbe {
    private(set) var algorithms = SADBAlgorithms(authentication: [], encryption: [])

    mutating func look(_ requester: AdoptedNetlinkSocket) {
        algorithms.authentication = Self.supported(KernelAlgorithm.integrity) { algorithm in
            Self.isThere(Self.trial(Self.ah, XFRMAttribute.authentication, algorithm), requester)
        }
        algorithms.encryption = Self.supported(KernelAlgorithm.encryption) { algorithm in
            Self.isThere(Self.trial(Self.esp, XFRMAttribute.encryption, algorithm), requester)
        }
    }

    private static let (esp, ah): (UInt8, UInt8) = (50, 51)
    /// Route optimization, which IPv4 does not have.
    private static let impossibleMode: UInt8 = 2

    private static func supported(
        _ candidates: [KernelAlgorithm], _ isThere: (KernelAlgorithm) -> Bool
    ) -> [SADBSupported.Algorithm] {
        candidates.filter(isThere).map(\.supported)
    }

    private static func isThere(_ trial: NetlinkRequest, _ requester: AdoptedNetlinkSocket) -> Bool {
        do throws(NetlinkRefusal) {
            try requester.carryOut(trial, sequence: 1, port: 0)
            return true
        } catch {
            return error.code != ENOSYS
        }
    }

    private static func trial(
        _ protocolNumber: UInt8, _ attribute: UInt16, _ algorithm: KernelAlgorithm
    ) -> NetlinkRequest {
        var request = NetlinkRequest(type: XFRMMessage.newState, capacity: 512)
        let ipv4: UInt16 = 2
        request.putZeros(40)
        request.put(ipv4)
        request.putZeros(14)
        // 192.0.2.1, which is nobody's.
        request.put([192, 0, 2, 1])
        request.putZeros(12)
        request.putNetworkOrder(UInt32(0x100))
        request.put(protocolNumber)
        request.putZeros(3 + 16)
        request.putLimits(KernelLimits())
        request.putZeros(12 + 4 + 4)
        request.put(ipv4)
        request.put(impossibleMode)
        request.putZeros(9)
        request.putAttribute(attribute) { value in
            value.put(algorithm.name, paddedTo: XFRMValue.algorithmNameSize)
            value.put(UInt32(algorithm.bits.lowerBound))
            value.putZeros(Int(algorithm.bits.lowerBound + 7) / 8)
        }
        return request
    }
}
