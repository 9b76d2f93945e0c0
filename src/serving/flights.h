/* Which request has which stream at the workers.
 *
 * A *flight* is a stream that the workers have. It outlives a request that was canceled, because
 * its place at the worker is free only when the worker confirms the end; such a flight has no
 * request. A request's part in this is `struct hearth_request_flight`, which only this file
 * changes; it may be moved to another request, which then owns the stream. Loop thread only. */
#ifndef HEARTH_SERVING_FLIGHTS_H
#define HEARTH_SERVING_FLIGHTS_H

#include "domain/crash_budget.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_flights;

/* Zeroed memory is the part of a request that was never sent. */
struct hearth_request_flight {
    uint32_t stream; /* 0: none */
    bool prepared;   /* the worker has counted its tokens */
    struct hearth_crash_budget budget;
};

struct hearth_flights *hearth_flights_create(void);
void hearth_flights_destroy(struct hearth_flights *flights);
/* Forgets all, and makes room for `count_max`, which no `begin` may exceed. */
void hearth_flights_open(struct hearth_flights *flights, size_t count_max);

size_t hearth_flights_count(const struct hearth_flights *flights);
size_t hearth_flights_room(const struct hearth_flights *flights);
uint64_t hearth_flights_cost(const struct hearth_flights *flights); /* estimated tokens of all */
/* One of them: the only one, when a suspect is under way (domain/crash_budget.h). NULL when there
 * is none, or when it has no request. */
const struct hearth_request_flight *hearth_flights_first(const struct hearth_flights *flights);

/* The number that the next flight has: never used before. */
uint32_t hearth_flights_next_stream(const struct hearth_flights *flights);
void hearth_flights_begin(struct hearth_flights *flights, struct hearth_request_flight *part,
                          uint64_t cost);
/* False when there is no such flight. `*ret_part` is NULL when its request was canceled. */
bool hearth_flights_find(const struct hearth_flights *flights, uint32_t stream,
                         struct hearth_request_flight **ret_part);
/* Its tokens have been counted: `cost` takes the place of the estimate. */
void hearth_flights_price(struct hearth_flights *flights, uint32_t stream, uint64_t cost);
/* The worker has said the last word about it; the stream must be under way. */
void hearth_flights_end(struct hearth_flights *flights, uint32_t stream);
/* All have ended with their workers. The requests keep the numbers of their streams. */
void hearth_flights_lose_all(struct hearth_flights *flights);

/* The request goes; its stream stays until the worker confirms its end. */
void hearth_flight_leave(struct hearth_flights *flights, struct hearth_request_flight *part);
/* The stream of `from` is that of `to`, with all that has happened to it. */
void hearth_flight_hand_over(struct hearth_flights *flights, struct hearth_request_flight *from,
                             struct hearth_request_flight *to);
void hearth_flight_is_prepared(struct hearth_request_flight *part);
/* Part of the answer is out. */
void hearth_flight_has_begun(struct hearth_request_flight *part);
/* Its worker ended: may it be tried again? Then it has no stream. */
enum hearth_crash_verdict hearth_flight_lost(struct hearth_request_flight *part, bool generates);

#endif
