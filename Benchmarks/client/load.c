// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 load on one thread, for what wrk cannot do: a fixed rate, an exact number of
// requests, a new connection after so many, and a mix of requests.
//
//     load [-c connections] [-n count | -s seconds] [-r rate] [-k requests] [-d depth] [-w]
//          PORT FILE...
//
// Without -r the loop is closed: a connection sends `depth` requests, waits for their answers, and
// sends the next. With -r it is open: requests are due at fixed instants, and an answer's time
// counts from the instant its request was due, whether or not a connection was free then, so that
// a server that stalls is charged for all the requests it held up. -k closes a connection after so
// many answers and opens another. Each FILE holds one request; they are sent in turn.
//
// Prints one JSON object: answers by class of status, failed connections, times in microseconds, of
// all answers and of the good and the refused ones.
// With -w it tells the times of the "calm" answers as well: without those that were under way, or
// due, while a core of the machine stood still (see stalls.h).
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>

#include "histogram.h"
#include "loopback.h"
#include "stalls.h"

enum { INPUT_BYTES = 65536, CONNECTIONS_MAX = 1024, REQUESTS_MAX = 64, WAKING_NS = 100000 };

typedef struct {
    int fd;
    int waiting;   // answers not yet seen
    int answered;  // on this connection
    uint64_t due;  // of the requests that wait
    size_t used;
    char input[INPUT_BYTES];
} Connection;

static int connection_count = 32, port, depth = 1, per_connection;
static uint64_t count_max = UINT64_MAX;
static double seconds, rate;
static bool watches;
static char *requests[REQUESTS_MAX];
static size_t request_bytes[REQUESTS_MAX];
static int request_count;

static int epoll;
static Connection *connections;
// Those that wait for nothing, the longest idle first: all get their turn.
static int idle[CONNECTIONS_MAX], idle_first, idle_count;
static unsigned opened;
static uint64_t sent, answered, failed, statuses[10];
static Histogram histogram, times_of_class[10];
static char *batch;

// Each answer's span, while stalls are watched for.
static Stall *spans;
static unsigned char *span_classes;
static uint64_t span_count, span_max;

static void push_idle(int index) {
    idle[(idle_first + idle_count++) % CONNECTIONS_MAX] = index;
}

static int pop_idle(void) {
    int index = idle[idle_first];
    idle_first = (idle_first + 1) % CONNECTIONS_MAX;
    idle_count--;
    return index;
}

static void watch(int index) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, connections[index].fd, &event) < 0) die("epoll_ctl");
}

static void reopen(int index) {
    Connection *connection = &connections[index];
    if (connection->fd >= 0) close(connection->fd);
    connection->fd = connect_loopback(port, 1 + opened++ % 8);
    connection->waiting = connection->answered = 0;
    connection->used = 0;
    watch(index);
}

// Sends what is due on a connection that waits for nothing; requests are far smaller than a
// socket's buffer, so a short write means that the server does not read: a failure.
static void send_requests(int index, uint64_t due) {
    Connection *connection = &connections[index];
    int count = depth;
    if (per_connection && per_connection - connection->answered < count)
        count = per_connection - connection->answered;
    if (count_max - sent < (uint64_t)count) count = (int)(count_max - sent);
    size_t bytes = 0;
    for (int i = 0; i < count; i++) {
        int which = (int)(sent++ % (uint64_t)request_count);
        memcpy(batch + bytes, requests[which], request_bytes[which]);
        bytes += request_bytes[which];
    }
    connection->due = due;
    connection->waiting = count;
    if (send(connection->fd, batch, bytes, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)bytes) {
        failed += (uint64_t)count;
        reopen(index);
        push_idle(index);
    }
}

