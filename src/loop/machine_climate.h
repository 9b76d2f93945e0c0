/* How the machine fares: memory pressure and temperature, as the kernel tells them. Blocking, for a
 * lane: reads a few files of /proc and /sys. Any thread. */
#ifndef HEARTH_LOOP_MACHINE_CLIMATE_H
#define HEARTH_LOOP_MACHINE_CLIMATE_H

/* NaN where the machine does not tell. */
struct hearth_machine_climate {
    /* Per cent of the last ten seconds in which at least one task waited for memory: "some avg10"
     * of /proc/pressure/memory, or of the own cgroup where that is more
     * (Documentation/accounting/psi.rst). */
    double memory_pressure;
    double temperature; /* °C, of the hottest thermal zone */
};

void hearth_machine_climate_read(struct hearth_machine_climate *ret_climate);

#endif
