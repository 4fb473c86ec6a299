import Glibc

/// The descriptors that are open in this process.
package enum OpenDescriptors {
    /// Allows as many as this process may allow itself.
    package static func raiseLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Has a program that is about to start close them all, but for the three that are everybody's, and those.
    static func close(_ actions: inout posix_spawn_file_actions_t, but kept: [Int32]) {
        let open = LocalFile.names(in: "/proc/self/fd").compactMap { Int32($0) }
        for number in open where number > 2 && !kept.contains(number) {
            unsafe posix_spawn_file_actions_addclose(&actions, number)
        }
    }
}
