import Glibc

/// Tells when files in some folders were written, moved, removed, or given other permissions.
package final class FolderWatch: Sendable {
    private let descriptor: FileDescriptor
    private let stopping: WakeUp
    private let thread: WorkerThread

    private static let events = UInt32(
        IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF
            | IN_MOVE_SELF)
    /// Changes come in bursts: they are told of when so long nothing followed, or after so many waits.
    private static let quiet = Duration.milliseconds(200)
    private static let mostWaits = 20

    /// - Parameter changed: called after each burst of changes, on a thread of the watch's own.
    package init(changed: @escaping @Sendable () -> Void) throws(SystemError) {
        let number = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard number >= 0 else { throw SystemError("inotify_init1") }
        descriptor = FileDescriptor(owning: number)
        let stopping = try WakeUp()
        self.stopping = stopping
        thread = try WorkerThread("folder-watch") {
            while Self.waitForBurst(number, stopping) { changed() }
        }
    }

    /// Watches these folders too, until the end; of one that is missing, the one above it.
    package func watch(_ folders: some Sequence<String>) {
        for folder in Set(folders) {
            if unsafe inotify_add_watch(descriptor.number, folder, Self.events) >= 0 { continue }
            guard errno == ENOENT, let slash = folder.lastIndex(of: "/"), slash != folder.startIndex else {
                continue
            }
            _ = unsafe inotify_add_watch(descriptor.number, String(folder[..<slash]), Self.events)
        }
    }

    /// Ends the thread, and waits for it.
    ///
    /// Called once.
    package func stop() {
        stopping.signal()
        thread.join()
    }

    /// False when the watch is to end.
    private static func waitForBurst(_ number: Int32, _ stopping: WakeUp) -> Bool {
        var timeout: Duration?
        for _ in 0..<mostWaits {
            var poller = Poller()
            let changes = poller.watch(number)
            let stop = poller.watch(stopping.number)
            guard let isReady = try? poller.wait(timeout) else { return false }
            if isReady, poller.isReady(stop) { return false }
            if isReady, poller.isReady(changes) {
                drain(number)
                timeout = quiet
            } else if timeout != nil {
                return true
            }
        }
        return true
    }

    private static func drain(_ number: Int32) {
        var buffer = [UInt8](repeating: 0, count: 8192)
        while unsafe read(number, &buffer, buffer.count) > 0 {}
    }
}
