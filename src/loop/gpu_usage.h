/* How busy the machine's GPUs are and how much of their memory is used: NVIDIA's as the driver's
 * own library says, where there is one, AMD's as /sys does. Blocks (the first call takes up to a
 * second), so call it on a lane; any thread. */
#ifndef HEARTH_LOOP_GPU_USAGE_H
#define HEARTH_LOOP_GPU_USAGE_H

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

/* What is free on all of them together, in bytes. */
uint64_t hearth_gpu_memory_available(void);

/* AMD's alone, of a folder as /sys/class/drm (the kernel's Documentation/gpu/amdgpu:
 * mem_info_vram_* and gpu_busy_percent of a card's device); at most `most` rows. */
size_t hearth_gpu_read_cards(const char *folder, struct hearth_gpu_usage *ret_rows, size_t most);

#endif
