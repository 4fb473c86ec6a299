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
            return !snapshot.compressedTunnels.isEmpty
        }
        return snapshot.protocols.contains(wanted)
    }
}
