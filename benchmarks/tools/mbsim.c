/* A Modbus TCP plant that is never the bottleneck: epoll, one thread, function codes 3 and 4.
 *
 * Every device listens on a port of its own and shows the same 60 big-endian float32 from address 0:
 *   tag 0       = 0
 *   tag 1       = how often the values have changed, a piece counter
 *   tag 2..58   = k + 0.5 * that number
 *   tag 59      = 2, the state "running"
 *
 * usage: mbsim DEVICES [CHANGE_MS=937, 0: with every request]
 * stdout: one JSON list of the ports. It ends with its parent.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TAGS 60
#define DEVICES_MAX 1000
#define REQUEST 12

static uint8_t registers[4 * TAGS];
static int64_t changes;

static int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void put(int tag, float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    bits = htonl(bits);
    memcpy(registers + 4 * tag, &bits, 4);
}

static void change(void) {
    changes++;
    put(1, (float)changes);
    for (int tag = 2; tag < TAGS - 1; tag++) put(tag, tag + changes * 0.5f);
}

static int listen_on_free_port(int ep, int *port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof a;
    if (bind(fd, (void *)&a, sizeof a) || listen(fd, 64)) return -1;
    getsockname(fd, (void *)&a, &length);
    *port = ntohs(a.sin_port);
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
    return fd;
}

static int answer(int fd, const uint8_t *request) {
    uint8_t out[9 + 4 * TAGS];
    int address = request[8] << 8 | request[9], count = request[10] << 8 | request[11];
    memcpy(out, request, 8);
    out[4] = 0;
    if ((request[7] != 3 && request[7] != 4) || count < 1 || address + count > 2 * TAGS) {
        out[5] = 3;
        out[7] |= 0x80;
        out[8] = 2;
        return send(fd, out, 9, MSG_NOSIGNAL) == 9;
    }
    out[5] = 3 + 2 * count;
    out[8] = 2 * count;
    memcpy(out + 9, registers + 2 * address, 2 * count);
    return send(fd, out, 9 + 2 * count, MSG_NOSIGNAL) == 9 + 2 * count;
}

int main(int argc, char **argv) {
    int devices = argc > 1 ? atoi(argv[1]) : 1, one = 1, first = -1, last = -1, port;
    int64_t period = argc > 2 ? atoll(argv[2]) : 937, next = now_ms() + period;
    if (devices < 1 || devices > DEVICES_MAX) return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int tag = 2; tag < TAGS; tag++) put(tag, (float)tag);
    put(TAGS - 1, 2);
    int ep = epoll_create1(0);
    for (int i = 0; i < devices; i++) {
        int fd = listen_on_free_port(ep, &port);
        if (fd < 0) { perror("listen"); return 1; }
        if (first < 0) first = fd;
        last = fd;
        printf("%c%d", i ? ',' : '[', port);
    }
    printf("]\n");
    fflush(stdout);
    for (;;) {
        struct epoll_event ev, events[256];
        int64_t wait = 1000;
        if (period) {
            if (now_ms() >= next) { change(); next += period; }
            wait = next - now_ms();
        }
        int n = epoll_wait(ep, events, 256, wait < 0 ? 0 : (int)wait);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd >= first && fd <= last) {
                int peer = accept(fd, 0, 0);
                if (peer < 0) continue;
                setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                ev = (struct epoll_event){.events = EPOLLIN, .data.fd = peer};
                epoll_ctl(ep, EPOLL_CTL_ADD, peer, &ev);
                continue;
            }
            uint8_t in[4096];
            ssize_t got = recv(fd, in, sizeof in, 0);
            if (got <= 0) { close(fd); continue; }
            for (ssize_t at = 0; at + REQUEST <= got; at += REQUEST) {
                if (!period) change();
                if (!answer(fd, in + at)) { close(fd); break; }
            }
        }
    }
}
