/* An open-loop HTTP/1.1 load generator: requests leave on a schedule, whatever the answers do, and
 * latency counts from the scheduled moment, so that a stall is not hidden by waiting clients.
 *
 *     load --port N [--host A] --path P [--body FILE] [--key K] --rate R --seconds S
 *          [--connections C] [--hold]
 *
 * Prints one JSON object: counts by status class, errors, latency percentiles of the good answers
 * in milliseconds. With --hold it opens C connections, sends one request on each, waits for the
 * first byte of every answer's body, says so, and keeps them until standard input ends. Loopback
 * only. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MAX = 1 << 20, WAITING_MAX = 1 << 16 };

struct connection {
    int socket;
    bool busy;
    uint64_t due_ns; /* when the request should have left */
    size_t length;   /* of what has arrived */
    char *answer;
};

struct load {
    const char *path, *host, *key;
    int port, connection_count, epoll;
    double rate, seconds;
    bool hold;
    char *request;
    size_t request_length;
    struct connection *connections;
    uint64_t waiting[WAITING_MAX]; /* due times of requests that found no free connection */
    size_t waiting_first, waiting_count;
    double *latencies_ms;
    size_t latency_count, latency_max;
    unsigned long ok, refused, failed, broken;
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static char *read_file(const char *path, size_t *ret_length)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        die(path);
    char *bytes = malloc(ANSWER_MAX);
    *ret_length = fread(bytes, 1, ANSWER_MAX, file);
    fclose(file);
    return bytes;
}

static void make_request(struct load *load, const char *body_path)
{
    size_t body_length = 0;
    char *body = body_path ? read_file(body_path, &body_length) : NULL;
    char key[256] = "";
    if (load->key)
        snprintf(key, sizeof(key), "Authorization: Bearer %s\r\n", load->key);
    load->request = malloc(body_length + 2048);
    int head =
        snprintf(load->request, 2048,
                 "%s %s HTTP/1.1\r\nHost: %s:%d\r\n%sContent-Type: application/json\r\n"
                 "Content-Length: %zu\r\n\r\n",
                 body ? "POST" : "GET", load->path, load->host, load->port, key, body_length);
    if (body_length)
        memcpy(load->request + head, body, body_length);
    load->request_length = (size_t)head + body_length;
    free(body);
}

static int connect_to(const struct load *load)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load->port)};
    if (inet_pton(AF_INET, load->host, &address.sin_addr) != 1 ||
        (ntohl(address.sin_addr.s_addr) >> 24) != 127) {
        fprintf(stderr, "load: only 127.0.0.0/8 is a target\n");
        exit(2);
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void open_connection(struct load *load, struct connection *connection)
{
    connection->socket = connect_to(load);
    connection->busy = false;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(load->epoll, EPOLL_CTL_ADD, connection->socket, &event);
}

static void send_request(struct load *load, struct connection *connection, uint64_t due_ns)
{
    connection->busy = true;
    connection->due_ns = due_ns;
    connection->length = 0;
    ssize_t sent = send(connection->socket, load->request, load->request_length, MSG_NOSIGNAL);
    if (sent != (ssize_t)load->request_length)
        load->broken++;
}

/* Whole when the head says how long the body is and so much has come, or the last chunk is there.
 */
static bool answer_is_whole(struct connection *connection)
{
    connection->answer[connection->length] = '\0';
    char *end = strstr(connection->answer, "\r\n\r\n");
    if (!end)
        return false;
    size_t have = connection->length - (size_t)(end + 4 - connection->answer);
    char *length = strcasestr(connection->answer, "\r\ncontent-length:");
    if (length && length < end)
        return have >= strtoul(length + 17, NULL, 10);
    return have >= 5 && memcmp(connection->answer + connection->length - 5, "0\r\n\r\n", 5) == 0;
}

static void count_answer(struct load *load, const struct connection *connection)
{
    int status = connection->length > 12 ? (int)strtol(connection->answer + 9, NULL, 10) : 0;
    bool ok = status / 100 == 2;
    if (ok)
        load->ok++;
    else if (status == 429 || status == 503)
        load->refused++;
    else
        load->failed++;
    if (ok && load->latency_count < load->latency_max)
        load->latencies_ms[load->latency_count++] = (double)(now_ns() - connection->due_ns) / 1e6;
}

static void on_readable(struct load *load, struct connection *connection)
{
    ssize_t got = recv(connection->socket, connection->answer + connection->length,
                       ANSWER_MAX - 1 - connection->length, 0);
    if (got <= 0) {
        if (got < 0 && errno == EAGAIN)
            return;
        if (connection->busy)
            load->broken++;
        close(connection->socket);
        open_connection(load, connection);
        return;
    }
    connection->length += (size_t)got;
    if (!connection->busy || !answer_is_whole(connection))
        return;
    count_answer(load, connection);
    connection->busy = false;
    if (load->waiting_count) {
        uint64_t due = load->waiting[load->waiting_first++ % WAITING_MAX];
        load->waiting_count--;
        send_request(load, connection, due);
    }
}

static void on_due(struct load *load, uint64_t due_ns)
{
    for (int i = 0; i < load->connection_count; i++)
        if (!load->connections[i].busy) {
            send_request(load, &load->connections[i], due_ns);
            return;
        }
    if (load->waiting_count < WAITING_MAX)
        load->waiting[(load->waiting_first + load->waiting_count++) % WAITING_MAX] = due_ns;
    else
        load->broken++;
}

static bool any_busy(const struct load *load)
{
    for (int i = 0; i < load->connection_count; i++)
        if (load->connections[i].busy)
            return true;
    return false;
}

static void run_open_loop(struct load *load)
{
    uint64_t start = now_ns(), interval = (uint64_t)(1e9 / load->rate);
    uint64_t total = (uint64_t)(load->rate * load->seconds), sent = 0;
    uint64_t give_up = start + (uint64_t)((load->seconds + 30) * 1e9);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(load->epoll, EPOLL_CTL_ADD, timer, &event);
    while ((sent < total || any_busy(load)) && now_ns() < give_up) {
        if (sent < total) {
            uint64_t due = start + sent * interval;
            struct itimerspec when = {.it_value = {.tv_sec = (time_t)(due / 1000000000u),
                                                   .tv_nsec = (long)(due % 1000000000u)}};
            timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
        }
        struct epoll_event events[64];
        int count = epoll_wait(load->epoll, events, 64, 1000);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr)
                on_readable(load, events[i].data.ptr);
            else {
                uint64_t ignored;
                (void)!read(timer, &ignored, sizeof(ignored));
            }
        }
        while (sent < total && start + sent * interval <= now_ns())
            on_due(load, start + sent++ * interval);
    }
    close(timer);
}

