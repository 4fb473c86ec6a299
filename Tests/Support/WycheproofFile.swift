/// A file of Project Wycheproof's, which is read in place; members that some files lack are optional.
package struct WycheproofFile: Decodable {
    package struct Group: Decodable {
        package let tests: [Test]
    }

    package struct Test: Decodable {
        package let tcId: Int
        package let result: String
        package let flags: [String]
        package let key: HexOctets?
        package let iv: HexOctets?
        package let aad: HexOctets?
        package let msg: HexOctets?
        package let ct: HexOctets?
        package let tag: HexOctets?
        package let `public`: HexOctets?
        package let `private`: HexOctets?
        package let shared: HexOctets?

        package var isValid: Bool { result == "valid" }
    }

    package let testGroups: [Group]

    package static func read(_ name: String) throws -> WycheproofFile {
        try VectorFile.shared("wycheproof/\(name)", as: WycheproofFile.self)
    }
}
