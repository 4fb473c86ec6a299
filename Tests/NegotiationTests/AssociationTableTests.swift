import Credentials
import IPsec
import Negotiation
import Testing

@Suite struct AssociationTableTests {
    private struct Sample: Equatable {
        var name: String
        var count = 0
    }

    @Test func changesInPlaceStay() {
        var table = AssociationTable<Int, Sample>()
        table[1] = Sample(name: "one")
        let place = table.place(of: 1)
        place?.association.count += 1
        #expect(table[1] == Sample(name: "one", count: 1))
        #expect(table.reading(1)?.association.count == 1)
        table[1]?.name = "uno"
        #expect(table[1] == Sample(name: "uno", count: 1))
        table[1] = nil
        let gone = table.place(of: 1)
        #expect(table.isEmpty && gone === nil && table[1] == nil)
    }

    @Test func copiesAreIndependent() {
        var table = AssociationTable<Int, Sample>()
        table[1] = Sample(name: "one")
        var copy = table
        copy.place(of: 1)?.association.count = 7
        copy[2] = Sample(name: "two")
        #expect(table[1]?.count == 0 && table.count == 1)
        #expect(copy[1]?.count == 7 && copy.keys.sorted() == [1, 2])
        #expect(copy.values.map(\.name).sorted() == ["one", "two"])
    }

    @Test func boxedValuesAreShared() {
        struct Owner {
            @Boxed var sample: Sample
        }
        let first = Owner(sample: Sample(name: "one"))
        var second = first
        second.sample.count = 3
        #expect(first.sample.count == 0 && second.sample == Sample(name: "one", count: 3))
    }

    @Test func indexFollowsPeers() {
        let (here, there) = (
            IPAddress(family: .ipv4, value: 0x7f00_0001), IPAddress(family: .ipv4, value: 0x7f00_0002)
        )
        var index = AssociationIndex<Int>()
        index.note(1, address: here, identity: nil)
        index.note(2, address: here, identity: .fqdn("b.example"))
        #expect(index.associations(with: here) == [1, 2])
        #expect(index.associations(with: .fqdn("b.example")) == [2])
        index.note(1, address: there, identity: .fqdn("b.example"))
        #expect(index.associations(with: here) == [2] && index.associations(with: there) == [1])
        #expect(index.associations(with: .fqdn("b.example")) == [1, 2])
        index.forget(2)
        index.forget(3)
        #expect(index.associations(with: here).isEmpty)
        #expect(index.associations(with: .fqdn("b.example")) == [1])
    }
}
