import Algorithms
import Cryptography
import KeyAgreement
import KeyMaterial
import TestSupport
import Testing

struct ModularPrime: Decodable, Sendable, CustomTestStringConvertible {
    let group: UInt16
    let bits: Int
    let p: HexOctets

    var testDescription: String { "group \(group)" }

    struct File: Decodable {
        let groups: [ModularPrime]
    }

    static func all() throws -> [ModularPrime] {
        try VectorFile.committed("modp_groups.json", of: "KeyAgreementTests", as: File.self).groups
    }
}

struct CurveExchange: Decodable, Sendable, CustomTestStringConvertible {
    let group: UInt16
    let i: HexOctets
    let gix: HexOctets
    let giy: HexOctets
    let r: HexOctets
    let grx: HexOctets
    let gry: HexOctets
    let girx: HexOctets

    var testDescription: String { "group \(group)" }

    struct File: Decodable {
        let vectors: [CurveExchange]
    }

    static func all() throws -> [CurveExchange] {
        try ["ecp_rfc5903.json", "ecp_rfc5114_6954.json"].flatMap {
            try VectorFile.committed($0, of: "KeyAgreementTests", as: File.self).vectors
        }
    }
}

struct SubgroupExchange: Decodable, Sendable, CustomTestStringConvertible {
    let group: UInt16
    let p: HexOctets
    let q: HexOctets
    let xA: HexOctets
    let yA: HexOctets
    let xB: HexOctets
    let yB: HexOctets
    let secret: HexOctets

    private enum CodingKeys: String, CodingKey {
        case group
        case p
        case q
        case xA
        case yA
        case xB
        case yB
        case secret = "Z"
    }

    var testDescription: String { "RFC 5114 group \(group)" }

    struct File: Decodable {
        let vectors: [SubgroupExchange]
    }

    static func all() throws -> [SubgroupExchange] {
        try VectorFile.committed("modp_rfc5114.json", of: "KeyAgreementTests", as: File.self).vectors
    }
}

struct KeyExchangeTests {
    @Test(arguments: Catalogue.keyExchange)
    func bothSidesAgree(_ method: KeyExchangeMethod) throws {
        var random = FixedRandom(seed: UInt64(method.number))
        let ours = try KeyExchange(method, random: &random)
        let theirs = try KeyExchange(method, random: &random)
        let (our, their) = (ours.publicValue, theirs.publicValue)
        let first = try ours.sharedSecret(with: their)
        let second = try theirs.sharedSecret(with: our)
        #expect(our.count == method.publicValueSize)
        #expect(our != their)
        #expect(first.count == method.sharedSecretSize)
        #expect(SecretKey.constantTimeEqual(first, second))
    }

    @Test(arguments: try CurveExchange.all())
    func matchesTheRFCsOfCurves(_ vector: CurveExchange) throws {
        let method = try #require(Catalogue.keyExchange(number: vector.group))
        let initiator = try KeyExchange(method, privateValue: SecretBytes(copying: vector.i.bytes))
        let responder = try KeyExchange(method, privateValue: SecretBytes(copying: vector.r.bytes))
        let values = (initiator.publicValue, responder.publicValue)
        #expect(values.0 == vector.gix.bytes + vector.giy.bytes)
        #expect(values.1 == vector.grx.bytes + vector.gry.bytes)
        let expected = SecretKey(copying: vector.girx.bytes)
        let secrets = (try initiator.sharedSecret(with: values.1), try responder.sharedSecret(with: values.0))
        #expect(SecretKey.constantTimeEqual(secrets.0, expected))
        #expect(SecretKey.constantTimeEqual(secrets.1, expected))
    }

    /// 2^1 is 2 with every prime; 2^bits mod p is 2^bits - p, which shows the prime itself.
    @Test(arguments: try ModularPrime.all())
    func primesAreThoseOfTheRFC(_ vector: ModularPrime) throws {
        let method = try #require(Catalogue.keyExchange(number: vector.group))
        let one = try KeyExchange(method, privateValue: SecretBytes(copying: [1]))
        var two = [UInt8](repeating: 0, count: vector.bits / 8)
        two[two.count - 1] = 2
        let value = one.publicValue
        #expect(value == two)
        let exponent = UInt16(vector.bits)
        let power = try KeyExchange(
            method, privateValue: SecretBytes(copying: [UInt8(exponent >> 8), UInt8(exponent & 0xff)]))
        let remainder = power.publicValue
        #expect(remainder == negated(vector.p.bytes))
        #expect(vector.p.bytes.count == method.publicValueSize)
    }