static void run_hold(struct load *load)
{
    int started = 0;
    for (int i = 0; i < load->connection_count; i++)
        send_request(load, &load->connections[i], now_ns());
    uint64_t give_up = now_ns() + 120000000000u;
    while (started < load->connection_count && now_ns() < give_up) {
        struct epoll_event events[64];
        int count = epoll_wait(load->epoll, events, 64, 1000);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            ssize_t got = recv(connection->socket, connection->answer, ANSWER_MAX - 1, 0);
            if (got > 0 && connection->busy) {
                connection->answer[got] = '\0';
                started += strncmp(connection->answer, "HTTP/1.1 200", 12) == 0;
                connection->busy = false;
            }
        }
    }
    printf("{\"held\": %d}\n", started);
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(const struct load *load, double p)
{
    if (!load->latency_count)
        return 0;
    size_t index = (size_t)(p * (double)(load->latency_count - 1) + 0.5);
    return load->latencies_ms[index];
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"host", 1, 0, 'h'}, {"port", 1, 0, 'p'},
        {"path", 1, 0, 'u'}, {"body", 1, 0, 'b'},
        {"rate", 1, 0, 'r'}, {"seconds", 1, 0, 's'},
        {"key", 1, 0, 'k'},  {"connections", 1, 0, 'c'},
        {"hold", 0, 0, 'H'}, {0},
    };
    struct load load = {
        .host = "127.0.0.1", .path = "/health", .rate = 100, .seconds = 5, .connection_count = 16};
    const char *body_path = NULL;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'h':
            load.host = optarg;
            break;
        case 'p':
            load.port = (int)strtol(optarg, NULL, 10);
            break;
        case 'u':
            load.path = optarg;
            break;
        case 'b':
            body_path = optarg;
            break;
        case 'k':
            load.key = optarg;
            break;
        case 'r':
            load.rate = strtod(optarg, NULL);
            break;
        case 's':
            load.seconds = strtod(optarg, NULL);
            break;
        case 'c':
            load.connection_count = (int)strtol(optarg, NULL, 10);
            break;
        case 'H':
            load.hold = true;
            break;
        default:
            return 2;
        }
    }
    make_request(&load, body_path);
    load.latency_max = (size_t)(load.rate * load.seconds) + 1;
    load.latencies_ms = malloc(load.latency_max * sizeof(double));
    load.connections = calloc((size_t)load.connection_count, sizeof(*load.connections));
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < load.connection_count; i++) {
        struct connection *connection = &load.connections[i];
        connection->answer = load.hold && i ? load.connections[0].answer : malloc(ANSWER_MAX);
        open_connection(&load, connection);
    }
    if (load.hold) {
        run_hold(&load);
        return 0;
    }
    run_open_loop(&load);
    qsort(load.latencies_ms, load.latency_count, sizeof(double), by_value);
    printf("{\"ok\": %lu, \"refused\": %lu, \"failed\": %lu, \"broken\": %lu, \"p50_ms\": %.3f, "
           "\"p90_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f}\n",
           load.ok, load.refused, load.failed, load.broken, percentile(&load, 0.5),
           percentile(&load, 0.9), percentile(&load, 0.99), percentile(&load, 1));
    return 0;
}
