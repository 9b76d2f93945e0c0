/* Data as it is named on the command line: a registered data set, or a file, which is uploaded
 * unless a data set has its name and bytes already. Blocking; main thread only. */
#ifndef HEARTH_CLI_DATA_REFERENCE_H
#define HEARTH_CLI_DATA_REFERENCE_H

#include "base/json.h"
#include "cli/client.h"

/* Sends the file and registers it, by this name or (NULL) by one made of its own. The data set is
 * the caller's. */
int hearth_data_upload(struct hearth_client *client, const char *path, const char *name,
                       json_t **ret_dataset, struct hearth_error *error);
/* HEARTH_ECONFLICT: a data set has the file's name and other bytes. */
int hearth_data_find(struct hearth_client *client, struct hearth_arena *arena, const char *word,
                     json_t **ret_dataset, struct hearth_error *error);

#endif
