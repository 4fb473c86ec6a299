package import IPsec
import LinuxIO
import Synchronization

/// The databases of a `UserspaceDataPlane` as an administrator edits them.
///
/// Every request is answered when `submit` returns. The plane does not tell of these changes as events.
/// It may be handed to another thread, and is used on one.
package final class UserspaceAdministration: AdministeredDatabase, Sendable {
    package let name = "user-space IPsec"
    private let control: ControlQueue
    private let wake: WakeUp

    init(_ control: ControlQueue) throws(SystemError) {
        self.control = control
        wake = try WakeUp()
    }

    package func submit(
        _ request: DatabaseRequest, answer: @escaping (Result<DatabaseAnswer, DatabaseFailure>) -> Void
    ) {
        answer(wait { .administer(request, $0) })
    }

    package func finish() throws(DatabaseFailure) {}

    package func dumpSAD(
        _ protocol: SecurityProtocol?, _ each: (SADRecord) -> Void
    ) throws(DatabaseFailure) {
        try wait { .associations(`protocol`, $0) }.get().forEach(each)
    }

    package func dumpSPD(_ each: (SPDRecord) -> Void) throws(DatabaseFailure) {
        try wait { .policyRecords($0) }.get().forEach(each)
    }

    /// Events come through `UserspaceDataPlane.watch`.
    package func watch(_ each: (DatabaseEvent) -> Bool) throws(DatabaseFailure) {
        throw DatabaseFailure(.unsupported, "\(name) tells events to one observer, not to whom asks.")
    }

    private final class Answer<Value: Sendable>: Sendable {
        let value = Mutex<Result<Value, DatabaseFailure>?>(nil)
    }

    /// Waits for the control thread, which answers every request, at its end too.
    private func wait<Value: Sendable>(
        _ request: (@escaping DatabaseCompletion<Value>) -> ControlRequest
    ) -> Result<Value, DatabaseFailure> {
        let answer = Answer<Value>()
        control.submit(
            request { [wake] result in
                answer.value.withLock { $0 = result }
                wake.signal()
            })
        while true {
            if let result = answer.value.withLock({ $0 }) {
                wake.acknowledge()
                return result
            }
            var poller = Poller()
            _ = poller.watch(wake.number)
            _ = try? poller.wait()
            wake.acknowledge()
        }
    }
}
