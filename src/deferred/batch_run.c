/* How one batch goes on: its file is opened and checked, its requests run (batch_requests.c), its
 * files are put in place (batch_results.c). */
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/settings.h"
#include "deferred/batch.h"
#include "deferred/batch_results.h"
#include "deferred/kept_files.h"
#include "gateway/gateway_state.h"
#include "loop/loop.h"
#include "loop/pool.h"

enum { LINE_ROOM = 1 << 20 };

/* A turn of the lane that is the batch's own: opening and finishing. */

struct turn {
    struct hearth_batch *batch;
    void (*run)(struct turn *turn);
    void (*then)(struct turn *turn);
    enum hearth_batch_ending ending;
    int rc;
    struct hearth_error error;
};

static void run_turn(void *argument)
{
    struct turn *turn = argument;
    turn->run(turn);
}

/* Dropped: the server stops, and the next one does it. */
static void end_turn(void *argument, bool dropped)
{
    struct turn *turn = argument;
    struct hearth_batch *batch = turn->batch;
    if (!dropped && !batch->all->is_stopped) {
        batch->away--;
        turn->then(turn);
        hearth_batches_go_on(batch->all);
    }
    hearth_free(turn);
}

static void start_turn(struct hearth_batch *batch, void (*run)(struct turn *turn),
                       void (*then)(struct turn *turn), enum hearth_batch_ending ending)
{
    struct turn *turn = hearth_calloc(1, sizeof(*turn));
    *turn = (struct turn){.batch = batch, .run = run, .then = then, .ending = ending};
    if (hearth_lane_submit(batch->all->lane, run_turn, end_turn, turn))
        hearth_free(turn); /* the lane is full: the next tick tries again */
    else
        batch->away++;
}

/* Opening: the requests, and which of them have results already */

static void open_on_lane(struct turn *turn)
{
    struct hearth_batch *batch = turn->batch;
    const struct hearth_settings *settings = batch->all->gateway->settings;
    const struct hearth_batch_limits limits = {
        .lines_max = (size_t)settings->batch_lines_max,
        .line_bytes_max = settings->body_bytes_max,
    };
    turn->rc =
        hearth_kept_file_open(batch->all->files, batch->input_file_id, &batch->input, &turn->error);
    if (!turn->rc)
        turn->rc = hearth_batch_lines_read(batch->input, batch->endpoint, &limits, &batch->lines,
                                           &turn->error);
    if (turn->rc || batch->lines.fault_count)
        return;
    batch->done = hearth_calloc(batch->lines.count, 1);
    turn->rc = hearth_batch_results_open(batch, false, &batch->output, &turn->error);
    if (!turn->rc)
        turn->rc = hearth_batch_results_open(batch, true, &batch->errors, &turn->error);
    if (!turn->rc)
        turn->rc = hearth_batch_results_scan(batch->output, batch->done, batch->lines.count,
                                             &batch->completed, &batch->output_bytes, &turn->error);
    if (!turn->rc)
        turn->rc = hearth_batch_results_scan(batch->errors, batch->done, batch->lines.count,
                                             &batch->failed, &batch->error_bytes, &turn->error);
}

static void after_open(struct turn *turn)
{
    struct hearth_batch *batch = turn->batch;
    if (turn->rc || batch->lines.fault_count) {
        if (batch->lines.fault_count)
            hearth_batch_tell_faults(batch);
        else
            hearth_batch_tell_fault(batch, "input_file_unreadable", turn->error.message);
        hearth_batch_end(batch, HEARTH_BATCH_FAILED);
        return;
    }
    batch->is_open = true;
    if (batch->state == HEARTH_BATCH_VALIDATING)
        hearth_batch_move(batch, HEARTH_BATCH_IN_PROGRESS);
}

/* Finishing */

static int write_expired(struct hearth_batch *batch, size_t index, struct hearth_error *error)
{
    struct hearth_batch_line line;
    struct hearth_buf buf;
    char name[64];
    int64_t end =
        index + 1 < batch->lines.count ? batch->lines.offsets[index + 1] : batch->lines.end;
    int rc = hearth_batch_line_read(batch->input, batch->lines.offsets[index], end, &line, error);
    if (rc)
        return rc;
    hearth_batch_request_name(batch, index, name);
    hearth_buf_init(&buf, LINE_ROOM);
    hearth_batch_error_write(&buf, name, line.custom_id, "batch_expired",
                             "the request did not come to its turn within the completion window");
    rc = hearth_batch_results_write(batch->errors, &buf, error);
    batch->error_bytes += (int64_t)buf.length;
    batch->failed += !rc;
    batch->done[index] = rc ? HEARTH_BATCH_TODO : HEARTH_BATCH_DONE;
    hearth_buf_finish(&buf);
    hearth_batch_line_finish(&line);
    return rc;
}

