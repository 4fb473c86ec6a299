import Synchronization

/// Request IDs that the server gives to policies of level `unique`, one row for all network namespaces.
enum RequestIDs {
    private static let last = Mutex(PolicyRequest.maximumManualRequestID)

    /// The next one that is not used.
    static func next(_ used: Set<UInt32>) -> UInt32 {
        last.withLock { last in
            repeat {
                last = last == .max ? PolicyRequest.maximumManualRequestID + 1 : last + 1
            } while used.contains(last)
            return last
        }
    }
}
