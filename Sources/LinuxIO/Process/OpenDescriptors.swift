import Glibc

/// The descriptors that are open in this process.
enum OpenDescriptors {
    /// Has a program that is about to start close them all, but for the three that are everybody's, and those.
    static func close(_ actions: inout posix_spawn_file_actions_t, but kept: [Int32]) {
        let open = LocalFile.names(in: "/proc/self/fd").compactMap { Int32($0) }
        for number in open where number > 2 && !kept.contains(number) {
            unsafe posix_spawn_file_actions_addclose(&actions, number)
        }
    }
}
