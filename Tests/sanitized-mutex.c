// SPDX-License-Identifier: Apache-2.0
// Linked into what ThreadSanitizer watches; tells it of each Mutex that a thread had to wait for.
//
// Swift inlines the quick ways to lock and unlock a Mutex into its caller, where ThreadSanitizer
// sees the atomics. The slow ways lie in libswiftSynchronization and in the kernel, neither of which
// it sees: without this, what a Mutex keeps apart would look like a race once two threads meet.
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

// Weak, as the plug-ins of a build are linked without the sanitizer.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *handle
// `_MutexHandle._lockSlow(_: UInt32)` and `_MutexHandle._unlockSlow()`. A handle's one stored
// property is the word that is locked, so both have one address.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK);

static void *library_function(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) abort();
    return function;
}

SWIFT void lock_slow(uint32_t thread, SELF) {
    SWIFT void (*lock)(uint32_t, SELF) = library_function(LOCK);
    lock(thread, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT void unlock_slow(SELF) {
    SWIFT void (*unlock)(SELF) = library_function(UNLOCK);
    if (__tsan_release) __tsan_release(handle);
    unlock(handle);
}
