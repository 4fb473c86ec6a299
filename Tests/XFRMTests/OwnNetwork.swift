import Dispatch
import Glibc
import IPsec
import Netlink
import Synchronization
import Testing

@testable import XFRM

@_silgen_name("unshare") private func unshare(_ what: Int32) -> Int32

/// A network namespace that a test has to itself, and a kernel to try things on.
enum OwnNetwork {
    private static let newNetwork: Int32 = 0x4000_0000

    private final class Outcome<Value: Sendable>: Sendable {
        let result = Mutex<Result<Value, any Error>?>(nil)
    }

    /// Whether this process may make a namespace and the kernel knows XFRM.
    static let isAvailable = (try? run { XFRMDataPlane.probe().allSatisfy { $0.contains("ESP") } }) ?? false

    /// Whether the kernel has ESP too.
    static let hasESP = isAvailable && ((try? run { XFRMDataPlane.probe().isEmpty }) ?? false)

    struct Unavailable: Error {}

    /// Runs `body` on a thread of its own in a new network namespace whose loopback is up.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let outcome = Outcome<Value>()
        let thread = try PosixThread(name: "own-network") {
            let result: Result<Value, any Error>
            if unshare(newNetwork) == 0 {
                shell("ip link set lo up")
                result = Result { try body() }
            } else {
                result = .failure(Unavailable())
            }
            outcome.result.withLock { $0 = result }
        }
        thread.join()
        guard let result = outcome.result.withLock({ $0 }) else { throw Unavailable() }
        return try result.get()
    }

    /// Runs a command in the calling thread's namespace.
    static func shell(_ command: String) {
        unsafe _ = system(command)
    }
}

/// Waits for the completion of a database request.
func answer<Value: Sendable>(
    _ request: (@escaping DatabaseCompletion<Value>) -> Void
) throws -> Value {
    let box = Mutex<Result<Value, DatabaseFailure>?>(nil)
    let answered = DispatchSemaphore(value: 0)
    let holder = Holder(box)
    request { result in
        holder.box.withLock { $0 = result }
        answered.signal()
    }
    answered.wait()
    guard let result = holder.box.withLock({ $0 }) else { throw OwnNetwork.Unavailable() }
    return try result.get()
}

private final class Holder<Value: Sendable>: Sendable {
    let box: Mutex<Result<Value, DatabaseFailure>?>

    init(_ box: consuming Mutex<Result<Value, DatabaseFailure>?>) {
        self.box = box
    }
}

/// Notifications as they come.
final class Heard: Sendable {
    private let notifications = Mutex<[DatabaseNotification]>([])
    private let arrived = DispatchSemaphore(value: 0)

    var all: [DatabaseNotification] { notifications.withLock { $0 } }

    func hear(_ notification: DatabaseNotification) {
        notifications.withLock { $0.append(notification) }
        arrived.signal()
    }

    /// Waits for the next one; false if none comes in time.
    func waitForNext(seconds: Int = 10) -> Bool {
        arrived.wait(timeout: .now() + .seconds(seconds)) == .success
    }
}
