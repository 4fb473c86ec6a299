import IPsec
import SetkeyScript
import SourceText

/// The SAs that `ip xfrm state` lists.
struct KernelStateReader {
    private var words: StateWords
    private let names: NameServices
    /// Words that were said to be unknown.
    private var unknown: Set<String> = []

    init(_ file: SourceFile, _ names: NameServices) {
        words = StateWords(file)
        self.names = names
    }

    mutating func next(_ remarks: inout [Diagnostic]) throws(Diagnostic) -> [StatedAssociation]? {
        words.skipToAssociation()
        guard words.next != nil else { return nil }
        let place = words.location
        words.skip()
        var association = KernelState(source: try words.takeParsed("an address") { IPAddress($0) })
        guard words.skip("dst") else { throw words.location.error("expected 'dst' and an address") }
        association.destination = try words.takeParsed("an address") { IPAddress($0) }
        while let word = words.next, word != "src" {
            let location = words.location
            words.skip()
            guard try !association.take(word, from: &words, names) else { continue }
            if unknown.insert(word).inserted {
                remarks.append(location.notice("this word is not known here, and is left out"))
            }
        }
        if let reason = association.reasonToSkip {
            remarks.append(place.notice(reason))
            return []
        }
        let entry = try association.entry(at: place)
        return [StatedAssociation(entry: entry, location: place, coverage: PacketCoverage(entry))]
    }
}
