// Tells ThreadSanitizer of what Swift's Mutex does where threads contend for it; loaded by tsan.sh before the libraries.
//
// The uncontended way is compiled into the program and instrumented. The other one is in libswiftSynchronization, which
// is not, so that a lock handed over there would look like none. The functions are those of _MutexHandle by their
// mangled names; the handle is their self.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

typedef SWIFT void (*LockSlow)(uint32_t thread, SELF void *handle);
typedef SWIFT void (*UnlockSlow)(SELF void *handle);

static LockSlow lock_slow;
static UnlockSlow unlock_slow;

__attribute__((constructor)) static void find(void) {
    lock_slow = (LockSlow)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
    unlock_slow = (UnlockSlow)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
}

SWIFT void lock(uint32_t thread, SELF void *handle) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT void lock(uint32_t thread, SELF void *handle) {
    lock_slow(thread, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT void unlock(SELF void *handle) __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
SWIFT void unlock(SELF void *handle) {
    if (__tsan_release) __tsan_release(handle);
    unlock_slow(handle);
}
