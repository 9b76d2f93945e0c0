/* /api/pull: an install, with lines that tell how far it is.
 *
 * The install goes on when its client goes away, as one that was begun with POST /models does; what
 * tells its client (a `pull`) lives until the install has ended. */
#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog_tags.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "loop/loop.h"
#include "routes/ollama/ollama_routes.gen.h"
#include "routes/ollama/ollama_source.h"
#include "task/installs.h"

#include <string.h>

enum { TELL_MS = 250, LINES_MAX = 1 << 20 };

struct pull {
    struct hearth_call *call; /* NULL: the client has gone */
    struct hearth_gateway *gateway;
    struct hearth_timer *timer; /* NULL: the answer does not stream */
    bool paused;                /* the client does not read */
};

static struct pull *pull_create(struct hearth_call *call)
{
    struct pull *pull = hearth_calloc(1, sizeof(*pull));
    pull->call = call;
    pull->gateway = call->gateway;
    return pull;
}

static void pull_destroy(struct pull *pull)
{
    hearth_timer_destroy(pull->timer);
    hearth_free(pull);
}

static void send(struct pull *pull, struct hearth_buf *lines)
{
    if (lines->length && !hearth_exchange_write(pull->call->exchange, lines->bytes, lines->length))
        pull->paused = true;
    hearth_buf_finish(lines);
}

static void write_status(struct hearth_buf *buf, const char *status)
{
    hearth_buf_printf(buf, "{\"status\":\"%s\"}\n", status);
}

static void write_file(void *argument, const struct hearth_install_file *file)
{
    struct hearth_buf *buf = argument;
    if (file->size < 0)
        return;
    hearth_buf_printf(buf, "{\"status\":\"pulling %.12s\"", file->sha256);
    if (*file->sha256)
        hearth_buf_printf(buf, ",\"digest\":\"sha256:%s\"", file->sha256);
    hearth_buf_printf(buf, ",\"total\":%lld,\"completed\":%lld}\n", (long long)file->size,
                      (long long)file->done);
}

static void on_time(void *argument)
{
    struct pull *pull = argument;
    struct hearth_buf lines;
    if (!pull->call || pull->paused)
        return;
    hearth_buf_init(&lines, LINES_MAX);
    hearth_installs_watch(pull->gateway->installs, pull, write_file, &lines);
    send(pull, &lines);
}

static void on_gone(struct hearth_call *call, int reason)
{
    (void)reason;
    struct pull *pull = call->work;
    pull->call = NULL;
    call->events = NULL;
}

static void on_writable(struct hearth_call *call)
{
    ((struct pull *)call->work)->paused = false;
}

/* From here on the status is 200, and an error is a line. */
static void begin_stream(struct pull *pull)
{
    struct hearth_exchange *exchange = pull->call->exchange;
    struct hearth_buf lines;
    hearth_exchange_set_header(exchange, "cache-control", "no-cache");
    hearth_exchange_set_header(exchange, "x-accel-buffering", "no");
    hearth_exchange_begin(exchange, 200, "application/x-ndjson");
    hearth_buf_init(&lines, LINES_MAX);
    write_status(&lines, "pulling manifest");
    send(pull, &lines);
    pull->timer = hearth_timer_create(pull->gateway->loop, on_time, pull);
    hearth_timer_start(pull->timer, TELL_MS, TELL_MS);
}

static void end_stream(struct pull *pull, const struct hearth_error *error)
{
    struct hearth_call *call = pull->call;
    struct hearth_exchange *exchange = call->exchange;
    struct hearth_buf lines;
    hearth_buf_init(&lines, LINES_MAX);
    if (error) {
        struct hearth_error told = *error;
        hearth_answer_hide(call, &told);
        hearth_error_write(&lines, HEARTH_ERRORS_OLLAMA, NULL, &told, NULL);
        hearth_buf_char(&lines, '\n');
    } else {
        write_status(&lines, "verifying sha256 digest");
        write_status(&lines, "writing manifest");
        write_status(&lines, "success");
    }
    send(pull, &lines);
    hearth_call_end(call, error ? hearth_error_row(error->code)->http_status : 200);
    hearth_exchange_finish(exchange, NULL, 0);
}

/* What is not there stays "not found", which Ollama's clients know. */
static void blame_source(struct hearth_error *error)
{
    if (error->code != HEARTH_ENOTFOUND && hearth_install_is_fault_of_source(error->code))
        error->code = HEARTH_EFIELDS;
}

static void answer(struct pull *pull, const struct hearth_error *fault)
{
    struct hearth_call *call = pull->call;
    struct hearth_error told, *error = NULL;
    if (fault) {
        told = *fault;
        error = &told;
        blame_source(error);
    }
    if (call)
        call->events = NULL;
    if (call && pull->timer)
        end_stream(pull, error);
    else if (call && error)
        hearth_answer_error(call, error, NULL);
    else if (call)
        hearth_answer_json(call, 200, json_pack("{s:s}", "status", "success"));
    pull_destroy(pull);
}

static void on_installed(void *argument, const struct hearth_error *error, int64_t model_id,
                         int64_t number)
{
    (void)model_id, (void)number;
    answer(argument, error);
}

/* Whether a model of this name is there already. */
static bool is_there(struct hearth_call *call, const char *name)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_error ignored;
    if (hearth_catalog_acquire_tagged(call->gateway->catalog, name, &entry, &ignored))
        return false;
    hearth_catalog_entry_release(entry);
    return true;
}

void hearth_route_ollama_pull(struct hearth_call *call)
{
    static const struct hearth_call_events events = {.on_gone = on_gone,
                                                     .on_writable = on_writable};
    struct hearth_error error;
    const char *name = hearth_json_text(call->json, "model", ""), *source = NULL;
    if (!*name)
        name = hearth_json_text(call->json, "name", "");
    bool there = is_there(call, name), streams = hearth_json_truth(call->json, "stream", true);
    int rc = there ? 0 : hearth_ollama_source(name, hearth_call_arena(call), &source, &error);
    if (rc) {
        hearth_answer_error(call, &error, NULL);
        return;
    }
    struct pull *pull = pull_create(call);
    call->work = pull;
    call->events = &events;
    const struct hearth_install_order order = {
        .source = source,
        .name = there ? NULL : hearth_install_name(source, hearth_call_arena(call))};
    if (!there)
        rc = hearth_installs_start(call->gateway->installs, &order, on_installed, pull, &error);
    if (!rc && streams)
        begin_stream(pull);
    if (rc || there)
        answer(pull, rc ? &error : NULL);
}
