// SPDX-License-Identifier: Apache-2.0
// When the machine itself stood still. On a shared virtual machine the host takes a core away for
// milliseconds, many times a second; a p99 then tells of the host and not of the server.
//
// A thread of real-time priority on each core wakes every quarter of a millisecond. Nothing of
// ordinary priority can make it late, whatever the server does: when it is late, the core was gone.
#pragma once
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "loopback.h"

enum { STALL_CORES = 2, STALLS_MAX = 1 << 17 };
#define STALL_PERIOD_NS 250000u
#define STALL_LATE_NS 100000u

typedef struct {
    uint64_t begin, end;
} Stall;

typedef struct {
    int core;
    bool is_watching;
    int count;
    pthread_t thread;
    Stall stalls[STALLS_MAX];
} StallWatch;

static StallWatch stall_watches[STALL_CORES];
static atomic_bool stall_is_over;

static inline void *stall_watch(void *argument) {
    StallWatch *watch = argument;
    uint64_t alive = now_ns();
    while (!atomic_load(&stall_is_over)) {
        uint64_t due = alive + STALL_PERIOD_NS;
        struct timespec time = {.tv_sec = (time_t)(due / 1000000000u),
                                .tv_nsec = (long)(due % 1000000000u)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
        uint64_t now = now_ns();
        if (now > due + STALL_LATE_NS && watch->count < STALLS_MAX)
            watch->stalls[watch->count++] = (Stall){alive, now};
        alive = now;
    }
    return NULL;
}

// Whether the threads run; it takes the right to real-time priority.
static inline bool stalls_begin(void) {
    for (int core = 0; core < STALL_CORES; core++) {
        StallWatch *watch = &stall_watches[core];
        memset(watch->stalls, 0, sizeof watch->stalls);
        cpu_set_t cores;
        CPU_ZERO(&cores);
        CPU_SET(core, &cores);
        struct sched_param priority = {.sched_priority = 50};
        pthread_attr_t how;
        pthread_attr_init(&how);
        pthread_attr_setaffinity_np(&how, sizeof cores, &cores);
        pthread_attr_setinheritsched(&how, PTHREAD_EXPLICIT_SCHED);
        pthread_attr_setschedpolicy(&how, SCHED_FIFO);
        pthread_attr_setschedparam(&how, &priority);
        if (pthread_create(&watch->thread, &how, stall_watch, watch) != 0) return false;
        watch->is_watching = true;
    }
    return true;
}

static int stall_order(const void *a, const void *b) {
    uint64_t left = ((const Stall *)a)->begin, right = ((const Stall *)b)->begin;
    return (left > right) - (left < right);
}

// Ends the watch; returns the stalls of all cores, in order and apart from each other. Each is
// taken as twice as long: what came in during one is worked off after it.
static inline int stalls_end(Stall **found) {
    atomic_store(&stall_is_over, true);
    static Stall all[STALL_CORES * STALLS_MAX];
    int count = 0, kept = 0;
    for (int core = 0; core < STALL_CORES; core++) {
        StallWatch *watch = &stall_watches[core];
        if (watch->is_watching) pthread_join(watch->thread, NULL);
        for (int i = 0; i < watch->count; i++) {
            all[count] = watch->stalls[i];
            all[count].end += all[count].end - all[count].begin;
            count++;
        }
    }
    qsort(all, (size_t)count, sizeof *all, stall_order);
    for (int i = 0; i < count; i++) {
        if (kept > 0 && all[i].begin <= all[kept - 1].end) {
            if (all[i].end > all[kept - 1].end) all[kept - 1].end = all[i].end;
        } else {
            all[kept++] = all[i];
        }
    }
    *found = all;
    return kept;
}

// Whether one of them lies in a span of time.
static inline bool stalls_touch(const Stall *stalls, int count, uint64_t begin, uint64_t end) {
    int low = 0, high = count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (stalls[middle].end < begin) low = middle + 1; else high = middle;
    }
    return low < count && stalls[low].begin <= end;
}
