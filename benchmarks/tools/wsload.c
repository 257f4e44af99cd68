/* Many Socket.IO clients in one process: epoll, one thread, so that the load side costs little.
 *
 * Connects N websockets to 127.0.0.1:PORT, says JOIN and then WATCH in each, waits for the
 * acknowledgement "43...", and reports WINDOWS windows of WINDOW_S seconds. In every event ("42...")
 * each value behind KEY is a stamp of the real clock: a number of microseconds, or ISO 8601 in UTC.
 * The first arrival of a stamp at a client is a delivery; its latency is now minus the stamp.
 *
 * usage: wsload PORT N WARM_S WINDOW_S WINDOWS KEY JOIN WATCH
 * stdout: {"connected": N} when all have joined, then one JSON line per window. Latencies in ms.
 * It ends with its parent.
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
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SEEN 1024
#define BUFFER 524288
#define LATENCIES (1 << 22)
#define JOIN_MS 60000.0

typedef struct {
    int fd, upgraded, watching;
    size_t length;
    int64_t seen[SEEN];
    char bytes[BUFFER];
} Client;

static const char *key, *join_text, *watch_text;
static double *latencies;
static long taken, messages, joined, closed, received;
static int ep;

static double clock_ms(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

static int ascending(const void *a, const void *b) {
    double d = *(const double *)a - *(const double *)b;
    return d < 0 ? -1 : d > 0;
}

/* One text frame of at most 1000 bytes, masked with zero. */
static void say(int fd, const char *text) {
    unsigned char frame[1024];
    size_t n = strlen(text), h = n < 126 ? 2 : 4;
    frame[0] = 0x81;
    frame[1] = 0x80 | (n < 126 ? n : 126);
    if (h == 4) { frame[2] = n >> 8; frame[3] = n & 255; }
    memset(frame + h, 0, 4);
    memcpy(frame + h + 4, text, n);
    if (send(fd, frame, h + 4 + n, MSG_NOSIGNAL) < 0) perror("send");
}

static int64_t stamp_us(const char *p) {
    struct tm t = {0};
    double second;
    if (*p != '"') return strtoll(p, 0, 10);
    if (sscanf(p, "\"%d-%d-%dT%d:%d:%lf", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min,
               &second) != 6) return 0;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    return (int64_t)timegm(&t) * 1000000 + (int64_t)(second * 1e6 + 0.5);
}

static void event(Client *c, const char *p, size_t n) {
    double now = clock_ms(CLOCK_REALTIME);
    const char *end = p + n;
    size_t k = strlen(key);
    messages++;
    while ((p = memmem(p, end - p, key, k))) {
        p += k;
        while (*p == ' ') p++;
        int64_t us = stamp_us(p);
        if (us <= 0 || c->seen[us % SEEN] == us) continue;
        c->seen[us % SEEN] = us;
        if (taken < LATENCIES) latencies[taken++] = now - us / 1e3;
    }
}

static void frame(Client *c, int op, const char *p, size_t n) {
    received += n;
    if (op == 9) {
        unsigned char pong[6] = {0x8A, 0x80, 0, 0, 0, 0};
        if (send(c->fd, pong, 6, MSG_NOSIGNAL) < 0) perror("send");
    }
    if (op != 1 || !n) return;
    if (p[0] == '0') say(c->fd, join_text);
    else if (p[0] == '2') say(c->fd, "3");
    else if (!strncmp(p, "40", 2)) say(c->fd, watch_text);
    else if (!strncmp(p, "44", 2)) { fprintf(stderr, "refused: %.200s\n", p); exit(1); }
    else if (!strncmp(p, "43", 2)) {
        if (strstr(p, "\"error\"")) { fprintf(stderr, "refused: %.200s\n", p); exit(1); }
        joined += !c->watching;
        c->watching = 1;
    } else if (!strncmp(p, "42", 2)) event(c, p, n);
}

