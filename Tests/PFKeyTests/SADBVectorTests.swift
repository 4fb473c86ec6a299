import IPsec
import Testing

@testable import PFKey

/// Byte for byte against what racoon, setkey and the database they talked to wrote.
@Suite struct SADBVectorTests {
    private static let names: [SADBExtensionType: String] = [
        .association: "SA", .association2: "SA2", .lifetimeHard: "LTH", .lifetimeSoft: "LTS",
        .lifetimeCurrent: "LTC", .addressSource: "SRC", .addressDestination: "DST",
        .keyAuthentication: "KEYA", .keyEncryption: "KEYE", .policy: "POLICY",
        .supportedAuthentication: "SUPA", .supportedEncryption: "SUPE",
    ]

    /// Messages with these extensions only.
    private static func recorded(_ isFromDatabase: Bool, having name: String) -> [RecordedMessage] {
        RecordedMessage.all.filter {
            $0.isFromDatabase == isFromDatabase && $0.extensions.contains(name)
        }
    }

    private static func decode(_ recorded: RecordedMessage) throws -> SADBMessage {
        try SADBMessage(decoding: recorded.bytes.span)
    }

    @Test func allMessagesAreThere() {
        #expect(RecordedMessage.all.count == 90)
    }

    @Test(arguments: RecordedMessage.all)
    func aMessageIsReadAsRecordedAndWrittenAgain(_ recorded: RecordedMessage) throws {
        let message = try Self.decode(recorded)
        #expect(message.header.error == SADBErrorNumber(UInt8(recorded.errno)))
        #expect(message.header.satype == SADBSatype(UInt8(recorded.satype)))
        #expect(message.header.sequence == recorded.sequence)
        #expect(message.extensions.map { $0.type.flatMap { Self.names[$0] } } == recorded.extensions)
        #expect(try message.encoded() == recorded.bytes)
        #expect(recorded.length == recorded.bytes.count)
    }

    @Test(arguments: recorded(true, having: "SA"))
    func anAnswerAboutAnSAIsBuiltFromItsRecord(_ recorded: RecordedMessage) throws {
        let message = try Self.decode(recorded)
        let record = try SADEntryReading(message: message, dialect: .own).record()
        #expect(try SADBReply(.own).association(record, message.header).encoded() == recorded.bytes)
    }

    @Test(arguments: recorded(true, having: "POLICY"))
    func anAnswerAboutAPolicyIsBuiltFromItsRecord(_ recorded: RecordedMessage) throws {
        let message = try Self.decode(recorded)
        let record = try SPDEntryReading(message: message).record()
        var built = SADBReply(.own).policy(record, message.header)
        built.header.reserved = message.header.reserved
        #expect(try built.encoded() == recorded.bytes)
    }

    @Test(arguments: recorded(true, having: "SUPA"))
    func theAlgorithmsOfLinuxAreListedAsTheyWereRead(_ recorded: RecordedMessage) throws {
        let message = try Self.decode(recorded)
        let algorithms = SADBAlgorithms(
            authentication: try #require(message.supported(.authentication)).algorithms,
            encryption: try #require(message.supported(.encryption)).algorithms)
        #expect(try SADBReply.registered(algorithms, message.header).encoded() == recorded.bytes)
    }

    @Test(arguments: recorded(false, having: "KEYE"))
    func racoonsRequestForAnSAIsBuiltFromItsEntry(_ recorded: RecordedMessage) throws {
        let message = try Self.decode(recorded)
        let entry = try SADEntryReading(message: message, dialect: .own).entry()
        // What is asked for has no state yet; racoon as responder leaves its own port in the addresses.
        let port = recorded.file.contains("responder") ? UInt16(500) : 0
        let extensions = try SADEntryWriting(SADRecord(entry, state: .larval), .own).request().map { part in
            guard case .address(let role, var address) = part else { return part }
            address.endpoint.port = port
            return .address(role, address)
        }
        #expect(try SADBMessage(message.header, extensions).encoded() == recorded.bytes)
    }

    @Test(arguments: recorded(false, having: "POLICY"))
    func setkeysRequestForAPolicyIsBuiltFromItsEntry(_ recorded: RecordedMessage) throws {
        let message = try Self.decode(recorded)
        let entry = try SPDEntryReading(message: message).entry()
        let extensions = SPDEntryWriting(SPDRecord(entry, index: 0)).request()
        #expect(try SADBMessage(message.header, extensions).encoded() == recorded.bytes)
    }
}
