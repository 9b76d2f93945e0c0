/* How one batch goes on: its file is opened and checked, its requests run, their results are
 * written, its files are put in place. Everything that touches a file runs on the lane of batches,
 * which has one thread; meanwhile the loop leaves alone what the lane reads. */
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/small_file.h"
#include "config/settings.h"
#include "deferred/batch.h"
#include "deferred/kept_files.h"
#include "gateway/detached_call.h"
#include "gateway/gateway_state.h"
#include "loop/loop.h"
#include "loop/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_MAX = 64 << 20, LINE_ROOM = 1 << 20, BUSY_MS = 1000 };

/* Files */

/* The digits of the batch's id, so that the same batch has the same files after a restart. */
void hearth_batch_file_id(const struct hearth_batch *batch, bool errors, char ret_id[40])
{
    snprintf(ret_id, 40, "file-%s%s", batch->id + strlen("batch_"), errors ? "e" : "o");
}

static bool part_path(const struct hearth_batch *batch, bool errors, char *path, size_t size)
{
    char name[64];
    snprintf(name, sizeof(name), "%s.%s.part", batch->id, errors ? "errors" : "output");
    return hearth_kept_files_path(batch->all->files, name, path, size);
}

static bool file_path(const struct hearth_batch *batch, bool errors, char *path, size_t size)
{
    char id[40];
    hearth_batch_file_id(batch, errors, id);
    return hearth_kept_files_path(batch->all->files, id, path, size);
}

static void close_one(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

void hearth_batch_close(struct hearth_batch *batch)
{
    close_one(&batch->input);
    close_one(&batch->output);
    close_one(&batch->errors);
}

/* On the lane. A last server may have put the file in place already. */
static int open_results(const struct hearth_batch *batch, bool errors, int *ret_descriptor,
                        struct hearth_error *error)
{
    char part[PATH_MAX], file[PATH_MAX];
    if (!part_path(batch, errors, part, sizeof(part)) ||
        !file_path(batch, errors, file, sizeof(file)))
        return hearth_error_set(error, HEARTH_EIO, "the folder of files cannot be used");
    int descriptor = open(file, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0)
        descriptor = open(part, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return hearth_error_set_errno(error, errno, "the results of a batch cannot be opened");
    *ret_descriptor = descriptor;
    return 0;
}

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
    turn->rc = open_results(batch, false, &batch->output, &turn->error);
    if (!turn->rc)
        turn->rc = open_results(batch, true, &batch->errors, &turn->error);
    if (!turn->rc)
        turn->rc = hearth_batch_results_scan(batch->output, batch->done, batch->lines.count,
                                             &batch->completed, &batch->output_bytes, &turn->error);
    if (!turn->rc)
        turn->rc = hearth_batch_results_scan(batch->errors, batch->done, batch->lines.count,
                                             &batch->failed, &batch->error_bytes, &turn->error);
}

/* One that is no line's. */
static void tell_fault(const struct hearth_batch *batch, const char *code, const char *message)
{
    json_t *row =
        json_pack("{s:n, s:s, s:s, s:n}", "line", "code", code, "message", message, "param");
    json_object_set_new(batch->shown, "errors",
                        json_pack("{s:s, s:[o]}", "object", "list", "data", row));
}

static void tell_faults(const struct hearth_batch *batch)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < batch->lines.fault_count; i++) {
        const struct hearth_batch_fault *fault = &batch->lines.faults[i];
        json_array_append_new(rows, json_pack("{s:o, s:s, s:s, s:s?}", "line",
                                              fault->line ? json_integer(fault->line) : json_null(),
                                              "code", fault->code, "message", fault->message,
                                              "param", fault->param));
    }
    json_object_set_new(batch->shown, "errors",
                        json_pack("{s:s, s:o}", "object", "list", "data", rows));
}

static void after_open(struct turn *turn)
{
    struct hearth_batch *batch = turn->batch;
    if (turn->rc || batch->lines.fault_count) {
        if (batch->lines.fault_count)
            tell_faults(batch);
        else
            tell_fault(batch, "input_file_unreadable", turn->error.message);
        hearth_batch_end(batch, HEARTH_BATCH_FAILED);
        return;
    }
    batch->is_open = true;
    if (batch->state == HEARTH_BATCH_VALIDATING)
        hearth_batch_move(batch, HEARTH_BATCH_IN_PROGRESS);
}

/* Finishing */

static void name_of(const struct hearth_batch *batch, size_t index, char name[64])
{
    snprintf(name, 64, "batch_req_%s_%zu", batch->id + strlen("batch_"), index);
}

/* A full disk may have room for the first half of a line: that is taken back, or what is written
 * next would stand behind it. */
