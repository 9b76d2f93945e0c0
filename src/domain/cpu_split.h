/* Which cores each of several workers gets. Lists of cores are written as the kernel writes them:
 * "0-3,8". Pure: the machine's cores and memory nodes are arguments. */
#ifndef HEARTH_DOMAIN_CPU_SPLIT_H
#define HEARTH_DOMAIN_CPU_SPLIT_H

#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEARTH_CPUS_MAX 1024
#define HEARTH_CPU_LIST_MAX 512

struct hearth_cpus {
    uint64_t bits[HEARTH_CPUS_MAX / 64];
};

bool hearth_cpus_has(const struct hearth_cpus *cpus, unsigned cpu);
void hearth_cpus_add(struct hearth_cpus *cpus, unsigned cpu);
unsigned hearth_cpus_count(const struct hearth_cpus *cpus);
/* "0-3,8"; HEARTH_EPARSE when it is malformed, empty or beyond HEARTH_CPUS_MAX. */
int hearth_cpus_parse(const char *list, size_t length, struct hearth_cpus *ret_cpus);
/* HEARTH_ETOOLARGE when it does not fit. */
int hearth_cpus_write(const struct hearth_cpus *cpus, char *ret_list, size_t size);

/* "auto", "off" or lists of cores: could it be right for some machine and number of workers? */
bool hearth_cpu_wish_is_possible(const char *wish);

/* `auto`: the usable cores in order of node, cut into `count` equal runs, so that a worker crosses
 * a border between nodes only when it must. A list ("0-3;4-7", as many parts as workers, or one for
 * all) is taken as it stands, and must be of usable cores. `nodes` may be none. HEARTH_EINVAL; or
 * HEARTH_ENOTFOUND when `auto` has fewer cores than workers: nobody is bound then. */
int hearth_cpu_split(const char *wish, const struct hearth_cpus *usable,
                     const struct hearth_cpus *nodes, size_t node_count, size_t count,
                     struct hearth_cpus *ret_parts, struct hearth_error *error);

#endif
