import Glibc
import LinuxIO
import Netlink
package import PFKey
package import PFKeySocket
import XFRM

/// Gives each client the databases of the network namespace that its own netlink sockets are in.
package struct KernelHost: PFKeyHost {
    private let dialect: SADBDialect
    private let limits: PFKeyLimits
    private let report: @Sendable (String) -> Void
    private var places: [UInt64: PFKeyRoom<KernelPlane>] = [:]

    /// - Parameter report: is told what an administrator should know.
    package init(
        _ dialect: SADBDialect, _ limits: PFKeyLimits, report: @escaping @Sendable (String) -> Void
    ) {
        self.report = report
        self.dialect = dialect
        self.limits = limits
    }

    package var rooms: [PFKeyRoom<KernelPlane>] { Array(places.values) }
    package var takesSilentClients: Bool { false }

    package mutating func admit(_ hello: PFKeyHello?) throws(PFKeyRefusal) -> PFKeySeat<KernelPlane> {
        guard let hello else {
            throw PFKeyRefusal(
                .noFamily,
                "This socket is for programs that swiftpfkey-run starts: "
                    + "each one's requests go to the kernel over netlink sockets of its own.")
        }
        do throws(NetlinkRefusal) {
            let requester = try Self.socket(hello)
            let events = try Self.socket(hello)
            guard requester.namespace == events.namespace else {
                throw NetlinkRefusal(code: EINVAL, explanation: "the sockets are of two namespaces")
            }
            // What the client may not do fails here, as its own socket call would.
            var probe = NetlinkRequest(type: XFRMMessage.getPolicyCount)
            probe.put(UInt32(0))
            try requester.carryOut(probe, sequence: 1, port: 0)
            return try seat(hello, requester, events)
        } catch {
            throw PFKeyRefusal(SADBErrorNumber(UInt8(clamping: error.code)), "\(error)")
        }
    }

    private static func socket(_ hello: PFKeyHello) throws(NetlinkRefusal) -> AdoptedNetlinkSocket {
        guard let descriptor = hello.descriptors.takeFirst() else {
            throw NetlinkRefusal(code: Int32(SADBErrorNumber.noFamily.value))
        }
        return try AdoptedNetlinkSocket(owning: descriptor.release(), .xfrm)
    }

    private mutating func seat(
        _ hello: PFKeyHello, _ requester: AdoptedNetlinkSocket, _ events: AdoptedNetlinkSocket
    ) throws(NetlinkRefusal) -> PFKeySeat<KernelPlane> {
        let room = places[requester.namespace] ?? room()
        let id = room.service.connect(hello.dialect(dialect))
        do throws(NetlinkRefusal) {
            try room.service.plane.seat(id, requests: requester, events: events)
        } catch {
            room.service.disconnect(id)
            throw error
        }
        places[requester.namespace] = room
        return PFKeySeat(room, id)
    }

    private func room() -> PFKeyRoom<KernelPlane> {
        PFKeyRoom(PFKeyService(KernelPlane(report: report), limits: limits)) { $0.eventDescriptors }
    }

    /// The sockets of a namespace are closed with its last client: they would keep it.
    package mutating func release(_ seat: PFKeySeat<KernelPlane>) {
        seat.room.service.disconnect(seat.id)
        if seat.room.service.isEmpty { places = places.filter { $0.value !== seat.room } }
    }
}
