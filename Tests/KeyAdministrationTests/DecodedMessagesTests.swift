import IPsec
import PFKey
import Testing

@testable import KeyAdministration

@Suite struct DecodedMessagesTests {
    private func dump(_ records: [SADRecord]) throws -> [UInt8] {
        var octets: [UInt8] = []
        for (number, record) in records.enumerated() {
            let header = SADBHeader(
                .dump, SADBSatype(record.entry.id.protocol), sequence: UInt32(number), process: 7)
            octets += try SADBReply(.linux).association(record, header).encoded()
        }
        return octets
    }

    @Test func messagesOfAFileArePrinted() throws {
        let fixture = SessionFixture()
        fixture.octets["a"] = try dump([GoldenRecords.associations[4], GoldenRecords.associations[2]])
        #expect(fixture.run("a") == 0)
        #expect(fixture.complaints == "")
        #expect(
            fixture.output.hasPrefix(
                "dump seq=0 pid=7\n10.0.0.1 10.0.0.2 \n\tesp mode=tunnel spi=4097(0x00001001)"))
        #expect(fixture.output.contains("dump seq=1 pid=7\n10.0.0.1 10.0.0.2 \n\tipcomp mode=transport"))
    }

    @Test(arguments: [0, 1, 15, 16, 17, 100, 200])
    func aFileThatIsCutShortIsTold(count: Int) throws {
        let fixture = SessionFixture()
        fixture.octets["a"] = Array(try dump([GoldenRecords.associations[4]]).prefix(count))
        #expect(fixture.run("a") == 1)
        #expect(fixture.complaints.hasPrefix("swiftkey: a: "))
    }

    @Test(arguments: 0..<200)
    func changedOctetsNeverEndTheProgram(seed: Int) throws {
        var generator = SplitMix(state: UInt64(seed))
        var octets = try dump(GoldenRecords.associations)
        for _ in 0..<4 {
            octets[Int.random(in: octets.indices, using: &generator)] = UInt8.random(
                in: 0...255, using: &generator)
        }
        let fixture = SessionFixture()
        fixture.octets["a"] = octets
        #expect([0, 1].contains(fixture.run("a")))
    }
}
