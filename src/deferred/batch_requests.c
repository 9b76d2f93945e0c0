/* The requests of a batch: each line is read and its result written on the lane of batches; between
 * them the call runs on the loop, which leaves alone what the lane reads. */
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "deferred/batch.h"
#include "deferred/batch_results.h"
#include "gateway/detached_call.h"
#include "gateway/gateway_state.h"
#include "loop/loop.h"
#include "loop/pool.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 64 << 20, LINE_ROOM = 1 << 20 };

void hearth_batch_request_name(const struct hearth_batch *batch, size_t index, char name[64])
{
    snprintf(name, 64, "batch_req_%s_%zu", batch->id + strlen("batch_"), index);
}

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
    batch->resume_ms = hearth_loop_now_ms(batch->all->gateway->loop) + HEARTH_BATCH_BUSY_MS;
    end_request(request, HEARTH_BATCH_TODO);
}

static void write_on_lane(void *argument)
{
    struct hearth_batch_request *request = argument;
    const struct hearth_batch *batch = request->batch;
    request->rc = hearth_batch_results_write(request->is_error ? batch->errors : batch->output,
                                             &request->result, &request->error);
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
    hearth_batch_tell_fault(batch, "results_not_written", error->message);
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

void hearth_batch_skip_done(struct hearth_batch *batch)
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
    hearth_batch_request_name(batch, request->index, request->name);
    batch->running = request;
    batch->running_count++;
    batch->all->running_count++;
    batch->done[request->index] = HEARTH_BATCH_UNDER_WAY;
    hearth_batch_skip_done(batch);
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
