/* The functions and structs of NVML that are used here, as NVIDIA's API reference gives them; the
 * library comes with the driver and is opened when it is there, so that nothing depends on it. */
#include "loop/gpu_usage.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* nvmlMemory_t and nvmlUtilization_t: bytes, and per cent of the last sample period. */
struct nvml_memory {
    unsigned long long total, free, used;
};
struct nvml_utilization {
    unsigned gpu, memory;
};

/* The functions of the library; all are set, or the library counts as absent. 0 is NVML_SUCCESS. */
static struct {
    int (*init)(void);
    int (*count)(unsigned *ret_count);
    int (*device)(unsigned index, void **ret_device);
    int (*name)(void *device, char *ret_name, unsigned size);
    int (*memory)(void *device, struct nvml_memory *ret_memory);
    int (*utilization)(void *device, struct nvml_utilization *ret_utilization);
} nvml;

/* Names with _v2 are what the headers' macros stand for. The library stays open: unloading a
 * driver's library is seldom safe. */
static bool open_library(void)
{
    static const struct {
        const char *name;
        void *slot;
    } symbols[] = {
        {"nvmlInit_v2", &nvml.init},
        {"nvmlDeviceGetCount_v2", &nvml.count},
        {"nvmlDeviceGetHandleByIndex_v2", &nvml.device},
        {"nvmlDeviceGetName", &nvml.name},
        {"nvmlDeviceGetMemoryInfo", &nvml.memory},
        {"nvmlDeviceGetUtilizationRates", &nvml.utilization},
    };
    void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return false;
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (!symbol)
            return false;
        memcpy(symbols[i].slot, &symbol, sizeof(symbol));
    }
    return nvml.init() == 0;
}

/* Under the caller's lock. Looked for once: a driver does not appear while a process runs. */
static size_t read_rows(struct hearth_gpu_usage ret_rows[HEARTH_GPUS_MAX])
{
    static enum { UNKNOWN, ABSENT, PRESENT } library;
    if (library == UNKNOWN)
        library = open_library() ? PRESENT : ABSENT;
    unsigned count = 0;
    if (library == ABSENT || nvml.count(&count) != 0)
        return 0;
    size_t filled = 0;
    for (unsigned i = 0; i < count && filled < HEARTH_GPUS_MAX; i++) {
        void *device;
        struct nvml_memory memory;
        struct nvml_utilization utilization = {0};
        struct hearth_gpu_usage *row = &ret_rows[filled];
        if (nvml.device(i, &device) != 0 || nvml.memory(device, &memory) != 0)
            continue;
        *row = (struct hearth_gpu_usage){.memory_used = memory.used, .memory_total = memory.total};
        if (nvml.name(device, row->name, sizeof(row->name)) != 0)
            row->name[0] = '\0';
        /* A GPU that is split into instances does not tell. */
        if (nvml.utilization(device, &utilization) == 0)
            row->busy_percent = utilization.gpu;
        filled++;
    }
    return filled;
}

/* Two scrapes may come at once, from two threads of the lane. */
size_t hearth_gpu_usage(struct hearth_gpu_usage ret_rows[HEARTH_GPUS_MAX])
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    size_t count = read_rows(ret_rows);
    pthread_mutex_unlock(&lock);
    return count +
           hearth_gpu_read_cards("/sys/class/drm", ret_rows + count, HEARTH_GPUS_MAX - count);
}

uint64_t hearth_gpu_memory_available(void)
{
    struct hearth_gpu_usage rows[HEARTH_GPUS_MAX];
    size_t count = hearth_gpu_usage(rows);
    uint64_t available = 0;
    for (size_t i = 0; i < count; i++)
        if (rows[i].memory_total > rows[i].memory_used)
            available += rows[i].memory_total - rows[i].memory_used;
    return available;
}