// The length of the answer at the buffer's start, 0 if it is not whole; its status is counted.
static size_t take_answer(const char *bytes, size_t count, bool *closes, int *class) {
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (!end || count < 12) return 0;
    size_t head = (size_t)(end - bytes) + 4;
    size_t body = SIZE_MAX;
    for (const char *line = bytes; line < end;) {
        line = (const char *)memchr(line, '\n', (size_t)(end + 2 - line)) + 1;
        if (strncasecmp(line, "content-length:", 15) == 0) body = strtoul(line + 15, NULL, 10);
        if (strncasecmp(line, "connection: close", 17) == 0) *closes = true;
    }
    if (memcmp(bytes, "HTTP/1.1 ", 9) != 0 || body == SIZE_MAX) {
        fprintf(stderr, "not an answer with a length: %.*s\n", (int)head, bytes);
        exit(1);
    }
    if (count < head + body) return 0;
    *class = (bytes[9] - '0') % 10;
    statuses[*class] += 1;
    return head + body;
}

static void receive(int index) {
    Connection *connection = &connections[index];
    ssize_t count = recv(connection->fd, connection->input + connection->used,
                         INPUT_BYTES - connection->used, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    bool was_waiting = connection->waiting > 0;
    if (count > 0) {
        connection->used += (size_t)count;
        size_t start = 0, length;
        bool closes = false;
        int class = 0;
        uint64_t now = now_ns();
        while (connection->waiting > 0 && start < connection->used &&
               (length = take_answer(connection->input + start, connection->used - start,
                                      &closes, &class))) {
            start += length;
            histogram_add(&histogram, now - connection->due);
            histogram_add(&times_of_class[class], now - connection->due);
            if (span_count < span_max) {
                span_classes[span_count] = (unsigned char)class;
                spans[span_count++] = (Stall){connection->due, now};
            }
            connection->waiting--;
            connection->answered++;
            answered++;
        }
        connection->used -= start;
        memmove(connection->input, connection->input + start, connection->used);
        if (connection->waiting > 0 && !closes) return;
        failed += (uint64_t)connection->waiting;
        bool is_used_up = per_connection && connection->answered >= per_connection;
        if (closes || is_used_up) reopen(index);
    } else {
        // Closed by the server: what waited is lost.
        failed += (uint64_t)connection->waiting;
        reopen(index);
    }
    if (was_waiting) push_idle(index);
}

static void print_times(const char *which, const Histogram *times) {
    static const struct {
        const char *name;
        double share;
    } quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}};
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
        printf(", \"%s%s\": %.2f", which, quantiles[i].name,
               (double)histogram_quantile(times, quantiles[i].share) / 1e3);
}

static void print_calm(uint64_t begin, uint64_t end) {
    static Histogram calm, calm_of_class[10];
    Stall *stalls;
    int count = stalls_end(&stalls);
    uint64_t stalled = 0;
    for (int i = 0; i < count; i++) stalled += stalls[i].end - stalls[i].begin;
    for (uint64_t i = 0; i < span_count; i++)
        if (!stalls_touch(stalls, count, spans[i].begin, spans[i].end)) {
            histogram_add(&calm, spans[i].end - spans[i].begin);
            histogram_add(&calm_of_class[span_classes[i]], spans[i].end - spans[i].begin);
        }
    printf(", \"stalls\": %d, \"stalled_share\": %.4f, \"calm_answers\": %lu", count,
           (double)stalled / (double)(end - begin), calm.total);
    print_times("calm_", &calm);
    print_times("calm_2xx_", &calm_of_class[2]);
    print_times("calm_4xx_", &calm_of_class[4]);
}

static void watch_stalls(void) {
    span_max = count_max != UINT64_MAX ? count_max : (uint64_t)((seconds + 1) * rate);
    spans = malloc(span_max * sizeof *spans);
    span_classes = calloc(span_max ? span_max : 1, 1);
    if (!spans || !span_classes || span_max == 0) die("-w takes -n, or -s and -r");
    // Touched now: memory that comes in later would be a stall of its own.
    memset(spans, 0, span_max * sizeof *spans);
    if (!stalls_begin()) die("-w takes the right to real-time priority");
}