    @Test(arguments: try ModularPrime.all())
    func refusesValuesThatGiveNoSecret(_ vector: ModularPrime) throws {
        let method = try #require(Catalogue.keyExchange(number: vector.group))
        let prime = vector.p.bytes
        let zero = [UInt8](repeating: 0, count: prime.count)
        var one = zero
        one[one.count - 1] = 1
        var lessOne = prime
        lessOne[lessOne.count - 1] -= 1
        var lessTwo = prime
        lessTwo[lessTwo.count - 1] -= 2
        var random = FixedRandom(seed: 3)
        let exchange = try KeyExchange(method, random: &random)
        for value in [zero, one, lessOne, prime, [UInt8](repeating: 0xff, count: prime.count)] {
            #expect(
                failure { () throws(KeyExchangeFailure) in _ = try exchange.sharedSecret(with: value) }
                    == .outOfRange)
            #expect(throws: KeyExchangeFailure.outOfRange) { try KeyExchange.validate(value, for: method) }
        }
        #expect(
            failure { () throws(KeyExchangeFailure) in _ = try exchange.sharedSecret(with: lessTwo) } == nil)
        for value in [[], Array(prime.dropLast()), prime + [0]] {
            let expected = KeyExchangeFailure.wrongSize(expected: prime.count, found: value.count)
            #expect(
                failure { () throws(KeyExchangeFailure) in _ = try exchange.sharedSecret(with: value) }
                    == expected)
        }
    }

    @Test(arguments: try CurveExchange.all())
    func refusesPointsOffTheCurve(_ vector: CurveExchange) throws {
        let method = try #require(Catalogue.keyExchange(number: vector.group))
        let size = method.sharedSecretSize
        let good = vector.gix.bytes + vector.giy.bytes
        var offCurve = good
        offCurve[offCurve.count - 1] ^= 1
        let origin = [UInt8](repeating: 0, count: 2 * size)
        for value in [offCurve, origin] {
            #expect(throws: KeyExchangeFailure.notOnCurve) { try KeyExchange.validate(value, for: method) }
        }
        let beyond = [UInt8](repeating: 0xff, count: size) + vector.giy.bytes
        #expect(throws: KeyExchangeFailure.outOfRange) { try KeyExchange.validate(beyond, for: method) }
        #expect(throws: KeyExchangeFailure.wrongSize(expected: 2 * size, found: 2 * size - 1)) {
            try KeyExchange.validate(Array(good.dropLast()), for: method)
        }
        #expect(throws: Never.self) { try KeyExchange.validate(good, for: method) }
    }

    @Test(arguments: try SubgroupExchange.all())
    func matchesRFC5114(_ vector: SubgroupExchange) throws {
        let method = try #require(Catalogue.keyExchange(number: vector.group))
        let a = try KeyExchange(method, privateValue: SecretBytes(copying: vector.xA.bytes))
        let b = try KeyExchange(method, privateValue: SecretBytes(copying: vector.xB.bytes))
        let values = (a.publicValue, b.publicValue)
        #expect(values.0 == vector.yA.bytes)
        #expect(values.1 == vector.yB.bytes)
        let expected = SecretKey(copying: vector.secret.bytes)
        let secrets = (try a.sharedSecret(with: values.1), try b.sharedSecret(with: values.0))
        #expect(SecretKey.constantTimeEqual(secrets.0, expected))
        #expect(SecretKey.constantTimeEqual(secrets.1, expected))
    }

    /// 2 generates all residues or half of them, never a subgroup as small as q.
    @Test(arguments: try SubgroupExchange.all())
    func refusesValuesOutsideTheSubgroup(_ vector: SubgroupExchange) throws {
        let method = try #require(Catalogue.keyExchange(number: vector.group))
        var two = [UInt8](repeating: 0, count: method.publicValueSize)
        two[two.count - 1] = 2
        #expect(throws: KeyExchangeFailure.outsideSubgroup) { try KeyExchange.validate(two, for: method) }
        let exchange = try KeyExchange(method, privateValue: SecretBytes(copying: vector.xA.bytes))
        #expect(
            failure { () throws(KeyExchangeFailure) in _ = try exchange.sharedSecret(with: two) }
                == .outsideSubgroup)
        #expect(throws: KeyExchangeFailure.outOfRange) {
            try KeyExchange.validate(vector.p.bytes, for: method)
        }
        #expect(throws: Never.self) { try KeyExchange.validate(vector.yA.bytes, for: method) }
    }

    @Test(arguments: try SubgroupExchange.all())
    func drawnPrivateValuesStayBelowTheOrder(_ vector: SubgroupExchange) throws {
        let method = try #require(Catalogue.keyExchange(number: vector.group))
        guard case .modpSubgroup(_, let orderBits) = method.family else {
            Issue.record("group \(method) has no subgroup")
            return
        }
        #expect(vector.q.bytes.count * 8 == orderBits)
        #expect(throws: Never.self) {
            var random = FixedRandom(seed: 5)
            let value = try KeyExchange(method, random: &random).publicValue
            try KeyExchange.validate(value, for: method)
        }
    }

    private func failure(_ body: () throws(KeyExchangeFailure) -> Void) -> KeyExchangeFailure? {
        do throws(KeyExchangeFailure) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    /// 2^(8 * count) less the number.
    private func negated(_ number: [UInt8]) -> [UInt8] {
        var result = number.map { ~$0 }
        for index in result.indices.reversed() {
            let (sum, overflow) = result[index].addingReportingOverflow(1)
            result[index] = sum
            if !overflow { break }
        }
        return result
    }
}
