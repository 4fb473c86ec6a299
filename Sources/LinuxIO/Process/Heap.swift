internal import CLinux

/// How the C library keeps this process's memory.
package enum Heap {
    /// Lets all threads share one heap, which grows by a megabyte at a time.
    ///
    /// A heap for each thread, as it is without this, grows by a page at a time, with a call of the kernel for each, and
    /// what one thread frees no other can use. To be called before there are threads.
    package static func keepTogether() {
        linuxio_keep_heap_together()
    }
}
