import Algorithms
import Testing

@testable import Negotiation

/// A line, what it is for, and what it says in the words of our own output.
struct ProposalLine: Sendable, CustomTestStringConvertible {
    let use: SuiteUse
    let text: String
    let meaning: [String]

    init(_ use: SuiteUse, _ text: String, _ meaning: String...) {
        self.use = use
        self.text = text
        self.meaning = meaning
    }

    var testDescription: String { "\(use) \(text)" }

    static func describe(_ proposal: SuiteProposal) -> String {
        let kinds: [[String]] = [
            proposal.encryption.map(\.description), proposal.integrity.map(\.name), proposal.prfs.map(\.name),
            proposal.keyExchange.map(\.name), proposal.sequenceNumbers.map(\.description),
        ]
        return kinds.map { $0.joined(separator: " ") }.joined(separator: " / ")
    }
}

struct ProposalTextTests {
    static let lines: [ProposalLine] = [
        // strongSwan's spellings.
        ProposalLine(
            .ike, "aes256gcm16-prfsha384-ecp384", "aes-gcm-16-256 /  / hmac-sha2-384 / ecp384 / "),
        ProposalLine(
            .ike, "aes128-sha256-x25519",
            "aes-cbc-128 / hmac-sha2-256 / hmac-sha2-256 / curve25519 / "),
        ProposalLine(
            .ike, "chacha20poly1305-prfsha256-curve25519",
            "chacha20-poly1305 /  / hmac-sha2-256 / curve25519 / "),
        ProposalLine(
            .ike, "aes128-sha2_256-modp2048", "aes-cbc-128 / hmac-sha2-256 / hmac-sha2-256 / modp2048 / "),
        ProposalLine(
            .ike, "aes192ctr-aescmac-ecp256bp", "aes-ctr-192 / aes-cmac / aes-cmac-prf-128 / ecp256bp / "),
        ProposalLine(
            .ike, "camellia256-aesxcbc-prfsha512-modp2048s256-x448",
            "camellia-cbc-256 / aes-xcbc / hmac-sha2-512 / modp2048s256 curve448 / "),
        ProposalLine(
            .ike, "aes256gcm16-aes128ccm64-prfsha384-prfaesxcbc-modp8192",
            "aes-gcm-16-256 aes-ccm-8-128 /  / hmac-sha2-384 aes-xcbc-prf-128 / modp8192 / "),
        ProposalLine(
            .esp, "aes128gcm16-x25519-esn-noesn", "aes-gcm-16-128 /  /  / curve25519 / esn noesn"),
        ProposalLine(.esp, "aes256-sha512-noesn!", "aes-cbc-256 / hmac-sha2-512 /  /  / noesn"),
        ProposalLine(.esp, "null-sha1-modpnone", "null / hmac-sha1 /  /  / esn noesn"),
        ProposalLine(.esp, "aes256gmac-esn", "aes-gmac-256 /  /  /  / esn"),
        ProposalLine(.ah, "sha256-sha1-ecp256-esn", " / hmac-sha2-256 hmac-sha1 /  / ecp256 / esn"),
        // libreswan's and Openswan's.
        ProposalLine(
            .ike, "aes_gcm256-sha2_512-dh19", "aes-gcm-16-256 /  / hmac-sha2-512 / ecp256 / "),
        ProposalLine(
            .ike, "aes256-sha2;modp2048",
            "aes-cbc-256 / hmac-sha2-256 / hmac-sha2-256 / modp2048 / "),
        ProposalLine(
            .ike, "aes-sha1+sha2_512-dh14+dh31",
            "aes-cbc-256 aes-cbc-128 / hmac-sha1 hmac-sha2-512 / hmac-sha1 hmac-sha2-512 "
                + "/ modp2048 curve25519 / "),
        ProposalLine(
            .ike, "AES_GCM_16_256-HMAC_SHA2_384-ECP_384,3des-md5-modp1024",
            "aes-gcm-16-256 /  / hmac-sha2-384 / ecp384 / ",
            "3des-cbc / hmac-md5 / hmac-md5 / modp1024 / "),
        ProposalLine(.esp, "aes_gcm_c-256-null", "aes-gcm-16-256 /  /  /  / esn noesn"),
        ProposalLine(.esp, "aes_ccm_a-152-null", "aes-ccm-8-128 /  /  /  / esn noesn"),
        ProposalLine(
            .esp, "chacha20_poly1305-none;dh31", "chacha20-poly1305 /  /  / curve25519 / esn noesn"),
        ProposalLine(.esp, "aes_ctr-128-aes_cmac", "aes-ctr-128 / aes-cmac /  /  / esn noesn"),
        // Both.
        ProposalLine(
            .esp, " aes128-sha256, aes128gcm16 ", "aes-cbc-128 / hmac-sha2-256 /  /  / esn noesn",
            "aes-gcm-16-128 /  /  /  / esn noesn"),
        ProposalLine(
            .ike, "aes256gcm",
            "aes-gcm-16-256 /  / hmac-sha2-256 hmac-sha2-512 / curve25519 ecp256 modp2048 / "),
        ProposalLine(.esp, "aes128-aes128-sha1-sha", "aes-cbc-128 / hmac-sha1 /  /  / esn noesn"),
    ]