// How long to wait for an answer. An open loop sleeps only when the next request is far off: a
// timer's delay would be taken for the server's.
static struct timespec patience(uint64_t now, uint64_t begin, double interval, bool all_sent) {
    if (interval == 0 || all_sent) return (struct timespec){.tv_nsec = 100000000};
    uint64_t due = begin + (uint64_t)((double)sent * interval);
    bool is_far = due > now + 2 * WAKING_NS;
    return (struct timespec){.tv_nsec = is_far ? (long)(due - now - WAKING_NS) % 1000000000 : 0};
}

static void run(void) {
    uint64_t begin = now_ns();
    uint64_t end = seconds > 0 ? begin + (uint64_t)(seconds * 1e9) : UINT64_MAX;
    double interval = rate > 0 ? 1e9 / rate : 0;
    uint64_t last = 0;  // when the last answer may come, once all is sent
    while (true) {
        uint64_t now = now_ns();
        bool all_sent = sent >= count_max || now >= end;
        if (all_sent && (idle_count == connection_count || (last && now > last))) break;
        if (all_sent && !last) last = now + 5000000000u;
        while (!all_sent && idle_count > 0 && sent < count_max) {
            uint64_t due = rate > 0 ? begin + (uint64_t)((double)sent * interval) : now;
            if (due > now) break;
            send_requests(pop_idle(), due);
        }
        struct epoll_event events[256];
        struct timespec pause = patience(now, begin, interval, all_sent);
        int ready = epoll_pwait2(epoll, events, 256, &pause, NULL);
        for (int i = 0; i < ready; i++) receive((int)events[i].data.u32);
    }
    for (int i = 0; i < connection_count; i++) failed += (uint64_t)connections[i].waiting;
    // What was due and never sent is what a stalled server kept from being asked.
    double due = rate > 0 && seconds > 0 ? seconds * rate : (double)sent;
    uint64_t unsent = due > (double)sent ? (uint64_t)(due - (double)sent) : 0;
    printf("{\"seconds\": %.6f, \"answers\": %lu, \"failed\": %lu, \"unsent\": %lu",
           (double)(now_ns() - begin) / 1e9, answered, failed, unsent);
    for (int class = 2; class <= 5; class++) printf(", \"%dxx\": %lu", class, statuses[class]);
    print_times("", &histogram);
    print_times("2xx_", &times_of_class[2]);
    print_times("4xx_", &times_of_class[4]);
    if (span_max > 0) print_calm(begin, now_ns());
    printf("}\n");
}

static void read_request(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) die(path);
    char *bytes = malloc(INPUT_BYTES);
    size_t count = fread(bytes, 1, INPUT_BYTES, file);
    fclose(file);
    requests[request_count] = bytes;
    request_bytes[request_count++] = count;
}

int main(int argc, char **argv) {
    for (int option; (option = getopt(argc, argv, "c:n:s:r:k:d:w")) != -1;) {
        switch (option) {
            case 'c': connection_count = atoi(optarg); break;
            case 'n': count_max = strtoull(optarg, NULL, 10); break;
            case 's': seconds = atof(optarg); break;
            case 'r': rate = atof(optarg); break;
            case 'k': per_connection = atoi(optarg); break;
            case 'd': depth = atoi(optarg); break;
            case 'w': watches = true; break;
            default: return 2;
        }
    }
    bool is_bounded = (count_max != UINT64_MAX) != (seconds > 0);
    if (argc - optind < 2 || argc - optind - 1 > REQUESTS_MAX || !is_bounded || depth < 1 ||
        connection_count < 1 || connection_count > CONNECTIONS_MAX || (rate > 0 && depth > 1)) {
        fprintf(stderr, "load [-c N] [-n N | -s N] [-r N] [-k N] [-d N] [-w] PORT FILE...\n");
        return 2;
    }
    port = atoi(argv[optind]);
    for (int i = optind + 1; i < argc; i++) read_request(argv[i]);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    connections = calloc((size_t)connection_count, sizeof *connections);
    batch = malloc((size_t)depth * INPUT_BYTES);
    if (epoll < 0 || !connections || !batch) die("set-up");
    for (int i = 0; i < connection_count; i++) {
        connections[i].fd = -1;
        reopen(i);
        idle[idle_count++] = i;
    }
    if (watches) watch_stalls();
    run();
    return 0;
}
