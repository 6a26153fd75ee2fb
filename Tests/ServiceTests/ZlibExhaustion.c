// Lets zlib allocate no more than ZLIB_BYTES_MAX at a time: built by a test, loaded by LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <zlib.h>

static voidpf allocate(voidpf opaque, uInt count, uInt size) {
    const char *limit = getenv("ZLIB_BYTES_MAX");
    if (!limit || (unsigned long)count * size > strtoul(limit, 0, 10)) return Z_NULL;
    return malloc((size_t)count * size);
}

static void release(voidpf opaque, voidpf memory) { free(memory); }

int inflateInit2_(z_streamp stream, int window_bits, const char *version, int size) {
    int (*next)(z_streamp, int, const char *, int) = dlsym(RTLD_NEXT, "inflateInit2_");
    stream->zalloc = allocate;
    stream->zfree = release;
    return next(stream, window_bits, version, size);
}

int deflateInit2_(z_streamp stream, int level, int method, int window_bits, int memory_level,
                  int strategy, const char *version, int size) {
    int (*next)(z_streamp, int, int, int, int, int, const char *, int) =
        dlsym(RTLD_NEXT, "deflateInit2_");
    stream->zalloc = allocate;
    stream->zfree = release;
    return next(stream, level, method, window_bits, memory_level, strategy, version, size);
}
