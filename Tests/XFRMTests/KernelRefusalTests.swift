import Glibc
import IPsec
import Netlink
import Testing

@testable import XFRM

@Suite struct KernelRefusalTests {
    private func failure(_ code: Int32, _ text: String? = nil) -> DatabaseFailure {
        KernelRefusal.failure(
            NetlinkRefusal(code: code, explanation: text), of: .addState(Samples.association()))
    }

    @Test func aTakenSPIIsTold() {
        #expect(failure(EEXIST).kind == .alreadyExists)
    }

    @Test func aKernelWithoutESPNamesTheModule() {
        let failure = failure(EPROTONOSUPPORT, "Requested type not found")
        #expect(failure.kind == .unsupported)
        #expect(failure.explanation.contains("CONFIG_INET_ESP"))
        #expect(failure.explanation.contains("--datapath userspace"))
        #expect(failure.explanation.contains("Requested type not found"))
    }

    @Test(arguments: [ENOSYS, ENOENT])
    func aMissingAlgorithmIsNamed(code: Int32) {
        let failure = failure(code)
        #expect(failure.kind == .unsupported)
        #expect(failure.explanation.contains("cbc(aes)"))
        #expect(failure.explanation.contains("hmac(sha256)"))
    }

    @Test func aMissingPolicyIsNotAMissingAlgorithm() {
        let id = SecurityPolicyID(
            selector: Samples.selector("10.1.0.0/24", "10.2.0.0/24"), direction: .inbound)
        let failure = KernelRefusal.failure(NetlinkRefusal(code: ENOENT), of: .deletePolicy(id))
        #expect(failure.kind == .notFound)
        #expect(failure.explanation.contains("10.1.0.0/24 -> 10.2.0.0/24"))
    }

    @Test func aLackOfPrivilegeNamesIt() {
        #expect(failure(EPERM).kind == .notPermitted)
        #expect(failure(EPERM).explanation.contains("CAP_NET_ADMIN"))
    }
}