static void finish_on_lane(struct turn *turn)
{
    struct hearth_batch *batch = turn->batch;
    bool expired = turn->ending == HEARTH_BATCH_ENDS_EXPIRED;
    for (size_t i = 0; expired && !turn->rc && i < batch->lines.count; i++)
        if (batch->done[i] != HEARTH_BATCH_DONE)
            turn->rc = write_expired(batch, i, &turn->error);
    if (!turn->rc)
        turn->rc = hearth_batch_results_place(batch, false, batch->output, batch->output_bytes,
                                              &turn->error);
    if (!turn->rc)
        turn->rc = hearth_batch_results_place(batch, true, batch->errors, batch->error_bytes,
                                              &turn->error);
}

static void after_finish(struct turn *turn)
{
    static const enum hearth_batch_state states[] = {
        [HEARTH_BATCH_ENDS_COMPLETED] = HEARTH_BATCH_COMPLETED,
        [HEARTH_BATCH_ENDS_EXPIRED] = HEARTH_BATCH_EXPIRED,
        [HEARTH_BATCH_ENDS_CANCELLED] = HEARTH_BATCH_CANCELLED,
        [HEARTH_BATCH_ENDS_FAILED] = HEARTH_BATCH_FAILED,
    };
    struct hearth_batch *batch = turn->batch;
    batch->is_finishing = !turn->rc;
    if (!turn->rc) {
        hearth_batch_end(batch, states[turn->ending]);
        return;
    }
    /* A full disk may get room again. */
    batch->resume_ms = hearth_loop_now_ms(batch->all->gateway->loop) + HEARTH_BATCH_BUSY_MS;
    HEARTH_LOG(HEARTH_LOG_ERROR, "batch.not_finished", HEARTH_TEXT("id", batch->id),
               HEARTH_TEXT("reason", turn->error.message));
}

static void finish(struct hearth_batch *batch, enum hearth_batch_ending ending)
{
    if (batch->is_finishing || batch->resume_ms > hearth_loop_now_ms(batch->all->gateway->loop))
        return;
    batch->is_finishing = true;
    start_turn(batch, finish_on_lane, after_finish, ending);
    batch->is_finishing = batch->away > 0;
}

static bool all_done(const struct hearth_batch *batch)
{
    return batch->completed + batch->failed == batch->lines.count;
}

/* Within the window, unless all is done. */
static void go_on(struct hearth_batch *batch)
{
    bool expired = hearth_clock_wall_ms() >= batch->expires_ms;
    hearth_batch_skip_done(batch);
    if (expired && !all_done(batch))
        hearth_batch_cancel_running(batch);
    if (batch->running_count || (!expired && !all_done(batch)))
        return;
    hearth_batch_move(batch, HEARTH_BATCH_FINALIZING);
    finish(batch, all_done(batch) ? HEARTH_BATCH_ENDS_COMPLETED : HEARTH_BATCH_ENDS_EXPIRED);
}

static void finish_broken(struct hearth_batch *batch)
{
    if (!batch->running_count)
        finish(batch, HEARTH_BATCH_ENDS_FAILED);
}

void hearth_batch_step(struct hearth_batch *batch)
{
    if (batch->away || hearth_batch_state_is_over(batch->state))
        return;
    if (!batch->is_open)
        start_turn(batch, open_on_lane, after_open, HEARTH_BATCH_ENDS_COMPLETED);
    else if (batch->is_broken)
        finish_broken(batch);
    else if (batch->state == HEARTH_BATCH_IN_PROGRESS)
        go_on(batch);
    else if (batch->state == HEARTH_BATCH_FINALIZING)
        finish(batch, all_done(batch) ? HEARTH_BATCH_ENDS_COMPLETED : HEARTH_BATCH_ENDS_EXPIRED);
    else if (!batch->running_count)
        finish(batch, HEARTH_BATCH_ENDS_CANCELLED);
}
