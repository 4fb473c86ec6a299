import CLinux
import Glibc

/// A system call of another process that waits for its answer.
package struct TrappedCall: Hashable, Sendable {
    fileprivate let id: UInt64
    /// The thread that makes it.
    package let thread: Int32
    package let call: SystemCall
    package let arguments: [UInt64]

    /// An argument that is an int to the kernel.
    package func number(_ argument: Int) -> Int32 { Int32(truncatingIfNeeded: arguments[argument]) }
}

/// Where trapped calls of a program, and of all that it starts, are taken and answered.
package struct CallListener: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    /// Puts this process under a filter for ever.
    ///
    /// Without CAP_SYS_ADMIN neither it nor what it starts can gain rights from then on.
    package static func install(_ filter: CallFilter) throws(SystemError) -> CallListener {
        let instructions = filter.instructions.map {
            linuxio_instruction(
                code: $0.code, if_true: $0.ifTrue, if_false: $0.ifFalse, operand: $0.operand)
        }
        let count = UInt16(clamping: instructions.count)
        let number = unsafe linuxio_trap_install(instructions, count)
        return CallListener(FileDescriptor(owning: try SystemError.check(number, "seccomp")))
    }

    private init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    /// Takes over the listener that another process sends over a Unix socket.
    package init(from channel: borrowing FileDescriptor) throws(SystemError) {
        let number = try SystemError.check(linuxio_take_descriptor(channel.number), "recvmsg")
        descriptor = FileDescriptor(owning: number)
    }

    /// Sends it to another process over a Unix socket.
    package consuming func hand(over channel: borrowing FileDescriptor) throws(SystemError) {
        _ = try SystemError.check(linuxio_pass_descriptor(channel.number, descriptor.number), "sendmsg")
    }

    /// The number, for a poller: it breaks when nobody is under the filter any more.
    package var number: Int32 { descriptor.number }

    /// Takes the next call; nil if its thread has gone meanwhile, or it is of a kind that is not known.
    package borrowing func next() throws(SystemError) -> TrappedCall? {
        var taken = linuxio_trapped_call()
        let code = unsafe linuxio_trap_take(descriptor.number, &taken)
        if code == -ENOENT || code == -EINTR { return nil }
        _ = try SystemError.check(code, "ioctl SECCOMP_IOCTL_NOTIF_RECV")
        guard let call = SystemCall(number: taken.number) else {
            _ = linuxio_trap_let_through(descriptor.number, taken.id)
            return nil
        }
        let (a, b, c, d, e, f) = taken.arguments
        return TrappedCall(id: taken.id, thread: taken.thread, call: call, arguments: [a, b, c, d, e, f])
    }

    /// Whether what was learned of a call's thread since the call came is about that thread, and not about another of its
    /// number.
    package borrowing func isWaiting(_ call: TrappedCall) -> Bool {
        linuxio_trap_is_waiting(descriptor.number, call.id) != 0
    }

    /// Lets a call return a value, or an error number negated.
    ///
    /// A thread that has gone needs no answer.
    package borrowing func answer(_ call: TrappedCall, _ value: Int64) {
        _ = linuxio_trap_answer(descriptor.number, call.id, value)
    }

    /// Lets the kernel perform a call after all.
    package borrowing func letThrough(_ call: TrappedCall) {
        _ = linuxio_trap_let_through(descriptor.number, call.id)
    }

    /// Opens a copy of a descriptor in the program, at a number, and lets the call return that number.
    package borrowing func give(
        _ call: TrappedCall, _ given: borrowing FileDescriptor, at place: Int32, closeOnExec: Bool
    ) {
        let code = linuxio_trap_give(
            descriptor.number, call.id, given.number, place, closeOnExec ? 1 : 0)
        if code < 0 { answer(call, Int64(code)) }
    }
}
