/* Quantizes a model in a training process (hearth-trainer), which has libllama's quantizer and a
 * sandbox: hostile model files end that process, and nothing else. As struct
 * hearth_registry_quantizer calls it (registry/install.h). */
#ifndef HEARTH_JOBS_QUANTIZER_H
#define HEARTH_JOBS_QUANTIZER_H

#include "registry/install.h"

struct hearth_settings;

/* The settings must outlive it. */
struct hearth_registry_quantizer hearth_quantizer(const struct hearth_settings *settings);

#endif