static int write_all(int descriptor, const struct hearth_buf *buf, struct hearth_error *error)
{
    off_t before = lseek(descriptor, 0, SEEK_END);
    if (buf->failed)
        return hearth_error_set(error, buf->failed, "a result of a batch does not fit into memory");
    int reason = before < 0 ? errno : hearth_descriptor_write(descriptor, buf->bytes, buf->length);
    if (!reason)
        return 0;
    if (before >= 0 && ftruncate(descriptor, before))
        HEARTH_LOG(HEARTH_LOG_ERROR, "batch.torn_line", HEARTH_TEXT("reason", strerror(errno)));
    return hearth_error_set_errno(error, reason, "a result of a batch cannot be written");
}

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
    name_of(batch, index, name);
    hearth_buf_init(&buf, LINE_ROOM);
    hearth_batch_error_write(&buf, name, line.custom_id, "batch_expired",
                             "the request did not come to its turn within the completion window");
    rc = write_all(batch->errors, &buf, error);
    batch->error_bytes += (int64_t)buf.length;
    batch->failed += !rc;
    batch->done[index] = rc ? HEARTH_BATCH_TODO : HEARTH_BATCH_DONE;
    hearth_buf_finish(&buf);
    hearth_batch_line_finish(&line);
    return rc;
}

/* One without results goes; one with them gets its name once it is on the disk. */
static int put_in_place(const struct hearth_batch *batch, bool errors, int descriptor,
                        int64_t bytes, struct hearth_error *error)
{
    char part[PATH_MAX], file[PATH_MAX];
    part_path(batch, errors, part, sizeof(part));
    file_path(batch, errors, file, sizeof(file));
    if (!bytes) {
        unlink(part);
        return 0;
    }
    if (fsync(descriptor) || (rename(part, file) && errno != ENOENT))
        return hearth_error_set_errno(error, errno,
                                      "the results of a batch cannot be put in place");
    return 0;
}

static void finish_on_lane(struct turn *turn)
{
    struct hearth_batch *batch = turn->batch;
    bool expired = turn->ending == HEARTH_BATCH_ENDS_EXPIRED;
    for (size_t i = 0; expired && !turn->rc && i < batch->lines.count; i++)
        if (batch->done[i] != HEARTH_BATCH_DONE)
            turn->rc = write_expired(batch, i, &turn->error);
    if (!turn->rc)
        turn->rc = put_in_place(batch, false, batch->output, batch->output_bytes, &turn->error);
    if (!turn->rc)
        turn->rc = put_in_place(batch, true, batch->errors, batch->error_bytes, &turn->error);
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
    batch->resume_ms = hearth_loop_now_ms(batch->all->gateway->loop) + BUSY_MS;
    HEARTH_LOG(HEARTH_LOG_ERROR, "batch.not_finished", HEARTH_TEXT("id", batch->id),
               HEARTH_TEXT("reason", turn->error.message));
}

/* Requests */

struct hearth_batch_request {
    struct hearth_batch *batch;
    struct hearth_batch_request *next;
    struct hearth_detached *detached; /* NULL while it is read or written */
    size_t index;
    struct hearth_batch_line line;
    struct hearth_buf result;
    bool is_error;
    int rc;
    struct hearth_error error;
    char name[64];
};

static size_t end_request(struct hearth_batch_request *request, unsigned char done)
{
    struct hearth_batch *batch = request->batch;
    struct hearth_batch_request **at = &batch->running;
    size_t index = request->index;
    while (*at != request)
        at = &(*at)->next;
    *at = request->next;
    batch->running_count--;
    batch->all->running_count--;
    batch->done[index] = done;
    if (done == HEARTH_BATCH_TODO && index < batch->first_todo)
        batch->first_todo = index;
    hearth_batch_line_finish(&request->line);
    hearth_buf_finish(&request->result);
    hearth_free(request);
    return index;
}

/* It is begun again later. */
static void put_back(struct hearth_batch_request *request)
{
    struct hearth_batch *batch = request->batch;
    batch->resume_ms = hearth_loop_now_ms(batch->all->gateway->loop) + BUSY_MS;
    end_request(request, HEARTH_BATCH_TODO);
}

static void write_on_lane(void *argument)
{
    struct hearth_batch_request *request = argument;
    const struct hearth_batch *batch = request->batch;
    request->rc = write_all(request->is_error ? batch->errors : batch->output, &request->result,
                            &request->error);
}

/* Where results cannot be kept, computing more of them would be for nothing. What was written stays
 * and is handed out. */
static void break_off(struct hearth_batch *batch, const struct hearth_error *error)
{
    HEARTH_LOG(HEARTH_LOG_ERROR, "batch.not_written", HEARTH_TEXT("id", batch->id),
               HEARTH_TEXT("reason", error->message));
    if (batch->is_broken)
        return;
    batch->is_broken = true;
    tell_fault(batch, "results_not_written", error->message);
    hearth_batch_cancel_running(batch);
}

/* What is dropped is written all the same: it was computed. */
static void after_write(void *argument, bool dropped)
{
    struct hearth_batch_request *request = argument;
    struct hearth_batch *batch = request->batch;
    struct hearth_batches *all = batch->all;
    if (dropped)
        write_on_lane(request);
    if (request->rc) {
        break_off(batch, &request->error);
        put_back(request);
    } else {
        *(request->is_error ? &batch->error_bytes : &batch->output_bytes) +=
            (int64_t)request->result.length;
        *(request->is_error ? &batch->failed : &batch->completed) += 1;
        end_request(request, HEARTH_BATCH_DONE);
    }
    if (!all->is_stopped)
        hearth_batches_go_on(all);
}

