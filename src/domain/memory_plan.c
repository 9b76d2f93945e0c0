#include "domain/memory_plan.h"

#include "base/error.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* The numbers come from files that nobody has vouched for: sums stop at the largest number,
 * differences at 0, and both mean "does not fit". */
static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

struct hearth_memory hearth_memory_sum(struct hearth_memory a, struct hearth_memory b)
{
    return (struct hearth_memory){.host = add(a.host, b.host), .device = add(a.device, b.device)};
}

struct hearth_memory hearth_memory_less(struct hearth_memory a, struct hearth_memory b)
{
    return (struct hearth_memory){.host = less(a.host, b.host), .device = less(a.device, b.device)};
}

bool hearth_memory_is_none(struct hearth_memory memory)
{
    return !memory.host && !memory.device;
}

struct hearth_memory hearth_memory_total(const struct hearth_memory_plan *plan)
{
    return (struct hearth_memory){
        .host = add(add(plan->weights, plan->cache), add(plan->scratch, plan->process)),
        .device = plan->device,
    };
}

static uint64_t free_room(const struct hearth_memory_room *room)
{
    return less(room->available.host, add(add(room->reserved.host, room->jobs), room->headroom));
}

/* The smaller of what is really free (less what loads or trains now and what must stay free) and
 * what the limit leaves. */
struct hearth_memory hearth_memory_most(const struct hearth_memory_room *room)
{
    struct hearth_memory most = hearth_memory_less(room->available, room->reserved);
    most.host = free_room(room);
    if (room->limit && less(room->limit, room->used) < most.host)
        most.host = less(room->limit, room->used);
    return most;
}

struct hearth_memory_room hearth_memory_without(const struct hearth_memory_room *room,
                                                struct hearth_memory others)
{
    struct hearth_memory_room without = *room;
    without.available = hearth_memory_sum(room->available, others);
    without.used = less(room->used, others.host);
    return without;
}

/* "weights 87.3 MiB + cache 90.0 MiB + scratch 12.0 MiB + process 20.0 MiB = 209.3 MiB" */
static void write_sum(const struct hearth_memory_plan *plan, char *ret_text, size_t size)
{
    char weights[16], cache[16], scratch[16], process[16], total[16];
    hearth_size_text(plan->weights, weights);
    hearth_size_text(plan->cache, cache);
    hearth_size_text(plan->scratch, scratch);
    hearth_size_text(plan->process, process);
    hearth_size_text(hearth_memory_total(plan).host, total);
    snprintf(ret_text, size, "weights %s + cache %s + scratch %s + process %s = %s", weights, cache,
             scratch, process, total);
}

/* " less 1.2 GiB of models that load now", or nothing. */
static void write_promised(uint64_t bytes, const char *whose, char *ret_text, size_t size)
{
    char text[16];
    hearth_size_text(bytes, text);
    snprintf(ret_text, size, " less %s of %s", text, whose);
    if (!bytes)
        *ret_text = '\0';
}

static int refuse_device(uint64_t wanted, uint64_t most, const struct hearth_memory_room *room,
                         struct hearth_error *error)
{
    char needs[16], may[16], first[16], loads[64];
    hearth_size_text(wanted, needs);
    hearth_size_text(most, may);
    hearth_size_text(room->available.device, first);
    write_promised(room->reserved.device, "models that load now", loads, sizeof(loads));
    return hearth_error_set(error, HEARTH_EMEMORY,
                            "needs %s of GPU memory; %s may be taken: %s free%s", needs, may, first,
                            loads);
}

/* The message shows the sum that failed, with the one limit that was in the way, so that a person
 * sees which number to change. */
int hearth_memory_check(const struct hearth_memory_plan *plan,
                        const struct hearth_memory_room *room, struct hearth_error *error)
{
    struct hearth_memory total = hearth_memory_total(plan), may = hearth_memory_most(room);
    if (total.host <= may.host && total.device <= may.device)
        return 0;
    if (total.host <= may.host)
        return refuse_device(total.device, may.device, room, error);
    char sum[160], most[16], first[16], second[16], loads[64], jobs[64];
    write_sum(plan, sum, sizeof(sum));
    hearth_size_text(may.host, most);
    if (may.host < free_room(room)) {
        hearth_size_text(room->limit, first);
        hearth_size_text(room->used, second);
        return hearth_error_set(error, HEARTH_EMEMORY,
                                "needs %s; %s may be taken: limit %s less %s of loaded models", sum,
                                most, first, second);
    }
    hearth_size_text(room->available.host, first);
    hearth_size_text(room->headroom, second);
    write_promised(room->reserved.host, "models that load now", loads, sizeof(loads));
    write_promised(room->jobs, "training jobs that run", jobs, sizeof(jobs));
    return hearth_error_set(error, HEARTH_EMEMORY,
                            "needs %s; %s may be taken: %s free less headroom %s%s%s", sum, most,
                            first, second, loads, jobs);
}

void hearth_memory_suggest(uint32_t context, uint32_t slots, struct hearth_error *error)
{
    size_t used = strlen(error->message);
    if (!context)
        return;
    used += (size_t)snprintf(error->message + used, sizeof(error->message) - used,
                             "; a context of %u tokens", context);
    if (slots && used < sizeof(error->message))
        used += (size_t)snprintf(error->message + used, sizeof(error->message) - used,
                                 " in %u slot%s", slots, slots > 1 ? "s" : "");
    if (used < sizeof(error->message))
        snprintf(error->message + used, sizeof(error->message) - used, " would fit");
}
