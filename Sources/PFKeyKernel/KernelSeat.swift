import Netlink
import Wire
import XFRM

/// A client's two netlink sockets, and what is remembered of the events on one of them.
final class KernelSeat {
    let requests: AdoptedNetlinkSocket
    let events: AdoptedNetlinkSocket
    var memory = AssociationMemory()

    /// Room for events that wait, octets.
    private static var eventSpace: Int32 { 8 << 20 }

    /// Starts to hear events, acquires apart.
    init(requests: AdoptedNetlinkSocket, events: AdoptedNetlinkSocket) throws(NetlinkRefusal) {
        self.requests = requests
        self.events = events
        events.bind()
        events.setReceiveSpace(Self.eventSpace)
        for group in [
            XFRMGroup.expire, XFRMGroup.states, XFRMGroup.policies, XFRMGroup.migrations, XFRMGroup.mapping,
        ] {
            try events.hear(true, group: group)
        }
    }

    /// Hears acquires, and expiries with all there is to them; or no more.
    ///
    /// While nobody hears acquires the kernel makes no larval SAs, which nobody would negotiate.
    func listen(_ isWanted: Bool) {
        if isWanted { recall() }
        // What cannot be joined here could not be joined at the start.
        try? events.hear(isWanted, group: XFRMGroup.acquire)
    }

    /// Looks up what is there and was not told of, unless it is known already.
    func recall() {
        guard memory.isStale else { return }
        memory.clear()
        var request = NetlinkRequest(dump: XFRMMessage.getState)
        request.putAttribute(XFRMAttribute.protocolFilter) { $0.put(XFRMValue.anyIPsecProtocol) }
        // What fails here fails for the client's own requests too.
        try? requests.carryOut(request, sequence: 1, port: 0) { _, payload in
            if let association = (try? KernelAssociation(payload)) ?? nil {
                memory.note(association, isDying: nil)
            }
        }
    }

    /// Gives the events that wait; after a loss what is remembered is looked up again when it is needed.
    func takeEvents(_ body: (NetlinkHeader, Span<UInt8>) -> Void) {
        do throws(NetlinkRefusal) {
            var isThere = true
            while isThere { isThere = try events.receive(body) }
        } catch {
            memory.noteLoss()
        }
    }
}
