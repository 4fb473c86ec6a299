import IPsec
import KeyMaterial
import TestSupport
import Testing

@testable import PFKey

@Suite struct SADBMessageTests {
    private static let header = "0203000302000000 0100000002000000"

    private static func decode(_ hexadecimal: String) throws -> SADBMessage {
        let bytes = try #require(octets(hexadecimal: hexadecimal.filter { $0 != " " }))
        return try SADBMessage(decoding: bytes.span)
    }

    private static func failure(_ hexadecimal: String) -> SADBError? {
        #expect(throws: SADBError.self) { _ = try decode(hexadecimal) }
        do { _ = try decode(hexadecimal) } catch let error as SADBError { return error } catch {}
        return nil
    }

    /// A message of one or more extensions, its header's length set.
    private static func message(_ body: String) -> String {
        let body = body.filter { $0 != " " }
        let units = (16 + body.count / 2) / 8
        return "02030003" + String(format: units) + "00000100000002000000" + body
    }

    @Test(arguments: [
        ("0203000302", SADBErrorNumber.size), ("0103000302000000 0100000002000000", .invalid),
        ("0219000302000000 0100000002000000", .invalid), ("0200000302000000 0100000002000000", .invalid),
        ("0203000303000000 0100000002000000", .size), ("0203000301000000 0100000002000000", .size),
    ])
    func aWrongHeaderIsRefusedBeforeAnythingElse(_ bytes: String, _ number: SADBErrorNumber) {
        let error = Self.failure(bytes)
        #expect(error?.kind == .header)
        #expect(error?.number == number)
    }

    @Test(arguments: ["ff", "ffffff", "00000000", "0100ff00", "ffffffffffffff"])
    func strayOctetsAfterAMessageAreNoExtension(_ stray: String) {
        let error = Self.failure(Self.header + stray)
        #expect(error?.kind == .malformed)
        #expect(error?.number == .invalid)
    }

    @Test(arguments: [
        // An SA, a lifetime and a key with more than they hold, an identity and a proposal of nonsense.
        "0300010000001001 0401030c00000000 ffffffffffffffff",
        "0500030000000000 0000000000000000 0000000000000000 0000000000000000 ffffffffffffffff",
        "0300090008000000 ff00000000000000 ffffffffffffffff", "02000a0003000000 ffffffffffffffff",
        "02000d0020000000 ffffffffffffffff", "0200190000000000 ffffffffffffffff",
        // A policy that asks for nothing, and what would be requests.
        "0300120001000200 0000000000000000 ffffffffffffffff",
    ])
    func whatLinuxDoesNotLookIntoIsTaken(_ body: String) throws {
        let bytes = try #require(octets(hexadecimal: Self.message(body)))
        #expect(try SADBMessage(decoding: bytes.span).extensions.count == 1)
    }

    @Test(arguments: [
        ("0000010000000000", "SADB_EXT_SA"), ("0300010000000000", "SADB_EXT_SA"),
        ("0100010000000000", "SADB_EXT_SA"), ("0100000000000000", "0"),
        // An address of a family nobody knows, and a prefix that is too long.
        ("0300050000200000 07000000c0000201 0000000000000000", "SADB_EXT_ADDRESS_SRC"),
        ("0300050000210000 02000000c0000201 0000000000000000", "SADB_EXT_ADDRESS_SRC"),
        // A key that says more bits than it has.
        ("0200090041000000 0000000000000000", "SADB_EXT_KEY_ENCRYPT"),
        // The same twice.
        ("0100140002000000 0100140002000000", "SADB_X_EXT_NAT_T_TYPE"),
    ])
    func aWrongExtensionIsNamed(_ body: String, _ name: String) throws {
        let error = try #require(Self.failure(Self.message(body)))
        #expect(error.kind == .malformed)
        #expect(error.number == .invalid)
        #expect(error.explanation.contains("extension \(name) "), "\(error)")
    }

    @Test(arguments: [
        // Identity, sensitivity, private, NAT-T with ports and OA, context, KM addresses, filter, unknown.
        "02000a0002000000 0700000000000000", "02000c0001000000 0000000000000000",
        "0200110001020304 0506070809000000",
        "0100140002000000 0100150011940000 0100160011950000 0300170000200000 02000000c0000201 0000000000000000",
        "0200180001010400 61626300 00000000",
        "0500190000000000 02000000c0000201 0000000000000000 02000000c0000202 0000000000000000",
        "05001a00 c0000200000000000000000000000000 c0000300000000000000000000000000 02001818",
        "0200ff000102030405060708090a0b0c", "0200100000010000 ff0f000000000000",
        "03000700ff000000 020000000a000000 0000000000000000",
    ])
    func everyExtensionIsWrittenAsItWasRead(_ body: String) throws {
        let bytes = try #require(octets(hexadecimal: Self.message(body)))
        #expect(try SADBMessage(decoding: bytes.span).encoded() == bytes)
    }

    @Test(arguments: [
        // One that ends after the policy, and one that is no request.
        "0400120002000200 0000000000000000 1100320001020000 0000000000000000",
        "0400120002000200 0000000000000000 0800320001020000 0000000000000000",
    ])
    func aRequestOfImpossibleLengthIsNamedWhenItIsReadThatFar(_ body: String) throws {
        let bytes = try #require(octets(hexadecimal: Self.message(body)))
        let message = try SADBMessage(decoding: bytes.span)
        let error = #expect(throws: SADBError.self) { _ = try message.policy?.requests }
        #expect(error?.number == .invalid)
        #expect(error?.explanation.contains("SADB_X_EXT_POLICY") == true)
    }

    @Test func anIPv6TunnelIsWrittenWithoutPaddingBetweenItsAddresses() throws {
        let source = try #require(IPAddress("fd00::1"))
        let destination = try #require(IPAddress("fd00::2"))
        let selector = Selector(source: .any(.ipv6), destination: IPPrefix(host: destination))
        let template = PolicyTemplate(
            protocol: .esp, mode: .tunnel, tunnelSource: source, tunnelDestination: destination,
            level: .unique(requestID: 9))
        let entry = SPDEntry(
            SecurityPolicy(selector: selector, direction: .forward, action: .protect([template])))
        let bytes = try SADBMessage(
            SADBHeader(.policyAdd), SPDEntryWriting(SPDRecord(entry, index: 0)).request()
        ).encoded()
        // Header 16, policy 16 + 16 + 56, two addresses of 40.
        #expect(bytes.count == 16 + 88 + 80)
        let read = try SADBMessage(decoding: bytes.span)
        #expect(try SPDEntryReading(message: read).entry() == entry)
    }

    @Test func aLongSentenceIsCarriedBesideTheErrorNumber() throws {
        let error = SADBError(.unsupported, .noAlgorithm, "There is no such algorithm – „none“.")
        let bytes = try SADBReply(.own).refusal(error, SADBHeader(.add, .esp)).encoded()
        let message = try SADBMessage(decoding: bytes.span)
        #expect(message.explanation == error.explanation)
        #expect(message.header.error == .noAlgorithm)
        #expect(try SADBReply(.linux).refusal(error, SADBHeader(.add, .esp)).encoded().count == 16)
    }
}

extension String {
    /// Two octets in host byte order of a little-endian host, as the vectors are.
    fileprivate init(format units: Int) {
        let low = String(units & 0xff, radix: 16)
        self = (low.count == 1 ? "0" : "") + low + "00"
    }
}
