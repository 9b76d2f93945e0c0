/* How busy the machine's NVIDIA GPUs are and how much of their memory is used, asked of the
 * driver's own library where there is one. Blocks (the first call takes up to a second), so call it
 * on a lane; any thread. */
#ifndef HEARTH_ROUTES_ADMIN_GPU_USAGE_H
#define HEARTH_ROUTES_ADMIN_GPU_USAGE_H

#include <stddef.h>
#include <stdint.h>

#define HEARTH_GPUS_MAX 16

struct hearth_gpu_usage {
    char name[96];
    uint64_t memory_used, memory_total; /* bytes */
    unsigned busy_percent;
};

/* Fills in as many rows as there are GPUs and returns their number; 0 without a driver. */
size_t hearth_gpu_usage(struct hearth_gpu_usage ret_rows[HEARTH_GPUS_MAX]);

#endif
