import Credentials
import LinuxIO
import NIOCore
import Synchronization

/// Has files of keys and certificates read again when they change, and once an hour, since some end; CRLs that were
/// fetched are fetched again before they end.
final class CredentialSupervision: Sendable {
    private struct Running {
        var watch: FolderWatch?
        var hourly: RepeatedTask?
        /// Those that the last reading named.
        var folders: Set<String>
    }

    let keeper: CredentialKeeper
    private let running: Mutex<Running>

    /// Reads them for the first time.
    init(_ keeper: CredentialKeeper) {
        self.keeper = keeper
        running = Mutex(Running(folders: keeper.read()))
    }

    /// - Parameter changed: called on `loop` after each further reading.
    func begin(log: Log, on loop: any EventLoop, changed: @escaping @Sendable () -> Void) {
        let again: @Sendable () -> Void = { [weak self] in
            self?.refresh()
            loop.execute(changed)
        }
        let keeper = keeper
        let hourly = loop.scheduleRepeatedTask(initialDelay: .hours(1), delay: .hours(1)) { _ in
            again()
            keeper.renewLists()
        }
        do throws(SystemError) {
            let watch = try FolderWatch(changed: again)
            running.withLock { running in
                watch.watch(running.folders)
                running.watch = watch
                running.hourly = hourly
            }
        } catch {
            running.withLock { $0.hourly = hourly }
            log.warning(
                "files of certificates are read again once an hour and at a reload, not when they change: \(error)"
            )
        }
    }

    /// Takes over what a configuration says.
    func adopt(_ plan: CredentialPlan) {
        keeper.adopt(plan)
        refresh()
    }

    /// Watches first, so that nothing changes unseen in a folder that has come to be.
    private func refresh() {
        running.withLock { $0.watch?.watch($0.folders) }
        let folders = keeper.read()
        running.withLock { running in
            running.watch?.watch(folders)
            running.folders = folders
        }
    }

    func stop() {
        let (watch, hourly) = running.withLock { running in
            defer { (running.watch, running.hourly) = (nil, nil) }
            return (running.watch, running.hourly)
        }
        hourly?.cancel()
        watch?.stop()
    }
}