static void write_result(struct hearth_batch_request *request)
{
    if (!hearth_lane_submit(request->batch->all->lane, write_on_lane, after_write, request))
        return;
    put_back(request);
}

/* A model that is busy, or a server that has too much to do, is asked again. */
static bool is_busy(int status)
{
    return status == 503 || status == 429;
}

static void on_answer(void *argument, const struct hearth_answer_record *answer)
{
    struct hearth_batch_request *request = argument;
    struct hearth_batch *batch = request->batch;
    request->detached = NULL;
    if (is_busy(answer->status)) {
        put_back(request);
        hearth_batches_go_on(batch->all);
        return;
    }
    bool whole = answer->status && answer->whole && !answer->body.failed;
    request->is_error = !whole || answer->status >= 400;
    hearth_buf_init(&request->result, answer->body.length + LINE_ROOM);
    if (whole)
        hearth_batch_result_write(&request->result, request->name, request->line.custom_id, answer,
                                  request->name);
    else
        hearth_batch_error_write(&request->result, request->name, request->line.custom_id,
                                 "answer_lost", "the answer was broken off, or is too large");
    write_result(request);
}

static void refuse_request(struct hearth_batch_request *request, const struct hearth_error *error)
{
    request->is_error = true;
    hearth_buf_init(&request->result, LINE_ROOM);
    hearth_batch_error_write(&request->result, request->name, request->line.custom_id,
                             hearth_error_row(error->code)->code, error->message);
    write_result(request);
}

static void run_request(struct hearth_batch_request *request)
{
    const struct hearth_batch *batch = request->batch;
    const struct hearth_header headers[] = {{"content-type", "application/json"},
                                            {"x-request-id", request->name}};
    const struct hearth_detached_call call = {
        .path = batch->endpoint,
        .headers = headers,
        .header_count = sizeof(headers) / sizeof(headers[0]),
        .body = request->line.body.bytes,
        .body_length = request->line.body.length,
        .principal = batch->principal,
        .class_ = HEARTH_CLASS_BATCH,
        .answer_max = ANSWER_MAX,
    };
    struct hearth_error error;
    int rc = hearth_detached_call_start(batch->all->gateway, &call, on_answer, request,
                                        &request->detached, &error);
    hearth_buf_finish(&request->line.body);
    if (rc)
        refuse_request(request, &error);
}

static void read_on_lane(void *argument)
{
    struct hearth_batch_request *request = argument;
    const struct hearth_batch_lines *lines = &request->batch->lines;
    size_t index = request->index;
    int64_t end = index + 1 < lines->count ? lines->offsets[index + 1] : lines->end;
    request->rc = hearth_batch_line_read(request->batch->input, lines->offsets[index], end,
                                         &request->line, &request->error);
}

static void after_read(void *argument, bool dropped)
{
    struct hearth_batch_request *request = argument;
    struct hearth_batch *batch = request->batch;
    struct hearth_batches *all = batch->all;
    bool goes_on = batch->state == HEARTH_BATCH_IN_PROGRESS && !batch->is_broken;
    if (dropped || all->is_stopped || !goes_on || request->rc)
        put_back(request);
    else
        run_request(request);
    if (!all->is_stopped)
        hearth_batches_go_on(all);
}

bool hearth_batch_may_begin(const struct hearth_batch *batch)
{
    return batch->is_open && !batch->is_broken && batch->state == HEARTH_BATCH_IN_PROGRESS &&
           batch->first_todo < batch->lines.count &&
           batch->resume_ms <= hearth_loop_now_ms(batch->all->gateway->loop);
}

static void skip_done(struct hearth_batch *batch)
{
    while (batch->first_todo < batch->lines.count &&
           batch->done[batch->first_todo] != HEARTH_BATCH_TODO)
        batch->first_todo++;
}

void hearth_batch_begin_next(struct hearth_batch *batch)
{
    struct hearth_batch_request *request = hearth_calloc(1, sizeof(*request));
    request->batch = batch;
    request->index = batch->first_todo;
    request->next = batch->running;
    hearth_buf_init(&request->result, 0);
    hearth_buf_init(&request->line.body, 0);
    name_of(batch, request->index, request->name);
    batch->running = request;
    batch->running_count++;
    batch->all->running_count++;
    batch->done[request->index] = HEARTH_BATCH_UNDER_WAY;
    skip_done(batch);
    if (hearth_lane_submit(batch->all->lane, read_on_lane, after_read, request))
        put_back(request);
}

/* Those that the lane has come back to find it canceled. */
void hearth_batch_cancel_running(struct hearth_batch *batch)
{
    struct hearth_batch_request *next;
    for (struct hearth_batch_request *request = batch->running; request; request = next) {
        next = request->next;
        if (!request->detached)
            continue;
        hearth_detached_cancel(request->detached);
        end_request(request, HEARTH_BATCH_TODO);
    }
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
    skip_done(batch);
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
