// SPDX-License-Identifier: Apache-2.0
// Counts of nanoseconds in buckets that are never wider than 1/128 of their value: bounded memory
// for any number of samples.
#pragma once
#include <stdint.h>

#define HISTOGRAM_BUCKETS (58 * 128)

typedef struct {
    uint64_t total;
    uint64_t counts[HISTOGRAM_BUCKETS];
} Histogram;

static inline void histogram_add(Histogram *histogram, uint64_t value) {
    unsigned index = (unsigned)value;
    if (value >= 128) {
        unsigned shift = 63u - (unsigned)__builtin_clzll(value) - 7u;
        index = (shift + 1) * 128 + (unsigned)(value >> shift) - 128;
    }
    histogram->counts[index] += 1;
    histogram->total += 1;
}

// The least bucket's lower end that at least `share` of the samples do not exceed by a bucket.
static inline uint64_t histogram_quantile(const Histogram *histogram, double share) {
    uint64_t wanted = (uint64_t)(share * (double)histogram->total);
    uint64_t seen = 0;
    for (unsigned index = 0; index < HISTOGRAM_BUCKETS; index++) {
        seen += histogram->counts[index];
        if (seen > wanted || (seen == histogram->total && seen > 0)) {
            if (index < 128) return index;
            unsigned shift = index / 128 - 1;
            return (uint64_t)(index % 128 + 128) << shift;
        }
    }
    return 0;
}
