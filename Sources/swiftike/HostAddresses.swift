import IKEDaemon
import InnerAddresses
import Negotiation

extension HostAddressing {
    /// This host's loopback interface and routing tables.
    ///
    /// - Parameter routing: whether packets need routes of ours to come to the data plane.
    static func host(routing: Bool) -> HostAddressing {
        let addresses = InnerAddresses()
        return HostAddressing(
            add: { address in trouble { () throws(InnerAddresses.Failure) in try addresses.add(address) } },
            remove: { address in
                trouble { () throws(InnerAddresses.Failure) in try addresses.remove(address) }
            },
            route: { network, source, gateway in
                trouble { () throws(InnerAddresses.Failure) in
                    if routing { try addresses.route(network, from: source, towards: gateway) }
                }
            },
            unroute: { network, source in
                trouble { () throws(InnerAddresses.Failure) in
                    if routing { try addresses.unroute(network, from: source) }
                }
            })
    }

    private static func trouble(_ action: () throws(InnerAddresses.Failure) -> Void) -> String? {
        do throws(InnerAddresses.Failure) {
            try action()
            return nil
        } catch { return error.sentence }
    }
}
