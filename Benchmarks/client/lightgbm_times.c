// SPDX-License-Identifier: Apache-2.0
// Measures LightGBM through its C API, as a program would use it that is not written in Python.
//
//   lightgbm_times LIBRARY MODEL.txt ROWS FEATURES
//
// Each line of standard input is a task, answered by nanoseconds of the processor for a row: `row`
// by the API's fast way for single rows, `batch` for all rows in a call, both on one thread.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { float64 = 1, raw_score = 1, row_count = 4000 };

typedef int (*create_t)(const char *, int *, void **);
typedef int (*init_t)(void *, int, int, int, int, int32_t, const char *, void **);
typedef int (*fast_t)(void *, const void *, int64_t *, double *);
typedef int (*batch_t)(void *, const void *, int, int32_t, int32_t, int, int, int, int,
                       const char *, int64_t *, double *);

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static void *symbol(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (!found) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    return found;
}

int main(int count, char **words) {
    if (count != 5) return 64;
    void *library = dlopen(words[1], RTLD_NOW);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    create_t create = (create_t)symbol(library, "LGBM_BoosterCreateFromModelfile");
    init_t init = (init_t)symbol(library, "LGBM_BoosterPredictForMatSingleRowFastInit");
    fast_t fast = (fast_t)symbol(library, "LGBM_BoosterPredictForMatSingleRowFast");
    batch_t batch = (batch_t)symbol(library, "LGBM_BoosterPredictForMat");
    int features = atoi(words[4]);
    FILE *file = fopen(words[3], "rb");
    if (!file || features < 1) return 66;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    double *rows = malloc(size);
    if (!rows || fread(rows, 1, size, file) != (size_t)size) return 66;
    int total = size / 8 / features, singles = total < row_count ? total : row_count;
    double *answers = malloc(total * sizeof(double));
    void *booster, *prepared;
    int iterations;
    int64_t length;
    if (create(words[2], &iterations, &booster)
        || init(booster, raw_score, 0, 0, float64, features, "num_threads=1", &prepared))
        return 1;
    char task[16];
    while (fgets(task, sizeof task, stdin)) {
        double start = now();
        int measured = singles;
        if (strcmp(task, "row\n") == 0) {
            for (int row = 0; row < singles; row++)
                if (fast(prepared, rows + (long)row * features, &length, answers)) return 1;
        } else {
            measured = total;
            if (batch(booster, rows, float64, total, features, 1, raw_score, 0, 0,
                      "num_threads=1", &length, answers))
                return 1;
        }
        printf("%.1f\n", (now() - start) / measured);
        fflush(stdout);
    }
    return 0;
}
