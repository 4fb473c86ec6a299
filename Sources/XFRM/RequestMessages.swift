package import IPsec
package import Netlink
import Wire

/// An administrator's requests as the kernel's messages.
package enum RequestMessages {
    /// Writes a request out; fails where the kernel's structures cannot hold it.
    package static func message(
        _ request: DatabaseRequest, traits: KernelTraits
    ) throws(DatabaseFailure) -> NetlinkRequest {
        switch request {
        case .addSA(let entry): try StateMessages.add(entry, traits: traits)
        case .updateSA(let entry): try StateMessages.update(entry, traits: traits)
        case .getSA(let key): StateMessages.get(key)
        case .deleteSA(let key): StateMessages.delete(key)
        case .flushSAD(let kind): StateMessages.flush(kind)
        case .allocateSPI(let entry, let range):
            try StateMessages.allocateSPI(entry, range, traits: traits)
        case .addPolicy(let entry): try PolicyMessages.add(entry)
        case .updatePolicy(let entry): try PolicyMessages.set(entry)
        case .getPolicy(let key): PolicyMessages.get(key)
        case .deletePolicy(let key): PolicyMessages.delete(key)
        case .flushSPD: PolicyMessages.flush()
        }
    }

    /// What a message tells that answers a request; nil for what no request asks for.
    static func answer(_ type: UInt16, _ payload: Span<UInt8>) -> DatabaseAnswer? {
        switch type {
        case XFRMMessage.newState: (try? SADRecord(kernel: payload)).map { .association($0) }
        case XFRMMessage.newPolicy: (try? SPDRecord(kernel: payload)).map { .policy($0) }
        default: nil
        }
    }
}
