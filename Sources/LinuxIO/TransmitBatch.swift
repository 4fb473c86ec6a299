import CLinux
import Glibc
package import IPsec

/// Datagrams to one place, written one behind the other into one buffer and sent together.
///
/// On a UDP socket those of one size, the last of which may be shorter, leave in one call as one (UDP_SEGMENT); others,
/// and what a kernel or a path does not take so, with as few calls as possible.
@safe
package struct TransmitBatch: ~Copyable, @unchecked Sendable {  // why: the storage has one owner
    /// Where datagrams go and how.
    package struct Route: Equatable, Sendable {
        /// The socket's number.
        package var descriptor: Int32
        /// Whether it is a UDP socket.
        package var isUDP: Bool
        package var local: Endpoint
        package var remote: Endpoint
        /// DSCP and ECN bits.
        package var trafficClass: UInt8

        package init(
            descriptor: Int32, isUDP: Bool, local: Endpoint, remote: Endpoint, trafficClass: UInt8
        ) {
            self.descriptor = descriptor
            self.isUDP = isUDP
            self.local = local
            self.remote = remote
            self.trafficClass = trafficClass
        }
    }

    /// Where datagrams are written; behind `start` is room for one more.
    package let buffer: PacketBuffer
    /// Where the next may be written.
    package private(set) var start = 0
    private var refusedCount = 0
    private let pieces: UnsafeMutablePointer<iovec>
    private var count = 0
    private var octets = 0
    private var size = 0
    private var isLastShorter = false
    private var route: Route?

    /// UDP_MAX_SEGMENTS of older kernels.
    private static let limit = 64
    /// A UDP payload's largest size, rounded down.
    private static let octetLimit = 65_000

    /// Room for datagrams that need at most `largest` octets of buffer each.
    package init(largest: Int) {
        // Enough for a whole train, with what each datagram needs around it, and one of the largest.
        buffer = PacketBuffer(capacity: 2 * largest)
        unsafe pieces = .allocate(capacity: Self.limit)
    }

    deinit {
        unsafe pieces.deallocate()
    }

    /// Adds a datagram that lies at `range` of the buffer; it must have been written at `start` or behind.
    ///
    /// - Parameter end: where the next may be written.
    package mutating func append(_ range: Range<Int>, to route: Route, end: Int) {
        if count > 0, !takes(range.count, route) { send() }
        if count == 0 {
            self.route = route
            size = range.count
        }
        unsafe pieces[count] = buffer.piece(range)
        count += 1
        octets += range.count
        isLastShorter = range.count < size
        start = end
    }

    /// Sends what there is if fewer than `octets` octets of buffer are left.
    package mutating func makeRoom(_ octets: Int) {
        if start + octets > buffer.capacity { flush() }
    }

    /// Sends what there is, and begins anew at the front of the buffer.
    package mutating func flush() {
        send()
        start = 0
    }

    /// How many datagrams the kernel did not take since it was asked last.
    package mutating func takeRefusedCount() -> Int {
        defer { refusedCount = 0 }
        return refusedCount
    }

    private func takes(_ length: Int, _ route: Route) -> Bool {
        guard count < Self.limit, route == self.route else { return false }
        return !route.isUDP || !isLastShorter && length <= size && octets + length <= Self.octetLimit
    }

    private mutating func send() {
        guard count > 0, let route else { return }
        var ends = Ends(route)
        if !route.isUDP || count == 1 || !sendTrain(route, &ends) { sendSingly(route, &ends) }
        count = 0
        octets = 0
    }

    /// Both ends as the kernel takes them.
    private struct Ends {
        var local: linuxio_endpoint
        var remote: linuxio_endpoint

        init(_ route: Route) {
            local = route.local.address.isUnspecified ? linuxio_endpoint.none : linuxio_endpoint(route.local)
            remote = linuxio_endpoint(route.remote)
        }
    }

    /// Sends all in one call; false if the socket, the device or the path takes no trains.
    private mutating func sendTrain(_ route: Route, _ ends: inout Ends) -> Bool {
        let result = unsafe linuxio_send_pieces(
            route.descriptor, pieces, UInt32(count), UInt16(truncatingIfNeeded: size), &ends.local,
            &ends.remote, Int32(route.trafficClass))
        guard result < 0 else { return true }
        guard result == -EAGAIN || result == -ENOBUFS else { return false }
        refusedCount += count
        return true
    }

    private mutating func sendSingly(_ route: Route, _ ends: inout Ends) {
        var done = 0
        while done < count {
            let sent = unsafe linuxio_send_pieces(
                route.descriptor, pieces + done, UInt32(count - done), 0, &ends.local, &ends.remote,
                Int32(route.trafficClass))
            // One that is not taken does not keep the others.
            if sent <= 0 { refusedCount += 1 }
            done += max(Int(sent), 1)
        }
    }
}
