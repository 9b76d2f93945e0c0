/* Stands in for the NVIDIA driver's library: one GPU, a quarter full, half busy. */
#include <string.h>

int nvmlInit_v2(void);
int nvmlDeviceGetCount_v2(unsigned *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
int nvmlDeviceGetName(void *device, char *name, unsigned size);
int nvmlDeviceGetMemoryInfo(void *device, unsigned long long memory[3]);
int nvmlDeviceGetUtilizationRates(void *device, unsigned utilization[2]);

int nvmlInit_v2(void)
{
    return 0;
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
    *count = 1;
    return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
    static int only;
    *device = &only;
    return index == 0 ? 0 : 2;
}

int nvmlDeviceGetName(void *device, char *name, unsigned size)
{
    (void)device;
    strncpy(name, "Stand-in \"GPU\"", size);
    return 0;
}

int nvmlDeviceGetMemoryInfo(void *device, unsigned long long memory[3])
{
    (void)device;
    memory[0] = 4ull << 30; /* total, free, used */
    memory[1] = 3ull << 30;
    memory[2] = 1ull << 30;
    return 0;
}

int nvmlDeviceGetUtilizationRates(void *device, unsigned utilization[2])
{
    (void)device;
    utilization[0] = 50;
    utilization[1] = 10;
    return 0;
}
