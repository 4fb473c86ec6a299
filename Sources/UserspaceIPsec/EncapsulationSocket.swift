import IPsec
import LinuxIO

/// A second descriptor for the daemon's NAT traversal socket, to send ESP in UDP from.
final class EncapsulationSocket: Sendable {
    let local: Endpoint
    private let descriptor: FileDescriptor

    init(duplicating number: Int32) throws(SystemError) {
        local = try DatagramSocket.local(of: number)
        descriptor = try FileDescriptor.duplicate(number)
    }

    var number: Int32 { descriptor.number }
}
