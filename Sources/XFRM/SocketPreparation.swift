import Glibc
import IPsec
import Netlink

/// What an IKE socket needs of the kernel: to be outside all policies, and to take ESP in UDP.
enum SocketPreparation {
    static func prepare(
        _ descriptor: Int32, _ family: AddressFamily, _ purpose: IKESocketPurpose
    ) throws(DatabaseFailure) {
        for direction in [PolicyDirection.inbound, .outbound] {
            try bypass(descriptor, family, direction)
        }
        switch purpose {
        case .ike: break
        case .natTraversal:
            var kind = Int32(XFRMValue.espInUDP)
            let code = setOption(descriptor, level: solUDP, option: udpEncapsulation, &kind)
            guard code == 0 else {
                throw failure(code, "take ESP in UDP on the NAT traversal socket (UDP_ENCAP)")
            }
        }
    }

    private static func bypass(
        _ descriptor: Int32, _ family: AddressFamily, _ direction: PolicyDirection
    ) throws(DatabaseFailure) {
        let code = setBypass(descriptor, family, direction)
        guard code == 0 else { throw failure(code, "exempt the IKE socket from IPsec policies") }
        // An IPv6 socket that serves IPv4 too needs both; where the kernel refuses the other it has no use for it.
        if family == .ipv6 { _ = setBypass(descriptor, .ipv4, direction) }
    }

    /// The error number, or 0.
    private static func setBypass(
        _ descriptor: Int32, _ family: AddressFamily, _ direction: PolicyDirection
    ) -> Int32 {
        let value = PolicyMessages.socketBypass(family, direction)
        let (level, option) = family == .ipv4 ? (solIP, ipPolicy) : (solIPv6, ipv6Policy)
        let outcome = unsafe setsockopt(descriptor, level, option, value, socklen_t(value.count))
        return outcome == 0 ? 0 : errno
    }

    private static func setOption(
        _ descriptor: Int32, level: Int32, option: Int32, _ value: inout Int32
    ) -> Int32 {
        let outcome = unsafe setsockopt(
            descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        return outcome == 0 ? 0 : errno
    }

    private static func failure(_ code: Int32, _ what: String) -> DatabaseFailure {
        let refusal = NetlinkRefusal(code: code)
        switch code {
        case EPERM, EACCES:
            return DatabaseFailure(
                .notPermitted, "the kernel did not \(what): \(refusal); CAP_NET_ADMIN is needed")
        case EOPNOTSUPP, ENOPROTOOPT, EPROTONOSUPPORT:
            return DatabaseFailure(
                .unsupported, "the kernel did not \(what): \(refusal); run with --datapath userspace")
        default:
            return DatabaseFailure(.other, "the kernel did not \(what): \(refusal)")
        }
    }

    private static let solIP: Int32 = 0
    private static let ipPolicy: Int32 = 17
    private static let solIPv6: Int32 = 41
    private static let ipv6Policy: Int32 = 35
    private static let solUDP: Int32 = 17
    private static let udpEncapsulation: Int32 = 100
}