static void feed(Client *c) {
    if (!c->upgraded) {
        char *e = memmem(c->bytes, c->length, "\r\n\r\n", 4);
        if (!e) return;
        if (!memmem(c->bytes, 16, "101", 3)) { fprintf(stderr, "no upgrade: %.90s\n", c->bytes); exit(1); }
        size_t head = e + 4 - c->bytes;
        memmove(c->bytes, c->bytes + head, c->length - head);
        c->length -= head;
        c->upgraded = 1;
    }
    size_t at = 0;
    while (c->length - at >= 2) {
        unsigned char *b = (unsigned char *)c->bytes + at;
        size_t n = b[1] & 127, h = 2;
        if (n == 126) {
            if (c->length - at < 4) break;
            n = b[2] << 8 | b[3];
            h = 4;
        } else if (n == 127) {
            if (c->length - at < 10) break;
            n = 0;
            for (int i = 2; i < 10; i++) n = n << 8 | b[i];
            h = 10;
        }
        if (h + n >= BUFFER) { fprintf(stderr, "a message of %zu bytes is too large\n", n); exit(1); }
        if (c->length - at < h + n) break;
        unsigned char kept = b[h + n];
        b[h + n] = 0;
        frame(c, b[0] & 15, (char *)b + h, n);
        b[h + n] = kept;
        at += h + n;
    }
    memmove(c->bytes, c->bytes + at, c->length - at);
    c->length -= at;
}

static void pump(double until) {
    struct epoll_event events[256];
    double now;
    while ((now = clock_ms(CLOCK_MONOTONIC)) < until) {
        int n = epoll_wait(ep, events, 256, (int)(until - now) + 1);
        for (int i = 0; i < n; i++) {
            Client *c = events[i].data.ptr;
            ssize_t r = recv(c->fd, c->bytes + c->length, BUFFER - 1 - c->length, MSG_DONTWAIT);
            if (r < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (r <= 0) { close(c->fd); closed++; continue; }
            c->length += r;
            feed(c);
        }
    }
}

static void begin(Client *c, int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    char q[300];
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (void *)&a, sizeof a)) { perror("connect"); exit(1); }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    int n = snprintf(q, sizeof q,
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n", port);
    if (send(c->fd, q, n, MSG_NOSIGNAL) != n) exit(1);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
}

static double at(double share) { return taken ? latencies[(long)(taken * share) - (share == 1)] : -1; }

int main(int argc, char **argv) {
    if (argc != 9) return 2;
    int port = atoi(argv[1]), n = atoi(argv[2]), windows = atoi(argv[5]);
    double warm = atof(argv[3]), window = atof(argv[4]);
    key = argv[6];
    join_text = argv[7];
    watch_text = argv[8];
    if (strlen(join_text) > 1000 || strlen(watch_text) > 1000) return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    Client *clients = calloc(n, sizeof *clients);
    latencies = malloc(LATENCIES * sizeof *latencies);
    ep = epoll_create1(0);
    for (int i = 0; i < n; i++) { begin(&clients[i], port); pump(clock_ms(CLOCK_MONOTONIC) + 2); }
    double limit = clock_ms(CLOCK_MONOTONIC) + JOIN_MS;
    while (joined < n && clock_ms(CLOCK_MONOTONIC) < limit) pump(clock_ms(CLOCK_MONOTONIC) + 20);
    pump(clock_ms(CLOCK_MONOTONIC) + warm * 1000);
    printf("{\"connected\": %ld}\n", joined);
    fflush(stdout);
    for (int w = 0; w < windows; w++) {
        taken = messages = received = 0;
        double from = clock_ms(CLOCK_MONOTONIC);
        pump(from + window * 1000);
        double seconds = (clock_ms(CLOCK_MONOTONIC) - from) / 1000;
        qsort(latencies, taken, sizeof *latencies, ascending);
        struct rusage u;
        getrusage(RUSAGE_SELF, &u);
        printf("{\"seconds\": %.3f, \"messages\": %ld, \"deliveries\": %ld, \"bytes\": %ld, \"closed\": %ld, \"p50\": %.2f,"
               " \"p90\": %.2f, \"p99\": %.2f, \"worst\": %.2f, \"cpu_s\": %.3f}\n",
               seconds, messages, taken, received, closed, at(.5), at(.9), at(.99), at(1),
               u.ru_utime.tv_sec + u.ru_stime.tv_sec + 1e-6 * (u.ru_utime.tv_usec + u.ru_stime.tv_usec));
        fflush(stdout);
    }
    return 0;
}
