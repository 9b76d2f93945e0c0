#include "server/probe_settings.h"

#include "config/settings.h"

struct hearth_probe_options hearth_probe_settings(const struct hearth_settings *settings)
{
    return (struct hearth_probe_options){
        .engines_path = settings->engines,
        .sandbox = hearth_sandbox_mode_parse(settings->sandbox),
        .timeout_ms = settings->load_timeout,
    };
}