    @Test(arguments: lines)
    func saysWhatOthersMean(_ line: ProposalLine) throws {
        let proposals = try ProposalText.parse(line.text, for: line.use, origin: "here")
        #expect(proposals.map(ProposalLine.describe) == line.meaning)
        #expect(proposals.allSatisfy { $0.origin == "here" })
    }

    static let flawed: [(SuiteUse, String, String)] = [
        (
            .ike, "aes128-sha265-modp2048",
            "column 8: 'sha265' is no algorithm that is negotiated here; did you mean 'sha256'?"
        ),
        (
            .esp, "AES128-SHA256,aes129-sha1",
            "column 15: 'aes129' has keys of 128, 192, 256 bits"
        ),
        (.ike, "aes128-sha256-frodokem", "column 15: 'frodokem' is no algorithm that is negotiated here"),
        (
            .ike, "aes128-sha256-2048",
            "column 15: '2048' is a key length without a cipher before it; a group is written dh14 or modp2048"
        ),
        (.ike, "aes-512-sha256", "column 5: '512' has keys of 128, 192, 256 bits"),
        (
            .ike, "aes128-sha256--modp2048",
            "column 15: an algorithm is missing between two separators, or behind the last"
        ),
        (
            .esp, "aes128-sha256-,aes256-sha1",
            "column 15: an algorithm is missing between two separators, or behind the last"
        ),
        (.esp, "aes128-", "column 8: an algorithm is missing between two separators, or behind the last"),
        (
            .esp, "aes128-sha256-prfsha256",
            "column 15: 'prfsha256' is of IKE alone: child SAs have no PRF; leave it out"
        ),
        (
            .ike, "aes128-sha256-esn",
            "column 15: 'esn' is of child SAs alone: IKE has message IDs; leave it out"
        ),
        (
            .ike, "aes128-sha256-modpnone",
            "column 15: 'modpnone' is for child SAs alone: IKE needs a key exchange"
        ),
        (
            .ike, "null-sha256-modp2048",
            "column 1: 'null' protects too little for IKE; use aes128 or aes128gcm16"
        ),
        (
            .ike, "des-sha256-modp2048",
            "column 1: 'des' protects too little for IKE; use aes128 or aes128gcm16"
        ),
        (
            .ah, "aes128-sha256",
            "column 1: 'aes128' encrypts, which AH does not; leave it out, or write it for ESP"
        ),
        (.esp, "aes128-x25519", "column 1: 'aes128-x25519' names no integrity algorithm; add sha256"),
        (.esp, "aes128-none", "column 1: 'aes128-none' names no integrity algorithm; add sha256"),
        (
            .ike, "prfsha256-x25519",
            "column 1: 'prfsha256-x25519' names no cipher; start with aes128 or aes128gcm16"
        ),
        (
            .esp, "aes128-sha256,aes128gcm16-sha256",
            "column 15: 'aes128gcm16-sha256' names an integrity algorithm beside a cipher that authenticates; "
                + "leave it out"
        ),
        (
            .esp, "aes128-sha1-dh0-dh14",
            "column 1: 'aes128-sha1-dh0-dh14' wants a key exchange and wants none; leave one of the two out"
        ),
        (.ike, " , ", "column 1: ' , ' names no algorithm; write aes128-sha256-x25519"),
        (.ike, "", "column 1: '' names no algorithm; write aes128-sha256-x25519"),
    ]

