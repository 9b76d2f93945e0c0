#include "cli/progress.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>

enum { BAR_WIDTH = 24, BAR_EVERY_MS = 100, LINE_EVERY_PERCENT = 10 };

/* The rate counts only what came in this run: a resumed transfer would otherwise begin at an
 * impossible speed. */
static void show_bar(const struct hearth_progress *progress, int64_t done, int64_t total,
                     uint64_t now_ms)
{
    char have[16], want[16], rate[16];
    uint64_t elapsed_ms = now_ms - progress->started_ms;
    int64_t fresh = done - progress->started_at;
    uint64_t each_s = elapsed_ms && fresh > 0 ? (uint64_t)fresh * 1000 / elapsed_ms : 0;
    /* Without a total the bar stays empty, and only the amount grows. */
    int filled = total > 0 ? (int)(done * BAR_WIDTH / total) : 0;
    hearth_size_text((uint64_t)done, have);
    hearth_size_text(total > 0 ? (uint64_t)total : 0, want);
    hearth_size_text(each_s, rate);
    fprintf(stderr, "\r%.24s %s[", progress->name, hearth_style_err(HEARTH_GREEN));
    for (int i = 0; i < BAR_WIDTH; i++)
        fputc(i < filled ? '#' : '.', stderr);
    fprintf(stderr, "]%s %s of %s, %s/s\033[K", hearth_style_err(HEARTH_PLAIN), have,
            total > 0 ? want : "?", rate);
}

/* A log file gets one line for every tenth, not one for every piece. */
static void show_line(struct hearth_progress *progress, int64_t done, int64_t total)
{
    /* The whole is told even when the last step was smaller than a tenth, but never twice. */
    int percent = total > 0 ? (int)(done * 100 / total) : 0;
    if (percent < progress->shown_percent + LINE_EVERY_PERCENT && percent < 100)
        return;
    if (percent == progress->shown_percent)
        return;
    char have[16], want[16];
    hearth_size_text((uint64_t)done, have);
    hearth_size_text((uint64_t)total, want);
    fprintf(stderr, "%s: %d %%, %s of %s\n", progress->name, percent, have, want);
    progress->shown_percent = percent;
}

/* The first call sets where this run began. A bar is drawn at most ten times a second, since a
 * terminal over a network is slow, but its last state is always drawn. */
void hearth_progress_show(struct hearth_progress *progress, int64_t done, int64_t total)
{
    uint64_t now_ms = hearth_clock_monotonic_ms();
    if (!progress->is_shown) {
        progress->started_at = done;
        progress->started_ms = now_ms;
    }
    if (!progress->is_bar) {
        progress->is_shown = true;
        show_line(progress, done, total);
    } else if (!progress->is_shown || done >= total ||
               now_ms - progress->shown_ms >= BAR_EVERY_MS) {
        progress->is_shown = true;
        progress->shown_ms = now_ms;
        show_bar(progress, done, total, now_ms);
    }
}

/* Sums over the files known so far. One file of unknown size makes the total unknown (-1), since a
 * bar that runs back when the size comes would mislead. */
static void add_up(const struct hearth_progress *progress, int64_t *ret_done, int64_t *ret_total)
{
    bool is_known = true;
    *ret_done = *ret_total = 0;
    for (size_t i = 0; i < progress->file_count; i++) {
        *ret_done += progress->files[i].done;
        *ret_total += progress->files[i].size;
        is_known = is_known && progress->files[i].size >= 0;
    }
    if (!is_known)
        *ret_total = -1;
}

/* Called from the fetching threads. More than HEARTH_PROGRESS_FILES files are fetched all the same,
 * only not counted. */
static void on_bytes(struct hearth_fetch_progress *fetch, const struct hearth_source_file *file,
                     int64_t done, int64_t size)
{
    /* `fetch` is the first member, so both have one address. */
    struct hearth_progress *progress = (struct hearth_progress *)fetch;
    pthread_mutex_lock(&progress->mutex);
    /* Files are told apart by their address, which stays the same for the whole install. */
    size_t i = 0;
    while (i < progress->file_count && progress->files[i].file != file)
        i++;
    if (i < HEARTH_PROGRESS_FILES) {
        progress->files[i].file = file;
        progress->files[i].done = done;
        progress->files[i].size = size;
        progress->file_count = i < progress->file_count ? progress->file_count : i + 1;
        int64_t sum, total;
        add_up(progress, &sum, &total);
        hearth_progress_show(progress, sum, total);
    }
    pthread_mutex_unlock(&progress->mutex);
}

static bool is_canceled(struct hearth_fetch_progress *fetch)
{
    /* Ctrl-C reaches a transfer here: the fetching threads ask between two pieces. */
    (void)fetch;
    return hearth_interrupted();
}

void hearth_progress_begin(struct hearth_progress *progress, const char *name)
{
    *progress = (struct hearth_progress){
        .fetch = {.on_bytes = on_bytes, .is_canceled = is_canceled},
        .name = name,
        .shown_percent = -1,
        .is_bar = hearth_terminal_err(),
    };
    pthread_mutex_init(&progress->mutex, NULL);
}

void hearth_progress_end(struct hearth_progress *progress)
{
    /* Behind the bar, so that what is printed next does not overwrite it. */
    if (progress->is_bar && progress->is_shown)
        fputc('\n', stderr);
    pthread_mutex_destroy(&progress->mutex);
}
