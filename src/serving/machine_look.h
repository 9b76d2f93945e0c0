/* What a load has to know of the machine at its turn: free memory, of GPUs too, and the cores of
 * its workers. It is read from /proc, /sys and the control groups on a lane, because such reads may
 * block; the answer comes back to the loop. Loop thread only. */
#ifndef HEARTH_SERVING_MACHINE_LOOK_H
#define HEARTH_SERVING_MACHINE_LOOK_H

#include "domain/memory_plan.h"
#include "hearth/error.h"

#include <stdint.h>

struct hearth_lane;
struct hearth_loop;
struct hearth_machine_look;

/* Valid during the callback. */
struct hearth_machine {
    struct hearth_memory available; /* what new processes may still take */
    uint32_t cores;                 /* that this process may use; at least 1 */
    uint32_t count;
    const char **cpus; /* `count` lists, one for each worker; NULL: nobody is bound */
    struct hearth_error
        error; /* the affinity asks for what the machine does not have; code 0: none */
};

/* `affinity` (copied) and `workers` as of hearth_model_cpus. `on_looked` comes later, exactly once,
 * unless it is canceled. */
struct hearth_machine_look *hearth_machine_look(
    struct hearth_loop *loop, struct hearth_lane *lane, const char *affinity, uint32_t workers,
    void (*on_looked)(void *argument, const struct hearth_machine *machine), void *argument);
void hearth_machine_look_cancel(struct hearth_machine_look *look); /* NULL is allowed */

#endif
