import IPsec
import Netlink
import Synchronization

@testable import XFRM

/// What the kernel has, read without the code under test keeping any books.
enum KernelDump {
    private final class Found: Sendable {
        let associations = Mutex<[SecurityAssociation]>([])
    }

    static func associations() throws -> [SecurityAssociation] {
        let found = Found()
        var pipeline = try NetlinkPipeline(.xfrm)
        pipeline.carryOut([
            NetlinkExchange(NetlinkRequest(dump: XFRMMessage.getState)) { _, payload in
                if let association = try? SecurityAssociation(kernel: payload, assuming: .inbound) {
                    found.associations.withLock { $0.append(association) }
                }
            } completion: { _ in
            }
        ])
        return found.associations.withLock { $0 }
    }
}
