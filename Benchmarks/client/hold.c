// SPDX-License-Identifier: Apache-2.0
// Slow clients, held: connections whose head, or whose body, comes just fast enough to stay.
//
//     hold PORT HEADS BODIES
//
// A slow head gains one field line every ten seconds; a slow body has 1,700 bytes every four, above
// the usual least rate of 240 bytes a second. A connection that the server ends is opened anew.
// Prints "held" once all are open, and a JSON object when its input ends: how often one was
// reopened, and how many were open in the end.
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>

#include "loopback.h"

enum { HEAD_SECONDS = 10, BODY_SECONDS = 4, BODY_BYTES = 1700 };

static const char head_start[] = "POST /predict HTTP/1.1\r\nHost: localhost\r\n";
static const char head_line[] = "X-Slow: yes\r\n";
static const char body_start[] =
    "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    "Content-Length: 1000000\r\n\r\n";

static int port, heads, total, epoll;
static int *sockets;
static char spaces[BODY_BYTES];

static bool say(int index, const void *bytes, size_t count) {
    return send(sockets[index], bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)count;
}

static void open_slow(int index) {
    if (sockets[index] >= 0) close(sockets[index]);
    sockets[index] = connect_loopback(port, 2 + (unsigned)index / 2000);
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.u32 = (uint32_t)index};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, sockets[index], &event) < 0) die("epoll_ctl");
    if (index < heads) {
        say(index, head_start, sizeof head_start - 1);
    } else {
        say(index, body_start, sizeof body_start - 1);
    }
}

// Feeds the connections of one kind whose turn has come since `from`: they share a period evenly.
static void feed(int first, int count, double period, double from, double to) {
    if (count == 0) return;
    uint64_t begin = (uint64_t)(from / period * count), end = (uint64_t)(to / period * count);
    for (uint64_t turn = begin; turn < end; turn++) {
        int index = first + (int)(turn % (uint64_t)count);
        if (index < heads) {
            say(index, head_line, sizeof head_line - 1);
        } else {
            say(index, spaces, sizeof spaces);
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "hold PORT HEADS BODIES\n");
        return 2;
    }
    port = atoi(argv[1]);
    heads = atoi(argv[2]);
    total = heads + atoi(argv[3]);
    memset(spaces, ' ', sizeof spaces);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    sockets = malloc(sizeof *sockets * (size_t)(total + 1));
    if (epoll < 0 || !sockets) die("set-up");
    for (int index = 0; index < total; index++) {
        sockets[index] = -1;
        open_slow(index);
    }
    struct epoll_event input = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input) < 0) die("epoll_ctl");
    printf("held\n");
    fflush(stdout);
    uint64_t begin = now_ns();
    double fed = 0;
    unsigned long reopened = 0;
    for (bool is_over = false; !is_over;) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, 1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.u32 == UINT32_MAX) {
                is_over = true;
            } else {
                open_slow((int)events[i].data.u32);
                reopened++;
            }
        }
        double now = (double)(now_ns() - begin) / 1e9;
        feed(0, heads, HEAD_SECONDS, fed, now);
        feed(heads, total - heads, BODY_SECONDS, fed, now);
        fed = now;
    }
    printf("{\"reopened\": %lu, \"open\": %d}\n", reopened, total);
    return 0;
}
