#include "serving/machine_look.h"

#include "backend/model_cpus.h"
#include "base/error.h"
#include "base/memory.h"
#include "loop/gpu_usage.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "loop/process_usage.h"

#include <stdbool.h>

struct hearth_machine_look {
    char *affinity;
    void (*on_looked)(void *argument, const struct hearth_machine *machine);
    void *argument;
    bool canceled;
    struct hearth_machine machine;
};

/* On the lane. Both reads may block: a control group's files wait for the kernel's own locks,
 * and /sys has a file for each node. */
static void look(void *argument)
{
    struct hearth_machine_look *look = argument;
    struct hearth_machine *machine = &look->machine;
    char **lists = NULL;
    machine->available = (struct hearth_memory){.host = hearth_memory_available(),
                                                .device = hearth_gpu_memory_available()};
    machine->cores = hearth_usable_cpus();
    if (hearth_model_cpus(look->affinity, machine->count, &lists, &machine->error) == 0)
        machine->error.code = 0;
    machine->cpus = (const char **)lists;
}

static void finish(struct hearth_machine_look *look)
{
    struct hearth_machine *machine = &look->machine;
    for (uint32_t i = 0; machine->cpus && i < machine->count; i++)
        hearth_free((char *)machine->cpus[i]);
    hearth_free(machine->cpus);
    hearth_free(look->affinity);
    hearth_free(look);
}

/* A canceled look still comes by here, because its lane has it: nobody is told, and it is freed. */
static void tell(void *argument)
{
    struct hearth_machine_look *look = argument;
    if (!look->canceled)
        look->on_looked(look->argument, &look->machine);
    finish(look);
}

/* Dropped means that the lane is being destroyed, and the scheduler with it; nobody listens any
 * more, but the rule is that a callback comes. */
static void looked(void *argument, _Bool dropped)
{
    struct hearth_machine_look *look = argument;
    if (dropped)
        hearth_error_set(&look->machine.error, HEARTH_EDRAINING, "the server is shutting down");
    tell(look);
}

struct hearth_machine_look *hearth_machine_look(
    struct hearth_loop *loop, struct hearth_lane *lane, const char *affinity, uint32_t workers,
    void (*on_looked)(void *argument, const struct hearth_machine *machine), void *argument)
{
    struct hearth_machine_look *look_now = hearth_calloc(1, sizeof(*look_now));
    look_now->affinity = hearth_strdup(affinity);
    look_now->machine.count = workers;
    look_now->machine.cores = 1;
    look_now->on_looked = on_looked;
    look_now->argument = argument;
    if (hearth_lane_submit(lane, look, looked, look_now) < 0) {
        hearth_error_set(&look_now->machine.error, HEARTH_EQUEUEFULL,
                         "too many models are loading at once");
        hearth_loop_defer(loop, tell, look_now);
    }
    return look_now;
}

void hearth_machine_look_cancel(struct hearth_machine_look *look_now)
{
    if (look_now)
        look_now->canceled = true;
}