    @Test(arguments: flawed)
    func saysWhatIsWrongAndWhere(_ use: SuiteUse, _ text: String, _ message: String) {
        var found: ProposalTextFailure?
        do throws(ProposalTextFailure) { _ = try ProposalText.parse(text, for: use) } catch { found = error }
        #expect(found?.description == message)
    }

    @Test func ciphersThatAuthenticateStandAlone() {
        var found: ProposalTextFailure?
        do throws(ProposalTextFailure) {
            _ = try ProposalText.parse("aes128gcm16-aes128-sha256-x25519", for: .ike)
        } catch {
            found = error
        }
        #expect(found?.word == "aes128" && found?.column == 13)
        #expect(found?.sentence.contains("write two proposals with a comma between") == true)
    }

    /// Every word of the catalogue is read as the algorithm it belongs to.
    @Test func everyWordOfTheCatalogueIsUnderstood() throws {
        for algorithm in Catalogue.encryption {
            #expect(!algorithm.proposalWords.isEmpty == (algorithm.ikev2 != nil), "\(algorithm)")
            for pattern in algorithm.proposalWords {
                for bits in algorithm.keyLengths {
                    let word = pattern.split(separator: "#", omittingEmptySubsequences: false)
                        .joined(separator: "\(bits)")
                    let text = algorithm.isAEAD ? word : "\(word)-sha256"
                    let proposal = try ProposalText.parse(text, for: .esp).first
                    #expect(proposal?.encryption == [CipherChoice(algorithm, keyBits: bits)], "\(word)")
                }
            }
        }
        for algorithm in Catalogue.integrity {
            let isNegotiated = algorithm.ikev2 != nil && algorithm != .null
            #expect(!algorithm.proposalWords.isEmpty == isNegotiated, "\(algorithm)")
            for word in algorithm.proposalWords {
                #expect(try ProposalText.parse(word, for: .ah).first?.integrity == [algorithm])
            }
        }
        for prf in Catalogue.pseudorandomFunctions {
            let proposal = try ProposalText.parse("aes128-sha1-\(prf.proposalWord)", for: .ike).first
            #expect(proposal?.prfs == [prf])
        }
        for method in Catalogue.keyExchange {
            for word in method.proposalWords {
                #expect(try ProposalText.parse("sha1-\(word)", for: .ah).first?.keyExchange == [method])
            }
        }
    }

    @Test func defaultsAreWhatTheyWouldBeWritten() throws {
        let ike = try ProposalText.parse(
            "aes256gcm16-aes128gcm16-chacha20poly1305-prfsha256-prfsha512-x25519-ecp256-modp2048,"
                + "aes256-aes128-sha256-sha512-x25519-ecp256-modp2048", for: .ike)
        #expect(ike == DefaultSuites.ike)
        let esp = try ProposalText.parse(
            "aes256gcm16-aes128gcm16-chacha20poly1305,aes256-aes128-sha256-sha512", for: .esp)
        #expect(esp == DefaultSuites.esp)
        #expect(try ProposalText.parse("sha256-sha512", for: .ah) == DefaultSuites.ah)
    }

    @Test("strongSwan's word for what is offered anyway, alone or beside others")
    func defaultIsAWord() throws {
        #expect(try ProposalText.parse("default", for: .ike) == DefaultSuites.ike)
        #expect(try ProposalText.parse("default", for: .ah) == DefaultSuites.ah)
        let mixed = try ProposalText.parse("aes192-sha384-ecp384,default", for: .ike, origin: "a:1")
        #expect(mixed.count == 1 + DefaultSuites.ike.count)
        #expect(mixed.allSatisfy { $0.origin == "a:1" })
        #expect(throws: ProposalTextFailure.self) { try ProposalText.parse("default-sha256", for: .esp) }
    }
}
