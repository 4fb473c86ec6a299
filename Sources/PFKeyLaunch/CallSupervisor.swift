import Glibc
package import LinuxIO

/// Answers the calls of a supervised program in the place of a kernel that has no PF_KEY.
///
/// What a call is about is learned from the program as it is now, not from what it did before: nothing is remembered of a
/// socket, so fork, exec, threads and passed descriptors need no attention. Sending is answered when the server has
/// acknowledged; others are served meanwhile.
package struct CallSupervisor: ~Copyable {
    private let listener: CallListener
    private let server: PFKeyServerChoice
    private let window: DescriptorWindow
    private var sends: [PendingSend] = []

    package init(
        _ listener: consuming CallListener, _ server: PFKeyServerChoice, _ window: DescriptorWindow
    ) {
        self.listener = listener
        self.server = server
        self.window = window
    }

    /// A call that is answered when the server has spoken.
    private struct PendingSend {
        let call: TrappedCall
        /// The number of the descriptor on which the verdict comes; owned by this list.
        let verdict: Int32
        /// What the call returns if nothing is wrong.
        let value: Int64
    }

    /// What becomes of a call.
    private enum Outcome: ~Copyable {
        case value(Int64)
        case ownCall
        case descriptor(FileDescriptor, at: Int32, closeOnExec: Bool)
        case verdict(FileDescriptor, value: Int64)

        static func failure(_ code: Int32) -> Outcome { .value(Int64(-code)) }
    }

    /// Serves until nobody is under the filter any more.
    package mutating func run() throws(SystemError) {
        while true {
            var poller = Poller()
            let place = poller.watch(listener.number)
            for send in sends { _ = poller.watch(send.verdict) }
            guard try poller.wait() else { continue }
            finishSends { poller.isReady($0 + 1) }
            if poller.isBroken(place) { return }
            guard poller.isReady(place), let call = try listener.next() else { continue }
            settle(call, outcome(of: call))
        }
    }

    private mutating func finishSends(_ isReady: (Int) -> Bool) {
        var waiting: [PendingSend] = []
        for (index, send) in sends.enumerated() {
            guard isReady(index) else {
                waiting.append(send)
                continue
            }
            let code = PFKeyClientSocket.verdict(FileDescriptor(owning: send.verdict))
            listener.answer(send.call, code < 0 ? Int64(code) : send.value)
        }
        sends = waiting
    }

    private mutating func settle(_ call: TrappedCall, _ outcome: consuming Outcome) {
        switch consume outcome {
        case .value(let value): listener.answer(call, value)
        case .ownCall: listener.letThrough(call)
        case .descriptor(let descriptor, let place, let closeOnExec):
            listener.give(call, descriptor, at: place, closeOnExec: closeOnExec)
        case .verdict(let verdict, let value):
            sends.append(PendingSend(call: call, verdict: verdict.release(), value: value))
        }
    }

    private borrowing func outcome(of call: TrappedCall) -> Outcome {
        do throws(SystemError) {
            let thread = try TracedThread(call.thread)
            if call.call == .socket { return try newSocket(call, thread) }
            if call.call == .setOption { return try policy(call, thread) }
            let socket = try thread.descriptor(call.number(0))
            guard PFKeyClientSocket.isOne(socket) else { return .ownCall }
            return try outcome(of: call, thread, on: socket)
        } catch {
            return .ownCall
        }
    }

    private borrowing func outcome(
        of call: TrappedCall, _ thread: TracedThread, on socket: consuming FileDescriptor
    ) throws(SystemError) -> Outcome {
        switch call.call {
        case .sendTo, .sendMessage, .sendMessages, .write, .writeVector: sent(call, thread, on: socket)
        case .receiveFrom, .receiveMessage: .failure(EINVAL)
        case .getOption: identity(call, thread)
        case .duplicate: copy(socket, thread, from: window.numbers.lowerBound, closeOnExec: false)
        case .control:
            copy(
                socket, thread, from: call.number(2),
                closeOnExec: call.number(1) == PFKeyCallRules.duplicationClosedOnExec)
        case .getSocketName, .getPeerName, .bind, .connect, .listen, .accept, .acceptWithFlags, .shutdown:
            .failure(EOPNOTSUPP)
        case .socket, .setOption: .ownCall
        }
    }

    /// The kernel's own PF_KEY first; only where it has none the server's, for who has the right to it.
    private borrowing func newSocket(
        _ call: TrappedCall, _ thread: TracedThread
    ) throws(SystemError) -> Outcome {
        let type = call.number(1)
        guard !PFKeyClientSocket.isInKernel else { return .ownCall }
        guard PFKeyServerChoice.isValid(type: type) else { return .ownCall }
        guard thread.holds(.netAdmin) else { return .failure(EPERM) }
        guard let place = thread.freeNumber(in: window.numbers) else { return .failure(EMFILE) }
        do throws(SystemError) {
            let server = server
            let number = try thread.inNetworkNamespace { () throws(SystemError) in
                try server.open(type: type, protocolNumber: call.number(2)).release()
            }
            let socket = FileDescriptor(owning: number)
            guard listener.isWaiting(call) else { return .ownCall }
            return .descriptor(
                socket, at: place, closeOnExec: type & PFKeyServerChoice.closeOnExec != 0)
        } catch {
            return .failure(error.code)
        }
    }

    private borrowing func policy(
        _ call: TrappedCall, _ thread: TracedThread
    ) throws(SystemError) -> Outcome {
        let count = call.number(4)
        // What the kernel refuses by itself, it refuses in its own words.
        guard (1...4096).contains(count), thread.holds(.netAdmin) else { return .ownCall }
        guard let value = thread.read(call.arguments[3], Int(count)) else { return .failure(EFAULT) }
        let socket = try thread.descriptor(call.number(0))
        guard listener.isWaiting(call) else { return .ownCall }
        return .value(
            Int64(
                PFKeyClientSocket.setPolicy(socket, level: call.number(1), option: call.number(2), value)
            ))
    }

    private borrowing func sent(
        _ call: TrappedCall, _ thread: TracedThread, on socket: borrowing FileDescriptor
    ) -> Outcome {
        do throws(SentMessage.Failure) {
            let message = try SentMessage(call, read: thread.read)
            guard listener.isWaiting(call) else { return .ownCall }
            do throws(SystemError) {
                let verdict = try PFKeyClientSocket.begin(socket, message.bytes, flags: message.flags)
                guard let place = message.countPlace else {
                    return .verdict(verdict, value: Int64(message.bytes.count))
                }
                let count = SentMessage.octets(of: UInt32(message.bytes.count))
                return thread.write(count, to: place) ? .verdict(verdict, value: 1) : .failure(EFAULT)
            } catch {
                return .failure(error.code)
            }
        } catch {
            return switch error {
            case .unreadable: .failure(EFAULT)
            case .tooLong: .failure(EMSGSIZE)
            case .nothing: .value(0)
            }
        }
    }

    /// Answers SO_TYPE and its like.
    private borrowing func identity(_ call: TrappedCall, _ thread: TracedThread) -> Outcome {
        let option = call.number(2)
        guard let identity = PFKeyCallRules.identities.first(where: { $0.option == option }),
            let length = thread.read(call.arguments[4], 4)
        else { return .failure(EFAULT) }
        let room = Int32(bitPattern: SentMessage.number(length[...]))
        guard room >= 0 else { return .failure(EINVAL) }
        let answer = SentMessage.octets(of: UInt32(identity.value)).prefix(Int(min(room, 4)))
        let isWritten =
            thread.write(Array(answer), to: call.arguments[3])
            && thread.write(SentMessage.octets(of: UInt32(answer.count)), to: call.arguments[4])
        return isWritten ? .value(0) : .failure(EFAULT)
    }

    /// A copy within the window, so that it is known by its number, too.
    private borrowing func copy(
        _ socket: consuming FileDescriptor, _ thread: TracedThread, from first: Int32, closeOnExec: Bool
    ) -> Outcome {
        let numbers = window.numbers
        guard first < numbers.upperBound else { return .ownCall }
        let places = max(first, numbers.lowerBound)..<numbers.upperBound
        guard let place = thread.freeNumber(in: places) else { return .failure(EMFILE) }
        return .descriptor(socket, at: place, closeOnExec: closeOnExec)
    }
}
