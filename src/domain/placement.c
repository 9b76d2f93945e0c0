#include "domain/placement.h"

#include "base/memory.h"

#include <stdbool.h>

struct place {
    uint32_t stream, worker;
    uint64_t cost;
};

struct worker {
    struct hearth_worker_load load;
    enum hearth_worker_standing standing;
};

struct hearth_placement {
    struct place *places; /* in no order: there are few, a step's worth for each worker */
    size_t count, capacity;
    uint32_t worker_count;
    struct worker workers[];
};

struct hearth_placement *hearth_placement_create(uint32_t workers)
{
    struct hearth_placement *placement =
        hearth_calloc(1, sizeof(*placement) + workers * sizeof(placement->workers[0]));
    placement->worker_count = workers;
    return placement;
}

void hearth_placement_destroy(struct hearth_placement *placement)
{
    if (!placement)
        return;
    hearth_free(placement->places);
    hearth_free(placement);
}

void hearth_placement_stand(struct hearth_placement *placement, uint32_t worker,
                            enum hearth_worker_standing standing)
{
    placement->workers[worker].standing = standing;
}

/* One on trial that has its stream already comes after all others, however little that is. */
static bool has_its_trial(const struct worker *worker)
{
    return worker->standing == HEARTH_WORKER_ON_TRIAL && worker->load.streams > 0;
}

static bool goes_before(const struct worker *one, const struct worker *other)
{
    if (has_its_trial(one) != has_its_trial(other))
        return has_its_trial(other);
    if (one->load.cost != other->load.cost)
        return one->load.cost < other->load.cost;
    return one->load.streams < other->load.streams;
}

/* The cost of what it has says how long a worker will be busy; the number of streams decides only
 * between equals, and the number of the worker between those. */
int64_t hearth_placement_choose(const struct hearth_placement *placement)
{
    const struct worker *best = NULL;
    for (uint32_t i = 0; i < placement->worker_count; i++) {
        const struct worker *one = &placement->workers[i];
        if (one->standing != HEARTH_WORKER_AWAY && (!best || goes_before(one, best)))
            best = one;
    }
    return best ? best - placement->workers : -1;
}

uint32_t hearth_placement_ready(const struct hearth_placement *placement)
{
    uint32_t ready = 0;
    for (uint32_t i = 0; i < placement->worker_count; i++)
        ready += placement->workers[i].standing != HEARTH_WORKER_AWAY;
    return ready;
}

void hearth_placement_take(struct hearth_placement *placement, uint32_t worker, uint32_t stream,
                           uint64_t cost)
{
    if (placement->count == placement->capacity) {
        placement->capacity = placement->capacity ? 2 * placement->capacity : 64;
        placement->places =
            hearth_realloc(placement->places, placement->capacity * sizeof(*placement->places));
    }
    placement->places[placement->count++] =
        (struct place){.stream = stream, .worker = worker, .cost = cost};
    placement->workers[worker].load.streams++;
    placement->workers[worker].load.cost += cost;
}

/* A walk: there are as many as a few steps of all workers together. */
static struct place *place_of(const struct hearth_placement *placement, uint32_t stream)
{
    for (size_t i = 0; i < placement->count; i++)
        if (placement->places[i].stream == stream)
            return &placement->places[i];
    return NULL;
}

/* The load is kept beside the places, and not counted anew for each choice, because a choice is
 * made for every request. */
static void leave(struct hearth_placement *placement, struct place *place)
{
    struct hearth_worker_load *load = &placement->workers[place->worker].load;
    load->streams--;
    load->cost -= place->cost;
    *place = placement->places[--placement->count];
}

int64_t hearth_placement_worker(const struct hearth_placement *placement, uint32_t stream)
{
    const struct place *place = place_of(placement, stream);
    return place ? (int64_t)place->worker : -1;
}

void hearth_placement_leave(struct hearth_placement *placement, uint32_t stream)
{
    struct place *place = place_of(placement, stream);
    if (place)
        leave(placement, place);
}

/* The last place fills each gap, so the index moves on only when nothing was taken. */
size_t hearth_placement_leave_all(struct hearth_placement *placement, uint32_t worker,
                                  uint32_t *ret_streams)
{
    size_t count = 0;
    for (size_t i = 0; i < placement->count;) {
        struct place *place = &placement->places[i];
        if (place->worker != worker) {
            i++;
            continue;
        }
        ret_streams[count++] = place->stream;
        leave(placement, place);
    }
    return count;
}

struct hearth_worker_load hearth_placement_load(const struct hearth_placement *placement,
                                                uint32_t worker)
{
    return placement->workers[worker].load;
}
