import Algorithms
import Glibc
import IPsec
import Netlink
import Testing

@testable import XFRM

@Suite struct KernelRefusalTests {
    /// What kernels said (6.18, and where told 6.1), and what the sentence must hold.
    struct Case: Sendable, CustomTestStringConvertible {
        var code: Int32
        var text: String?
        var request: DatabaseRequest
        var kind: DatabaseFailure.Kind
        var sentence: String

        init(
            _ code: Int32, _ text: String?, _ request: DatabaseRequest, _ kind: DatabaseFailure.Kind,
            _ sentence: String
        ) {
            self.code = code
            self.text = text
            self.request = request
            self.kind = kind
            self.sentence = sentence
        }

        var testDescription: String { "\(code) \(text ?? "")" }
    }

    private static var esp: SADEntry { EntrySamples.associations[0] }
    private static var gcm: SADEntry { EntrySamples.associations[2] }
    private static var foreign: SADEntry { EntrySamples.associations[3] }
    private static var ah: SADEntry { EntrySamples.associations[4] }
    private static var ipcomp: SADEntry { EntrySamples.associations[5] }
    private static var policy: SPDEntry { EntrySamples.policies[0] }

    private static var ah6: SADEntry {
        var entry = ah
        entry.id = SecurityAssociationID(
            destination: Samples.address("2001:db8::2"), protocol: .ah, spi: SPI(0x1000))
        return entry
    }

    static let types = [
        Case(EPROTONOSUPPORT, "Requested type not found", .addSA(esp), .unsupported, "modprobe esp4"),
        Case(EPROTONOSUPPORT, "Requested type not found", .addSA(ah), .unsupported, "modprobe ah4"),
        Case(EPROTONOSUPPORT, "Requested type not found", .addSA(ah6), .unsupported, "CONFIG_INET6_AH"),
        Case(EPROTONOSUPPORT, nil, .addSA(ipcomp), .unsupported, "CONFIG_INET_IPCOMP"),
        Case(ENOSYS, "Requested CRYPT algorithm not found", .addSA(foreign), .unsupported, "cbc(anubis)"),
        Case(ENOSYS, "Requested AEAD algorithm not found", .addSA(gcm), .unsupported, "ICV of 96 bits"),
        Case(ENOSYS, nil, .updateSA(foreign), .unsupported, "cbc(anubis)"),
        Case(ENOENT, nil, .addSA(esp), .unsupported, "authenc"),
        Case(
            EINVAL, "Kernel was unable to initialize cryptographic operations", .addSA(esp), .other,
            "the key for aes-cbc (cbc(aes)) has 128 bits, it takes 128, 192, 256"),
        Case(
            ENOENT, "Kernel was unable to initialize cryptographic operations", .addSA(esp), .unsupported,
            "echainiv"),
        Case(EINVAL, nil, .addSA(gcm), .other, "and 32 of salt"),
        Case(
            EINVAL, "Invalid length requested for truncated ICV", .addSA(ah), .other, "longer than the digest"
        ),
        Case(EINVAL, "ESP: AEAD or CRYPT must be provided", .addSA(esp), .other, "null is one"),
    ]

    static let rules = [
        Case(EINVAL, "Replay window should be 0 for output SA", .addSA(esp), .other, "set its window to 0"),
        Case(EINVAL, "Replay bmp_len should 0 for output SA", .addSA(esp), .other, "set its window to 0"),
        Case(
            EINVAL, "Flag DECAP_DSCP should not be set for output SA", .addSA(esp), .other,
            "set the direction to in"),
        Case(
            EINVAL, "Flag NOPMTUDISC should not be set for input SA", .addSA(esp), .other,
            "set the direction to out"),
        Case(EINVAL, "ESN replay window must be > 0", .addSA(esp), .other, "32 or more"),
        Case(
            EINVAL, "SPI is too large for COMP (must be < 0x10000)", .addSA(ipcomp), .other, "0x100 to 0xefff"
        ),
        Case(
            ENOENT, "No SPI available in the requested range", .allocateSPI(esp, 1...2), .other,
            "give a wider range"),
        Case(EPERM, "SA is in use by tunnels", .deleteSA(ipcomp.key), .other, "delete the IPComp SA"),
        Case(
            EINVAL, "Mode in optional template not allowed in outbound policy", .addPolicy(policy), .other,
            "use require or unique"),
        Case(EINVAL, "AH is not compatible with encapsulation", .addSA(ah), .unsupported, "use ESP"),
    ]

    static let numbers = [
        Case(EEXIST, nil, .addSA(esp), .alreadyExists, "draw another SPI"),
        Case(EEXIST, nil, .addPolicy(policy), .alreadyExists, "whatever its priority"),
        Case(ESRCH, nil, .updateSA(esp), .notFound, "xfrm_acq_expires"),
        Case(ESRCH, nil, .deleteSA(esp.key), .notFound, "delete the SA esp 0x00001001"),
        Case(ENOENT, nil, .deletePolicy(policy.key), .notFound, "10.1.0.0/24 -> 10.2.0.0/24"),
        Case(EPERM, nil, .flushSPD, .notPermitted, "CAP_NET_ADMIN"),
        Case(ENOBUFS, nil, .flushSPD, .other, "net.core.rmem_max"),
        Case(EINVAL, "something new", .addSA(esp), .other, "(something new)"),
    ]

    @Test(arguments: types + rules + numbers)
    func refusalsSayCauseAndRemedy(example: Case) {
        let refusal = NetlinkRefusal(code: example.code, explanation: example.text)
        for reader in [KernelRefusal.Reader.daemon, .administrator] {
            let failure = KernelRefusal.failure(refusal, of: .request(example.request), for: reader)
            #expect(failure.kind == example.kind)
            #expect(failure.explanation.contains(example.sentence), "\(failure.explanation)")
            #expect(failure.explanation.contains(example.text ?? ""))
        }
    }

    @Test func onlyADaemonHasAnotherDataPlane() {
        let refusal = NetlinkRefusal(code: EPROTONOSUPPORT, explanation: "Requested type not found")
        let operation = KernelRefusal.Operation.request(.addSA(Self.esp))
        #expect(
            KernelRefusal.failure(refusal, of: operation, for: .daemon).explanation
                .contains("--datapath userspace"))
        #expect(
            !KernelRefusal.failure(refusal, of: operation, for: .administrator).explanation
                .contains("userspace"))
    }

    @Test func wordsWithoutARuleStandAlone() {
        let refusal = NetlinkRefusal(code: EINVAL, explanation: "something new")
        let failure = KernelRefusal.failure(refusal, of: .request(.flushSPD), for: .administrator)
        #expect(failure.explanation.hasSuffix("(something new)"))
    }
}
