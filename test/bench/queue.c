/* The admission queue by itself: operations per second and the time of one, with so many requests
 * waiting. `bench_queue [QUEUED [SECONDS]]`; prints a line of JSON for each number of clients. */
#include "domain/queue.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NAME_SIZE = 32, BLOCK = 1000, SAMPLES_MAX = 1 << 16 };

struct stand {
    struct hearth_queue *queue;
    struct hearth_queued *items;
    char (*names)[NAME_SIZE];
    size_t queued, clients;
    uint64_t seed;
};

/* Of processor time, so that what else the machine does is not measured. */
static uint64_t cpu_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t random_below(struct stand *stand, uint64_t bound) /* xorshift64* */
{
    stand->seed ^= stand->seed >> 12;
    stand->seed ^= stand->seed << 25;
    stand->seed ^= stand->seed >> 27;
    return (stand->seed * 0x2545F4914F6CDD1Dull >> 16) % bound;
}

/* Costs as they come: short questions and long documents. */
static void push(struct stand *stand, struct hearth_queued *item)
{
    item->cost =
        random_below(stand, 8) ? 100 + random_below(stand, 900) : 1000 + random_below(stand, 30000);
    item->class_ = (enum hearth_class)random_below(stand, HEARTH_CLASS_COUNT);
    if (hearth_queue_push(stand->queue, item, stand->names[random_below(stand, stand->clients)],
                          0) < 0)
        abort();
}

/* One block of steady use: of ten requests that leave, one is canceled and nine have their turn,
 * and as many come. */
static void use(struct stand *stand)
{
    for (int i = 0; i < BLOCK / 2; i++) {
        struct hearth_queued *item;
        if (i % 10) {
            item = hearth_queue_pop(stand->queue);
        } else {
            item = &stand->items[random_below(stand, stand->queued)];
            hearth_queue_remove(stand->queue, item);
        }
        push(stand, item);
    }
}

static int compare(const void *a, const void *b)
{
    const uint64_t *one = a, *other = b;
    return *one < *other ? -1 : *one > *other;
}

static void measure(struct stand *stand, uint64_t seconds)
{
    static uint64_t blocks[SAMPLES_MAX];
    size_t count = 0;
    uint64_t start = cpu_ns(), now = start;
    while (now - start < seconds * 1000000000u && count < SAMPLES_MAX) {
        use(stand);
        uint64_t then = now;
        now = cpu_ns();
        blocks[count++] = now - then;
    }
    qsort(blocks, count, sizeof(blocks[0]), compare);
    printf("{\"queued\":%zu,\"clients\":%zu,\"operations_per_s\":%.0f,\"ns_per_operation\":%.0f,"
           "\"ns_per_operation_p99\":%.0f}\n",
           stand->queued, stand->clients, (double)count * BLOCK * 1e9 / (double)(now - start),
           (double)blocks[count / 2] / BLOCK, (double)blocks[count * 99 / 100] / BLOCK);
}

static void run(size_t queued, size_t clients, uint64_t seconds)
{
    struct stand stand = {.queued = queued, .clients = clients, .seed = 1};
    stand.queue =
        hearth_queue_create(&(struct hearth_queue_limits){.requests_max = queued + 1}, NULL);
    stand.items = hearth_calloc(queued, sizeof(*stand.items));
    stand.names = hearth_calloc(clients, sizeof(*stand.names));
    for (size_t i = 0; i < clients; i++)
        snprintf(stand.names[i], NAME_SIZE, "key:client-%zu", i);
    for (size_t i = 0; i < queued; i++)
        push(&stand, &stand.items[i]);
    for (size_t i = 0; i < queued / BLOCK; i++) /* until it is as it stays */
        use(&stand);
    measure(&stand, seconds);
    while (hearth_queue_pop(stand.queue))
        ;
    hearth_queue_destroy(stand.queue);
    hearth_free(stand.items);
    hearth_free(stand.names);
}

static size_t number(const char *text)
{
    size_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        value = 10 * value + (size_t)(*text - '0');
    return value;
}

int main(int count, char **arguments)
{
    size_t queued = count > 1 ? number(arguments[1]) : 100000;
    uint64_t seconds = count > 2 ? number(arguments[2]) : 2;
    if (queued < BLOCK)
        return 2;
    run(queued, 10, seconds);
    run(queued, 1000, seconds);
    run(queued, queued, seconds);
    return 0;
}
