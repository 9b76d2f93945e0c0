/* The options with which this server, and commands that work without a server, read the header of a
 * model (backend/probe.h). Pure; any thread. */
#ifndef HEARTH_SERVER_PROBE_SETTINGS_H
#define HEARTH_SERVER_PROBE_SETTINGS_H

#include "backend/probe.h"

struct hearth_settings;

/* Texts point into the settings. */
struct hearth_probe_options hearth_probe_settings(const struct hearth_settings *settings);

#endif
