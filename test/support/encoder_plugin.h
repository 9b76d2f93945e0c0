/* The encoder's table, from the plug-in as it was built: for the group set-up of a test program. */
#ifndef HEARTH_TEST_ENCODER_PLUGIN_H
#define HEARTH_TEST_ENCODER_PLUGIN_H

#include "worker/plugin.h"

#include <stdio.h>

static const struct hearth_engine_ops *ops;

static inline int open_plugin(void **state)
{
    (void)state;
    struct hearth_error error = {0};
    if (plugin_open(HEARTH_BUILD_DIR "/lib/hearth/engines", "encoder", &ops, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return -1;
    }
    return 0;
}

#endif
