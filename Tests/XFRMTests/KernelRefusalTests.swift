import Glibc
import IPsec
import Netlink
import Testing

@testable import XFRM

@Suite struct KernelRefusalTests {
    private func failure(_ code: Int32, _ text: String? = nil) throws -> DatabaseFailure {
        let entry = try SADEntry(Samples.association(), traits: KernelTraits(knowsDirection: true))
        return KernelRefusal.failure(
            NetlinkRefusal(code: code, explanation: text), of: .request(.addSA(entry)), for: .daemon)
    }

    @Test func aTakenSPIIsTold() throws {
        #expect(try failure(EEXIST).kind == .alreadyExists)
    }

    @Test func aKernelWithoutESPNamesTheModule() throws {
        let failure = try failure(EPROTONOSUPPORT, "Requested type not found")
        #expect(failure.kind == .unsupported)
        #expect(failure.explanation.contains("CONFIG_INET_ESP"))
        #expect(failure.explanation.contains("--datapath userspace"))
        #expect(failure.explanation.contains("Requested type not found"))
    }

    @Test(arguments: [ENOSYS, ENOENT])
    func aMissingAlgorithmIsNamed(code: Int32) throws {
        let failure = try failure(code)
        #expect(failure.kind == .unsupported)
        #expect(failure.explanation.contains("cbc(aes)"))
        #expect(failure.explanation.contains("hmac(sha256)"))
    }

    @Test func aMissingPolicyIsNotAMissingAlgorithm() {
        let id = SecurityPolicyID(
            selector: Samples.selector("10.1.0.0/24", "10.2.0.0/24"), direction: .inbound)
        let failure = KernelRefusal.failure(
            NetlinkRefusal(code: ENOENT), of: .request(.deletePolicy(SPDKey(id))), for: .daemon)
        #expect(failure.kind == .notFound)
        #expect(failure.explanation.contains("10.1.0.0/24 -> 10.2.0.0/24"))
    }

    @Test func aLackOfPrivilegeNamesIt() throws {
        #expect(try failure(EPERM).kind == .notPermitted)
        #expect(try failure(EPERM).explanation.contains("CAP_NET_ADMIN"))
    }
}
