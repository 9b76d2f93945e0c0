/* Shows how far an install has come: a bar on a terminal, plain lines elsewhere, always on standard
 * error. Begin, show for each piece, end. Bytes may come from several threads at once. */
#ifndef HEARTH_CLI_PROGRESS_H
#define HEARTH_CLI_PROGRESS_H

#include "source/source.h"

#include <pthread.h>

enum { HEARTH_PROGRESS_FILES = 256 };

struct hearth_progress {
    struct hearth_fetch_progress fetch; /* first: what hearth_install is given */
    const char *name;
    pthread_mutex_t mutex;
    struct {
        const struct hearth_source_file *file;
        int64_t done, size;
    } files[HEARTH_PROGRESS_FILES];
    size_t file_count;
    uint64_t started_ms, shown_ms;
    int64_t started_at; /* bytes that were there before */
    int shown_percent;
    bool is_bar, is_shown;
};

/* `name` outlives it. */
void hearth_progress_begin(struct hearth_progress *progress, const char *name);
/* The sum of all files, for installs that a server does. */
void hearth_progress_show(struct hearth_progress *progress, int64_t done, int64_t total);
/* Ends the bar's line. */
void hearth_progress_end(struct hearth_progress *progress);

#endif
