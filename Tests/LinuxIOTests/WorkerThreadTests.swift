import LinuxIO
import Synchronization
import Testing

@Suite struct WorkerThreadTests {
    @Test func aThreadIsWokenAndJoined() throws {
        let wake = try WakeUp()
        let done = Atomic(false)
        wake.signal()
        wake.signal()
        let thread = try WorkerThread("test") {
            var poller = Poller()
            _ = poller.watch(wake.number)
            guard (try? poller.wait(.seconds(10))) == true else { return }
            wake.acknowledge()
            done.store(true, ordering: .releasing)
        }
        thread.join()
        let isDone = done.load(ordering: .acquiring)
        #expect(isDone)
        var poller = Poller()
        _ = poller.watch(wake.number)
        #expect(try !poller.wait(.zero), "two signals before the wake-up are one")
    }
}
