import Glibc

/// The processors this process may run on.
package enum Processors {
    /// How many there are; at least one.
    package static var count: Int {
        max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }
}
