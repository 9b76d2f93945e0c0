#include "domain/cpu_split.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

bool hearth_cpus_has(const struct hearth_cpus *cpus, unsigned cpu)
{
    return cpu < HEARTH_CPUS_MAX && cpus->bits[cpu / 64] >> (cpu % 64) & 1;
}

void hearth_cpus_add(struct hearth_cpus *cpus, unsigned cpu)
{
    if (cpu < HEARTH_CPUS_MAX)
        cpus->bits[cpu / 64] |= 1ull << (cpu % 64);
}

unsigned hearth_cpus_count(const struct hearth_cpus *cpus)
{
    unsigned count = 0;
    for (size_t i = 0; i < HEARTH_CPUS_MAX / 64; i++)
        count += (unsigned)__builtin_popcountll(cpus->bits[i]);
    return count;
}

/* Stops as soon as the number is too large, so that no row of digits can overflow it. */
static int take_number(const char **at, const char *end, unsigned *ret_number)
{
    const char *begin = *at;
    unsigned number = 0;
    while (*at < end && **at >= '0' && **at <= '9' && number < HEARTH_CPUS_MAX)
        number = number * 10 + (unsigned)(*(*at)++ - '0');
    if (*at == begin || number >= HEARTH_CPUS_MAX)
        return HEARTH_EPARSE;
    *ret_number = number;
    return 0;
}

/* list = range { "," range }, range = number [ "-" number ]: the format of /sys/devices/system/cpu
 * (Linux, Documentation/admin-guide/cputopology.rst). Nothing else, also no blanks. */
int hearth_cpus_parse(const char *list, size_t length, struct hearth_cpus *ret_cpus)
{
    struct hearth_cpus cpus = {{0}};
    const char *at = list, *end = list + length;
    for (;;) {
        unsigned first, last;
        if (take_number(&at, end, &first))
            return HEARTH_EPARSE;
        last = first;
        if (at < end && *at == '-') {
            at++;
            if (take_number(&at, end, &last) || last < first)
                return HEARTH_EPARSE;
        }
        for (unsigned cpu = first; cpu <= last; cpu++)
            hearth_cpus_add(&cpus, cpu);
        if (at == end)
            break;
        if (*at++ != ',')
            return HEARTH_EPARSE;
    }
    *ret_cpus = cpus;
    return 0;
}

/* Runs of neighbours as ranges, as the kernel writes them. */
int hearth_cpus_write(const struct hearth_cpus *cpus, char *ret_list, size_t size)
{
    size_t used = 0;
    ret_list[0] = '\0';
    for (unsigned cpu = 0; cpu < HEARTH_CPUS_MAX; cpu++) {
        if (!hearth_cpus_has(cpus, cpu))
            continue;
        unsigned last = cpu;
        while (hearth_cpus_has(cpus, last + 1))
            last++;
        int written =
            last > cpu
                ? snprintf(ret_list + used, size - used, "%s%u-%u", used ? "," : "", cpu, last)
                : snprintf(ret_list + used, size - used, "%s%u", used ? "," : "", cpu);
        if (written < 0 || (size_t)written >= size - used)
            return HEARTH_ETOOLARGE;
        used += (size_t)written;
        cpu = last;
    }
    return 0;
}

/* Asked when a setting is written, on whatever machine that is: only the form can be judged there.
 */
bool hearth_cpu_wish_is_possible(const char *wish)
{
    struct hearth_cpus part;
    if (strcmp(wish, "auto") == 0 || strcmp(wish, "off") == 0)
        return true;
    for (const char *at = wish; at;) {
        const char *end = strchr(at, ';');
        if (hearth_cpus_parse(at, end ? (size_t)(end - at) : strlen(at), &part))
            return false;
        at = end ? end + 1 : NULL;
    }
    return true;
}

/* The usable cores, node by node; those of no known node last. */
static size_t order(const struct hearth_cpus *usable, const struct hearth_cpus *nodes,
                    size_t node_count, unsigned *ret_cpus)
{
    struct hearth_cpus taken = {{0}};
    size_t count = 0;
    for (size_t node = 0; node <= node_count; node++)
        for (unsigned cpu = 0; cpu < HEARTH_CPUS_MAX; cpu++) {
            bool here = node == node_count || hearth_cpus_has(&nodes[node], cpu);
            if (here && hearth_cpus_has(usable, cpu) && !hearth_cpus_has(&taken, cpu)) {
                hearth_cpus_add(&taken, cpu);
                ret_cpus[count++] = cpu;
            }
        }
    return count;
}

/* Core i of n goes to part i * count / n: the parts are neighbours in order of node, and differ by
 * no more than one core. */
static int split_evenly(const struct hearth_cpus *usable, const struct hearth_cpus *nodes,
                        size_t node_count, size_t count, struct hearth_cpus *ret_parts)
{
    unsigned cpus[HEARTH_CPUS_MAX];
    size_t usable_count = order(usable, nodes, node_count, cpus);
    if (count > usable_count)
        return HEARTH_ENOTFOUND;
    memset(ret_parts, 0, count * sizeof(*ret_parts));
    for (size_t i = 0; i < usable_count; i++)
        hearth_cpus_add(&ret_parts[i * count / usable_count], cpus[i]);
    return 0;
}

/* Binding to a core that the process may not use fails in the kernel, after the worker was started;
 * it is found out before. */
static bool is_within(const struct hearth_cpus *part, const struct hearth_cpus *usable)
{
    for (size_t i = 0; i < HEARTH_CPUS_MAX / 64; i++)
        if (part->bits[i] & ~usable->bits[i])
            return false;
    return true;
}

/* One list for all workers is allowed, because a person may want to leave some cores to other
 * programs and let the kernel share out the rest. */
int hearth_cpu_split(const char *wish, const struct hearth_cpus *usable,
                     const struct hearth_cpus *nodes, size_t node_count, size_t count,
                     struct hearth_cpus *ret_parts, struct hearth_error *error)
{
    if (strcmp(wish, "auto") == 0) {
        int rc = split_evenly(usable, nodes, node_count, count, ret_parts);
        return rc ? hearth_error_set(error, rc, "there are fewer cores than workers") : 0;
    }
    size_t parts = 0;
    for (const char *at = wish; at; parts++) {
        const char *end = strchr(at, ';');
        struct hearth_cpus part;
        if (parts == count || hearth_cpus_parse(at, end ? (size_t)(end - at) : strlen(at), &part))
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "affinity \"%.80s\" is not auto, off or %zu lists of cores "
                                    "such as 0-3;4-7",
                                    wish, count);
        if (!is_within(&part, usable))
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "affinity \"%.80s\" names cores that this process may not use",
                                    wish);
        ret_parts[parts] = part;
        at = end ? end + 1 : NULL;
    }
    if (parts != 1 && parts != count)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "affinity \"%.80s\" has %zu parts for %zu workers", wish, parts,
                                count);
    for (size_t i = parts; i < count; i++)
        ret_parts[i] = ret_parts[0];
    return 0;
}
