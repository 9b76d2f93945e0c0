/* Models of the registry that the tracking server was never told of: those that came to be without
 * this server (by a command line, or before it was set up), and those whose order was lost when it
 * was killed between two writes. What is known of one at the server is told by hearth_track_state
 * (track.h). Blocking verbs of the store, for its lane. */
#ifndef HEARTH_TRACK_TRACKED_MODELS_H
#define HEARTH_TRACK_TRACKED_MODELS_H

#include "store/store.h"

/* Writes a row of the outbox for each of them that has none. */
int hearth_tracked_models_catch_up(struct hearth_store *store, int64_t now_ms,
                                   struct hearth_error *error);

#endif
