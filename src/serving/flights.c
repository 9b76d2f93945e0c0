#include "serving/flights.h"

#include "base/memory.h"

#include <assert.h>

struct flight {
    uint32_t stream;
    uint64_t cost;
    struct hearth_request_flight *part; /* NULL: canceled */
};

struct hearth_flights {
    struct flight *all; /* in no order */
    size_t count, count_max;
    uint64_t cost;
    uint32_t last_stream;
};

struct hearth_flights *hearth_flights_create(void)
{
    return hearth_calloc(1, sizeof(struct hearth_flights));
}

void hearth_flights_destroy(struct hearth_flights *flights)
{
    hearth_free(flights->all);
    hearth_free(flights);
}

/* As many as the policy ever allows; it never grows while requests run. */
void hearth_flights_open(struct hearth_flights *flights, size_t count_max)
{
    flights->count_max = count_max;
    flights->all = hearth_realloc(flights->all, count_max * sizeof(*flights->all));
    hearth_flights_lose_all(flights);
}

size_t hearth_flights_count(const struct hearth_flights *flights)
{
    return flights->count;
}

size_t hearth_flights_room(const struct hearth_flights *flights)
{
    return flights->count_max - flights->count;
}

uint64_t hearth_flights_cost(const struct hearth_flights *flights)
{
    return flights->cost;
}

const struct hearth_request_flight *hearth_flights_first(const struct hearth_flights *flights)
{
    return flights->count ? flights->all[0].part : NULL;
}

uint32_t hearth_flights_next_stream(const struct hearth_flights *flights)
{
    return flights->last_stream + 1;
}

void hearth_flights_begin(struct hearth_flights *flights, struct hearth_request_flight *part,
                          uint64_t cost)
{
    assert(flights->count < flights->count_max);
    part->stream = ++flights->last_stream;
    flights->all[flights->count++] =
        (struct flight){.stream = part->stream, .cost = cost, .part = part};
    flights->cost += cost;
}

/* There are few, as many as a step or two of all workers (domain/look_ahead.h), so that a table
 * would cost more than it saves. */
static struct flight *flight_of(const struct hearth_flights *flights, uint32_t stream)
{
    for (size_t i = 0; i < flights->count; i++)
        if (flights->all[i].stream == stream)
            return &flights->all[i];
    return NULL;
}

bool hearth_flights_find(const struct hearth_flights *flights, uint32_t stream,
                         struct hearth_request_flight **ret_part)
{
    const struct flight *flight = flight_of(flights, stream);
    *ret_part = flight ? flight->part : NULL;
    return flight != NULL;
}

/* A prompt of which only a guess was known turns out shorter or longer, and the policy looks at the
 * sum of what is known. */
void hearth_flights_price(struct hearth_flights *flights, uint32_t stream, uint64_t cost)
{
    struct flight *flight = flight_of(flights, stream);
    flights->cost += cost - flight->cost; /* unsigned: also right when it falls */
    flight->cost = cost;
}

/* The last one fills the gap. The order means nothing. */
void hearth_flights_end(struct hearth_flights *flights, uint32_t stream)
{
    struct flight *flight = flight_of(flights, stream);
    flights->cost -= flight->cost;
    *flight = flights->all[--flights->count];
}

void hearth_flights_lose_all(struct hearth_flights *flights)
{
    flights->count = 0;
    flights->cost = 0;
}

/* A part whose flight was handed over has no stream, and a stream that has ended is not found: both
 * are fine. */
void hearth_flight_leave(struct hearth_flights *flights, struct hearth_request_flight *part)
{
    struct flight *flight = part->stream ? flight_of(flights, part->stream) : NULL;
    if (flight && flight->part == part)
        flight->part = NULL;
}

/* The heir gets the whole history: what its predecessor's worker has prepared is prepared for it,
 * and the workers that ended under its predecessor have ended under it. */
void hearth_flight_hand_over(struct hearth_flights *flights, struct hearth_request_flight *from,
                             struct hearth_request_flight *to)
{
    struct flight *flight = from->stream ? flight_of(flights, from->stream) : NULL;
    if (flight && flight->part == from)
        flight->part = to;
    *to = *from;
    from->stream = 0;
}

void hearth_flight_is_prepared(struct hearth_request_flight *part)
{
    part->prepared = true;
}

void hearth_flight_has_begun(struct hearth_request_flight *part)
{
    part->budget.begun = true;
}

enum hearth_crash_verdict hearth_flight_lost(struct hearth_request_flight *part, bool generates)
{
    enum hearth_crash_verdict verdict = hearth_crash_budget_spend(&part->budget, generates);
    if (verdict == HEARTH_CRASH_TRY_AGAIN)
        part->stream = 0;
    return verdict;
}
