import IPsec
import LinuxIO

/// A second descriptor for the daemon's NAT traversal socket: what is read from it is read here, and ESP leaves by it.
final class EncapsulationSocket: Sendable {
    let local: Endpoint
    /// Takes IKE messages, without their marker; called on the thread of a worker.
    let deliver: @Sendable ([UInt8], Path) -> Void
    private let descriptor: FileDescriptor

    /// Room for what waits to be read or sent, in octets: some milliseconds at full speed.
    private static let room: Int32 = 8 << 20

    init(duplicating number: Int32, deliver: @escaping @Sendable ([UInt8], Path) -> Void) throws(SystemError)
    {
        local = try DatagramSocket.local(of: number)
        descriptor = try FileDescriptor.duplicate(number)
        self.deliver = deliver
        DatagramSocket.joinDatagrams(number)
        DatagramSocket.setBuffers(octets: Self.room, of: number)
    }

    var number: Int32 { descriptor.number }
}
