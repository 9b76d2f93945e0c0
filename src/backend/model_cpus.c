#include "backend/model_cpus.h"

#include "base/error.h"
#include "base/memory.h"
#include "domain/cpu_split.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

enum { NODES_MAX = 64 };

/* What the process was given by its control group or by whoever started it, which may be less than
 * the machine has. */
static void read_usable(struct hearth_cpus *ret_cpus)
{
    cpu_set_t set;
    *ret_cpus = (struct hearth_cpus){{0}};
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set))
            hearth_cpus_add(ret_cpus, cpu);
}

uint32_t hearth_usable_cpus(void)
{
    struct hearth_cpus cpus;
    read_usable(&cpus);
    unsigned count = hearth_cpus_count(&cpus);
    return count ? count : 1;
}

/* Numbers of nodes may have gaps, so each is tried. A machine without such files has one node,
 * which is what no node at all means to the split. */
static size_t read_nodes(struct hearth_cpus nodes[NODES_MAX])
{
    size_t count = 0;
    for (int node = 0; node < NODES_MAX; node++) {
        char path[64], line[HEARTH_CPU_LIST_MAX];
        snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpulist", node);
        FILE *file = fopen(path, "re");
        if (!file)
            continue;
        if (fgets(line, sizeof(line), file) &&
            hearth_cpus_parse(line, strcspn(line, "\n"), &nodes[count]) == 0)
            count++;
        fclose(file);
    }
    return count;
}

/* All or none: a worker without a list would take everybody's cores. */
static int write_lists(const struct hearth_cpus *parts, uint32_t count, char ***ret_lists)
{
    char list[HEARTH_CPU_LIST_MAX];
    char **lists = hearth_calloc(count, sizeof(*lists));
    int rc = 0;
    for (uint32_t i = 0; !rc && i < count; i++) {
        rc = hearth_cpus_write(&parts[i], list, sizeof(list));
        lists[i] = rc ? NULL : hearth_strdup(list);
    }
    if (!rc) {
        *ret_lists = lists;
        return 0;
    }
    for (uint32_t i = 0; i < count; i++)
        hearth_free(lists[i]);
    hearth_free(lists);
    return rc;
}

/* `auto` never fails: when the cores do not suffice, nobody is bound, and the kernel shares them
 * out. What a person asked for in so many words is refused when it cannot be had. */
int hearth_model_cpus(const char *affinity, uint32_t count, char ***ret_lists,
                      struct hearth_error *error)
{
    bool is_auto = strcmp(affinity, "auto") == 0;
    *ret_lists = NULL;
    if (strcmp(affinity, "off") == 0 || (is_auto && count < 2))
        return 0;
    struct hearth_cpus usable, nodes[NODES_MAX];
    struct hearth_cpus *parts = hearth_calloc(count, sizeof(*parts));
    read_usable(&usable);
    size_t node_count = read_nodes(nodes);
    int rc = hearth_cpu_split(affinity, &usable, nodes, node_count, count, parts, error);
    if (rc == 0 && write_lists(parts, count, ret_lists))
        rc = hearth_error_set(error, HEARTH_EINVAL, "a list of cores is too long");
    hearth_free(parts);
    return is_auto ? 0 : rc;
}
