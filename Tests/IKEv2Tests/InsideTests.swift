import Foundation
import TestSupport
import Testing

@testable import IKEv2

@Suite("What a peer sends that holds the keys")
struct InsideTests {
    static let names = [
        "child", "compression", "rekey-child", "rekey-self", "delete-child", "delete-self", "fragments",
        "early-auth",
        "early-create",
    ]

    @Test("messages that the fuzz target starts from, whole and cut short", arguments: names)
    func seeds(name: String) throws {
        let file = VectorFile.packageRoot.appending(path: "Tests/Fuzz/Seeds/IKEv2Inside/\(name)")
        let octets = [UInt8](try Data(contentsOf: file))
        var peer = ScriptedPeer()
        try peer.open()
        let isEarly = octets.first == 0
        if !isEarly { try peer.authenticate() }
        for count in stride(from: octets.count - 1, to: 0, by: -7) {
            let complaint = InsideWalk.run(
                Array(octets.dropFirst().prefix(count)), from: peer, nextMessageID: isEarly ? 1 : 2)
            #expect(complaint == nil)
        }
    }
}
