import Testing

@testable import PFKey

@Suite("Who hears acquires of the kernel")
struct PFKeyListenersTests {
    /// Notes who listens.
    private struct Plane: PFKeyPlane {
        var listening: Set<PFKeyClientID> = []

        func perform(
            _ request: SADBMessage, of client: PFKeyClientID, _ dialect: SADBDialect
        ) -> PFKeyOutcome { .told([]) }
        func algorithms(for client: PFKeyClientID) -> SADBAlgorithms {
            SADBAlgorithms(authentication: [], encryption: [])
        }
        mutating func listen(_ isWanted: Bool, for client: PFKeyClientID) {
            if isWanted { listening.insert(client) } else { listening.remove(client) }
        }
        func takeEvents() -> [PFKeyNotice] { [] }
        mutating func forget(_ client: PFKeyClientID) { listening.remove(client) }
    }

    @Test("those that registered, and while there is one, those that see everything")
    func listeners() throws {
        var service = PFKeyService(Plane())
        let (registered, promiscuous, other) = (
            service.connect(.linux), service.connect(.linux), service.connect(.linux)
        )
        func send(_ header: SADBHeader, _ id: PFKeyClientID) throws {
            try service.receive(SADBMessage(header).encoded(), from: id)
        }
        try send(SADBHeader(.promiscuous, SADBSatype(1)), promiscuous)
        // Alone it hears none: the kernel would make larval SAs that nobody negotiates.
        #expect(service.plane.listening.isEmpty)
        try send(SADBHeader(.register, .esp), registered)
        #expect(service.plane.listening == [registered, promiscuous])
        try send(SADBHeader(.promiscuous, SADBSatype(0)), promiscuous)
        #expect(service.plane.listening == [registered])
        try send(SADBHeader(.promiscuous, SADBSatype(1)), other)
        #expect(service.plane.listening == [registered, other])
        service.disconnect(registered)
        #expect(service.plane.listening.isEmpty)
    }
}
