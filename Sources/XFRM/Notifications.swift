import IPsec
import Netlink
import Wire

/// The kernel's events as a negotiation wants them.
enum Notifications {
    /// Reads an event; nil for one that is of no concern here (a larval SA, a protocol or policy it cannot say).
    static func decode(_ type: UInt16, _ payload: Span<UInt8>) throws(WireError) -> DatabaseNotification? {
        switch try DatabaseEvents.decode(type, payload) {
        case .acquire(let acquire): .acquire(acquire)
        case .expired(let record, let isHard): expiry(record.entry.id, isHard: isHard)
        case .mappingChanged(let key, _, let new): .mappingChanged(key.id, new: new)
        case .lost: .eventsLost
        case .added, .updated, .deleted, .flushedSAD, .addedPolicy, .updatedPolicy, .deletedPolicy,
            .expiredPolicy, .flushedSPD, .other:
            nil
        }
    }

    private static func expiry(_ id: SecurityAssociationID, isHard: Bool) -> DatabaseNotification? {
        guard id.spi.value != 0 else { return nil }
        return isHard ? .expired(id) : .expiring(id)
    }
}
