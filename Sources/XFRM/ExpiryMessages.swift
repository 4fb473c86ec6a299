import IPsec
import Netlink

/// Which limit of an entry is told to be reached.
package enum ExpiryLimit: UInt8, Sendable {
    /// Listeners are told; the entry stays.
    case soft = 0
    /// The entry goes.
    case hard = 1
}

/// Limits that are told to be reached, rather than reached.
enum ExpiryMessages {
    /// EXPIRE.
    static func expire(_ entry: SADEntry, _ limit: ExpiryLimit) -> NetlinkRequest {
        var request = NetlinkRequest(type: XFRMMessage.expire)
        request.put(entry)
        request.put(limit.rawValue)
        request.putZeros(7)
        request.put(entry.options.mark)
        return request
    }

    /// POLEXPIRE.
    static func expire(_ entry: SPDEntry, _ limit: ExpiryLimit) -> NetlinkRequest {
        var request = NetlinkRequest(type: XFRMMessage.policyExpire)
        request.put(entry)
        request.put(limit.rawValue)
        request.putZeros(7)
        request.putTable(entry.table)
        request.put(entry.mark)
        if entry.interfaceID != 0 { request.putAttribute(XFRMAttribute.interfaceID, entry.interfaceID) }
        return request
    }
}
