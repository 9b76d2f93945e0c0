/* The part of /metrics that is read when it is asked for: this process and the machine. Reading
 * and writing are apart, because /proc is read on a lane and the answer is written on the loop. */
#include "gateway/metrics.h"

#include "loop/process_usage.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Resident pages: the second number of /proc/self/statm. */
static uint64_t resident_bytes(void)
{
    unsigned long long resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    char line[128];
    if (fgets(line, sizeof(line), file)) {
        const char *second = strchr(line, ' ');
        for (const char *c = second ? second + 1 : ""; *c >= '0' && *c <= '9'; c++)
            resident = resident * 10 + (unsigned)(*c - '0');
    }
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

void hearth_process_figures_read(struct hearth_process_figures *ret_figures)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    *ret_figures = (struct hearth_process_figures){
        .resident_bytes = resident_bytes(),
        .memory_available = hearth_memory_available(),
        .cpu_seconds = (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
                       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
    };
}

/* Names of the first two are those that Prometheus's own client libraries use, so that common
 * dashboards find them. */
void hearth_metrics_write_process(const struct hearth_process_figures *figures,
                                  struct hearth_buf *buf)
{
    hearth_buf_printf(buf,
                      "# TYPE process_resident_memory_bytes gauge\n"
                      "process_resident_memory_bytes %llu\n"
                      "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %.6f\n"
                      "# HELP hearth_memory_available_bytes What new processes may still take.\n"
                      "# TYPE hearth_memory_available_bytes gauge\n"
                      "hearth_memory_available_bytes %llu\n"
                      "# TYPE hearth_build_info gauge\nhearth_build_info{version=\"%s\"} 1\n",
                      (unsigned long long)figures->resident_bytes, figures->cpu_seconds,
                      (unsigned long long)figures->memory_available, HEARTH_VERSION);
}
