// Leaks in exp: built by a test, loaded by LD_PRELOAD. Each call keeps a quarter of a mebibyte, every
// page of it touched, so that it is resident.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

double exp(double x) {
    static double (*real)(double);
    if (!real) real = (double (*)(double))dlsym(RTLD_NEXT, "exp");
    char *kept = malloc(1 << 18);
    if (kept) memset(kept, 1, 1 << 18);
    __asm__ volatile("" : : "r"(kept) : "memory");
    return real(x);
}
