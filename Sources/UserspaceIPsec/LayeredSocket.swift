import ESP
import IPsec
import LinuxIO

/// A raw socket for packets of IPsec other than ESP.
struct LayeredSocket: Sendable {
    /// The IP protocol number.
    let number: UInt8
    let socket: RawSocket

    /// IP in IP (4 and 41), AH and IPComp.
    static let protocols: [UInt8] = [4, 41, SecurityProtocol.ah.rawValue, SecurityProtocol.ipcomp.rawValue]

    init(_ number: UInt8, _ socket: RawSocket) {
        self.number = number
        self.socket = socket
    }

    /// Whether an SA may want what it receives.
    func isNeeded(_ snapshot: Snapshot) -> Bool {
        guard let wanted = SecurityProtocol(rawValue: number) else {
            return snapshot.hasCompressedTunnels
        }
        return snapshot.protocols.contains(wanted)
    }
}

extension ReceiveBatch {
    /// Where the IP packet is: the kernel gives IPv4 with its header, and IPv6 without.
    ///
    /// Extension headers are put back where the socket asked for them, which AH covers (RFC 4302 section 3.1.1).
    func wholePacket(
        _ train: DatagramTrain, _ index: Int, _ socket: LayeredSocket
    ) throws(PacketDrop) -> Range<Int> {
        guard socket.socket.family == .ipv6 else { return train.range }
        let outer = ESPPacket.Outer(
            source: train.path.remote.address, destination: train.path.local.address,
            trafficClass: train.trafficClass)
        let extensions = extensionHeaders(index)
        let payload = train.range.lowerBound - (extensions?.count ?? 0)..<train.range.upperBound
        do throws(DropReason) {
            return try buffers[index].withMutableBytes { bytes throws(DropReason) in
                try InboundChain.restoreIPv6Header(
                    before: payload, in: &bytes, outer, nextProtocol: extensions?.first ?? socket.number)
            }
        } catch {
            throw .engine(error)
        }
    }
}
