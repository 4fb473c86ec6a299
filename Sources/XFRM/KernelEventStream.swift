import IPsec
import Netlink
import Wire

/// All events of the kernel's databases, read by the thread that asks.
struct KernelEventStream {
    private let socket: NetlinkSocket

    /// Room for events that wait, octets; one takes up to 2 KiB.
    static let space: Int32 = 8 << 20

    /// Joins all groups.
    init() throws(NetlinkRefusal) {
        socket = try NetlinkSocket(.xfrm)
        socket.setReceiveSpace(Self.space)
        for group in XFRMGroup.all { try socket.join(group: group) }
    }

    /// Gives events until `each` returns false.
    func read(_ each: (DatabaseEvent) -> Bool) throws(NetlinkRefusal) {
        var goesOn = true
        while goesOn {
            let reception = socket.receive { datagram in
                // An event that ends early is dropped; those before it in the datagram were delivered.
                try? datagram.forEachNetlinkMessage { header, payload throws(WireError) in
                    guard goesOn else { return }
                    goesOn = each(try DatabaseEvents.decode(header.type, payload))
                }
            }
            switch reception {
            case .datagram, .nothing: break
            case .overrun: goesOn = each(.lost)
            case .failed(let refusal): throw refusal
            }
        }
    }
}
