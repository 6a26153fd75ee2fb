// What Swift's Glibc module leaves out: epoll, and accept4.
#pragma once
#include <sys/epoll.h>

/// accept4(2) without the peer's address. Declared by its symbol, as <sys/socket.h> hides it unless
/// _GNU_SOURCE is set, and setting that here would give this module other types than Glibc's.
extern int martlet_accept4(int listener, void *address, void *length, int flags) __asm__("accept4");
