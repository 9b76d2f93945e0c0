#include "domain/climate.h"

static uint32_t slower(uint32_t slow)
{
    return slow < HEARTH_CLIMATE_SLOWEST ? 2 * slow : slow;
}

/* Between the two bounds it stays as it is, so that it does not swing. */
static uint32_t slow_at(uint32_t slow, double most, double temperature)
{
    if (most > 0 && temperature > most)
        return slower(slow);
    if (most > 0 && temperature > most - HEARTH_CLIMATE_COOL)
        return slow;
    return slow > 1 ? slow / 2 : 1;
}

bool hearth_climate_look(struct hearth_climate *climate, const struct hearth_climate_limits *limits,
                         double pressure, double temperature)
{
    climate->pressure = pressure;
    climate->temperature = temperature;
    climate->slow =
        slow_at(climate->slow ? climate->slow : 1, limits->temperature_max, temperature);
    return limits->pressure_max > 0 && pressure > limits->pressure_max;
}
