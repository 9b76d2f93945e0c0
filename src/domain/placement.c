#include "domain/placement.h"

#include "base/memory.h"

struct place {
    uint32_t stream, worker;
    uint64_t cost;
};

struct hearth_placement {
    struct place *places;
    size_t count, capacity;
    struct hearth_worker_load loads[]; /* by worker */
};

struct hearth_placement *hearth_placement_create(uint32_t workers)
{
    struct hearth_placement *placement = NULL;
    return hearth_calloc(1, sizeof(*placement) + workers * sizeof(placement->loads[0]));
}

void hearth_placement_destroy(struct hearth_placement *placement)
{
    if (!placement)
        return;
    hearth_free(placement->places);
    hearth_free(placement);
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
    placement->loads[worker].streams++;
    placement->loads[worker].cost += cost;
}

static struct place *place_of(const struct hearth_placement *placement, uint32_t stream)
{
    for (size_t i = 0; i < placement->count; i++)
        if (placement->places[i].stream == stream)
            return &placement->places[i];
    return NULL;
}

static void leave(struct hearth_placement *placement, struct place *place)
{
    struct hearth_worker_load *load = &placement->loads[place->worker];
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
    return placement->loads[worker];
}
