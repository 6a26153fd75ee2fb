// What Swift's Glibc module leaves out: epoll, and accept4 (behind _GNU_SOURCE).
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sys/epoll.h>
#include <sys/socket.h>

/// accept4(2) is hidden from Swift unless _GNU_SOURCE was set before the first system header.
static inline int martlet_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
    extern int accept4(int, struct sockaddr *, socklen_t *, int);
    return accept4(fd, address, length, flags);
}
