import CLinux

/// A system call that can be trapped: answered by another process in the kernel's place.
package enum SystemCall: Hashable, Sendable, CaseIterable {
    case socket
    case sendTo
    case sendMessage
    case sendMessages
    case write
    case writeVector
    case receiveFrom
    case receiveMessage
    case setOption
    case getOption
    case getSocketName
    case getPeerName
    case bind
    case connect
    case listen
    case accept
    case acceptWithFlags
    case shutdown
    case duplicate
    case control

    /// This architecture's number.
    package var number: Int32 {
        let call =
            switch self {
            case .socket: linuxio_call_socket
            case .sendTo: linuxio_call_sendto
            case .sendMessage: linuxio_call_sendmsg
            case .sendMessages: linuxio_call_sendmmsg
            case .write: linuxio_call_write
            case .writeVector: linuxio_call_writev
            case .receiveFrom: linuxio_call_recvfrom
            case .receiveMessage: linuxio_call_recvmsg
            case .setOption: linuxio_call_setsockopt
            case .getOption: linuxio_call_getsockopt
            case .getSocketName: linuxio_call_getsockname
            case .getPeerName: linuxio_call_getpeername
            case .bind: linuxio_call_bind
            case .connect: linuxio_call_connect
            case .listen: linuxio_call_listen
            case .accept: linuxio_call_accept
            case .acceptWithFlags: linuxio_call_accept4
            case .shutdown: linuxio_call_shutdown
            case .duplicate: linuxio_call_dup
            case .control: linuxio_call_fcntl
            }
        return linuxio_call_number(call.rawValue)
    }

    package init?(number: Int32) {
        guard let call = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = call
    }
}
