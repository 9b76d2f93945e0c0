/* The bytes of a file: read on a lane, piece by piece, as fast as the client takes them. */
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "deferred/deferred.h"
#include "deferred/kept_files.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "loop/pool.h"
#include "routes/requests/record_call.h"
#include "routes/requests/requests_routes.gen.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { PIECE = 128 << 10 };

/* Held call; its exchange is NULL once the client has gone. */
struct sending {
    struct hearth_call *call;
    int64_t at, size;
    ssize_t got; /* by the last turn of the lane */
    int descriptor;
    bool is_away; /* the lane reads */
    char piece[PIECE];
};

static void free_sending(struct sending *sending)
{
    close(sending->descriptor);
    hearth_call_drop(sending->call);
    hearth_free(sending);
}

static void read_piece(void *argument)
{
    struct sending *sending = argument;
    do
        sending->got = pread(sending->descriptor, sending->piece, PIECE, sending->at);
    while (sending->got < 0 && errno == EINTR);
}

static void read_more(struct sending *sending);

/* The length is promised: a file that became shorter, or cannot be read, breaks the answer off. */
static void break_off(struct sending *sending)
{
    struct hearth_exchange *exchange = sending->call->exchange;
    HEARTH_LOG(HEARTH_LOG_ERROR, "file.unreadable", HEARTH_INT("at", sending->at));
    sending->call->events = NULL;
    hearth_call_end(sending->call, 500);
    hearth_exchange_reset(exchange);
    free_sending(sending);
}

static void finish(struct sending *sending)
{
    struct hearth_exchange *exchange = sending->call->exchange;
    hearth_call_end(sending->call, 200);
    hearth_exchange_finish(exchange, NULL, 0);
    free_sending(sending);
}

static void on_read(void *argument, bool dropped)
{
    struct sending *sending = argument;
    struct hearth_exchange *exchange = sending->call->exchange;
    sending->is_away = false;
    if (!exchange) {
        free_sending(sending);
        return;
    }
    if (dropped || sending->got <= 0) {
        break_off(sending);
        return;
    }
    int64_t rest = sending->size - sending->at;
    size_t length = (size_t)(sending->got < rest ? sending->got : rest);
    sending->at += (int64_t)length;
    bool takes_more = hearth_exchange_write(exchange, sending->piece, length);
    if (sending->at == sending->size)
        finish(sending);
    else if (takes_more)
        read_more(sending);
}

static void read_more(struct sending *sending)
{
    sending->is_away = true;
    if (!hearth_lane_submit(sending->call->gateway->lane, read_piece, on_read, sending))
        return;
    sending->is_away = false;
    break_off(sending);
}

static void on_writable(struct hearth_call *call)
{
    struct sending *sending = call->work;
    if (!sending->is_away)
        read_more(sending);
}

static void on_gone(struct hearth_call *call, int reason)
{
    struct sending *sending = call->work;
    (void)reason;
    if (!sending->is_away)
        free_sending(sending);
}

static int open_one(struct hearth_store *store, struct hearth_store_work *work)
{
    struct hearth_record_call *record_call = (struct hearth_record_call *)work;
    int rc = hearth_record_call_read(store, work);
    int descriptor = -1;
    if (!rc)
        rc = hearth_kept_file_open(record_call->call->gateway->deferred->files, record_call->id,
                                   &descriptor, &work->error);
    record_call->limit = descriptor;
    return rc;
}

static void close_when_gone(struct hearth_record_call *record_call)
{
    if (!record_call->call->exchange)
        close((int)record_call->limit);
}

static void send(struct hearth_record_call *record_call)
{
    static const struct hearth_call_events events = {.on_gone = on_gone,
                                                     .on_writable = on_writable};
    struct hearth_call *call = record_call->call;
    struct sending *sending = hearth_calloc(1, sizeof(*sending));
    char length[24];
    hearth_call_hold(call);
    sending->call = call;
    sending->descriptor = (int)record_call->limit;
    sending->size = record_call->record->size;
    call->work = sending;
    call->events = &events;
    snprintf(length, sizeof(length), "%lld", (long long)sending->size);
    hearth_exchange_set_header(call->exchange, "content-length", length);
    hearth_exchange_set_header(call->exchange, "content-disposition", "attachment");
    hearth_exchange_begin(call->exchange, 200, "application/octet-stream");
    if (sending->size)
        read_more(sending);
    else
        finish(sending);
}

void hearth_route_files_content(struct hearth_call *call)
{
    static const struct hearth_record_view view = {.kind = HEARTH_KEPT_FILE};
    struct hearth_record_call *record_call = hearth_record_call_create(call, &view, open_one);
    record_call->on_always = close_when_gone;
    record_call->on_done = send;
    hearth_record_call_start(record_call);
}
