/* What memory pressure and heat do to the models of a machine: pressure has idle ones unload early,
 * one at each look, and heat has each model compute fewer requests at once, step by step, until the
 * machine has cooled down. Pure; to be asked every second or two; not thread-safe. */
#ifndef HEARTH_DOMAIN_CLIMATE_H
#define HEARTH_DOMAIN_CLIMATE_H

#include <stdbool.h>
#include <stdint.h>

/* It slows down to a part of 1 / so many of its requests at once, and not further. */
#define HEARTH_CLIMATE_SLOWEST 8
/* How far below the limit it must have cooled before it speeds up again, in °C. */
#define HEARTH_CLIMATE_COOL 5

struct hearth_climate_limits {
    double pressure_max;    /* per cent of time lost waiting for memory; 0: never */
    double temperature_max; /* °C; 0: never */
};

/* Zeroed memory is one that was not looked at. */
struct hearth_climate {
    double pressure, temperature; /* as they were measured last; NaN: the machine does not tell */
    uint32_t slow;                /* of the requests at once 1 / so many; 0 is 1 */
};

/* True: an idle model is to unload. What is NaN changes nothing and slows nothing. */
bool hearth_climate_look(struct hearth_climate *climate, const struct hearth_climate_limits *limits,
                         double pressure, double temperature);

#endif
