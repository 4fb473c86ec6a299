import Foundation
import IPsec
import Testing

@testable import KeyAdministration

@Suite struct ListingTests {
    private static var clock: ListingClock { ListingClock(now: GoldenRecords.moment) { _ in 0 } }

    private static func associations(
        _ records: [SADRecord], _ style: AssociationListing.Style, process: Int32 = 1
    ) -> String {
        written { output in
            var listing = AssociationListing(style, process: process, clock: clock, output: output)
            for record in records { listing.add(record) }
            listing.finish()
        }
    }

    private static func policies(_ records: [SPDRecord], showsPorts: Bool, process: Int32 = 1) -> String {
        written { output in
            var listing = PolicyListing(
                showsPorts: showsPorts, process: process, names: .common, clock: clock, output: output)
            for record in records { listing.add(record) }
            listing.finish()
        }
    }

    @Test(arguments: [("setkey-D-082.txt", false, Int32(22862)), ("setkey-Dp-082.txt", true, 22863)])
    func associationsAsSetkeyWritesThem(file: String, showsPorts: Bool, process: Int32) throws {
        let style = AssociationListing.Style(keys: .shown, showsPorts: showsPorts)
        let text = Self.associations(GoldenRecords.associations, style, process: process)
        #expect(text == (try golden(file)))
    }

    @Test(arguments: [("setkey-DP-082.txt", false, Int32(22864)), ("setkey-DPp-082.txt", true, 22865)])
    func policiesAsSetkeyWritesThem(file: String, showsPorts: Bool, process: Int32) throws {
        let text = Self.policies(GoldenRecords.policies, showsPorts: showsPorts, process: process)
        #expect(text == (try golden(file)))
    }

    @Test func anEmptyDatabaseSaysSo() {
        #expect(Self.associations([], .init(keys: .shown)) == "No SAD entries.\n")
        #expect(Self.policies([], showsPorts: false) == "No SPD entries.\n")
    }

    @Test func maskedKeysShowNoDigit() {
        let text = Self.associations(GoldenRecords.associations, .init(keys: .masked))
        #expect(text.contains("\tE: aes-cbc  **** **** **** ****\n"))
        #expect(text.contains("\tA: hmac-sha1  **** **** **** **** ****\n"))
        #expect(!text.contains("01234567 89abcdef"))
        #expect(!text.contains("31323334"))
    }

    @Test func deadAssociationsShowOnlyWhenAskedFor() {
        var record = GoldenRecords.associations[4]
        record.state = .dead
        #expect(Self.associations([record], .init(keys: .shown)) == "")
        let all = Self.associations([record], .init(keys: .shown, showsDead: true))
        #expect(all.contains("state=dead \n"))
    }

    @Test func larvalAssociationsHaveNoAlgorithms() {
        var record = GoldenRecords.associations[4]
        record.state = .larval
        record.entry.transform = .none
        let text = Self.associations([record], .init(keys: .shown))
        #expect(
            text.contains("reqid=7(0x00000007)\n\tseq=0x00000000 replay=32 flags=0x00000000 state=larval \n"))
    }

    @Test func unknownAlgorithmsKeepTheDatabasesName() {
        var record = GoldenRecords.associations[4]
        record.entry.transform = .esp(
            KeyedCipher(.foreign("cbc(serpent)"), key: GoldenRecords.key("1234567890123456")),
            KeyedIntegrity(.foreign("hmac(sm3)"), key: GoldenRecords.key("1234"), icvBits: 256))
        let text = Self.associations([record], .init(keys: .shown))
        #expect(text.contains("\tE: cbc(serpent)  31323334 35363738 39303132 33343536\n"))
        #expect(text.contains("\tA: hmac(sm3)  31323334\n"))
    }

    @Test func whatSetkeyHasNoWordsForStandsInALineOfItsOwn() {
        var record = GoldenRecords.associations[4]
        record.entry.options.mark = Mark(value: 42)
        record.entry.options.interfaceID = 7
        record.entry.options.direction = .outbound
        record.entry.options.flags = [.noPMTUDiscovery]
        let text = Self.associations([record], .init(keys: .shown))
        #expect(text.contains(" flags=0x20000000 "))
        #expect(text.contains("\n\tmark=0x2a/0xffffffff if_id=7 dir=out nopmtudisc\n\tsadb_seq=0 "))
    }

    @Test func securityContextAndOriginalAddress() {
        var record = GoldenRecords.associations[1]
        record.entry.encapsulation?.originalAddress = GoldenRecords.address("10.9.9.9")
        record.entry.options.securityContext = SecurityContext(domain: 1, algorithm: 1, text: "system_u")
        let text = Self.associations([record], .init(keys: .shown))
        #expect(text.contains("reqid=0(0x00000000)\n\tNAT OA=10.9.9.9\n\tE: "))
        #expect(
            text.contains(
                "\tsecurity context doi: 1\n\tsecurity context algorithm: 1\n\tsecurity context length: 8\n"
                    + "\tsecurity context: system_u\n\tsadb_seq="))
    }

    @Test func policiesOfSocketsHaveNoSelector() {
        var record = GoldenRecords.policies[3]
        record.index = 275
        record.entry.policy.priority = 0
        let text = Self.policies([record], showsPorts: false)
        #expect(text.hasPrefix("(per-socket policy) \n\tin(socket) none\n\tcreated: "))
    }

    @Test func shortLines() {
        var record = GoldenRecords.associations[4]
        record.entry.id = SecurityAssociationID(
            destination: GoldenRecords.address("10.0.0.2"), protocol: .esp, spi: SPI(0x999))
        record.entry.lifetime.hardTime = .seconds(100)
        let text = written { output in
            let listing = ShortListing(output: output)
            listing.writeHeader()
            listing.write(record, clock: Self.clock)
            var later = Self.clock
            later.now += 1000
            listing.write(GoldenRecords.associations[1], clock: later)
        }
        #expect(
            text == """
                time p   s spi      ltime   src -> dst
                0718 esp M 00000999   0/100 10.0.0.1 -> 10.0.0.2
                2358 esp M 00001004 big/0   10.0.0.1[4500] -> 10.0.0.2[4501]

                """)
    }

    @Test func timesAreLocalAndDaysPaddedWithABlank() {
        var clock = ListingClock(now: 0) { _ in 3600 }
        // 2026-11-01T23:30:00Z
        #expect(clock.text(1_793_575_800) == "Nov  2 00:30:00 2026")
        #expect(clock.text(0) == String(repeating: " ", count: 20))
    }

    @Test func aLongDumpIsWrittenAsItArrives() {
        let collected = CollectedText()
        let output = collected.output(limit: 4096)
        var listing = AssociationListing(.init(keys: .shown), process: 1, clock: Self.clock, output: output)
        for _ in 0..<100 { listing.add(GoldenRecords.associations[4]) }
        #expect(collected.writes >= 10)
    }

    private func golden(_ name: String) throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        return try String(contentsOf: folder.appending(path: "Vectors/\(name)"), encoding: .utf8)
    }
}
