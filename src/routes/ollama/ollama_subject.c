#include "routes/ollama/ollama_subject.h"

#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog_tags.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/ollama/ollama_write.h"
#include "serving/scheduler.h"

#include <stdio.h>

enum { INPUT_MAX = 64 << 20, EMPTY_MAX = 4096 };

bool hearth_ollama_subject_find(struct hearth_call *call, hearth_model_fits *fits,
                                struct hearth_ollama_subject *ret_subject)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_error error;
    if (hearth_default_model(call, "model", fits))
        return false;
    int rc = hearth_catalog_acquire_tagged(
        call->gateway->catalog, hearth_json_text(call->json, "model", ""), &entry, &error);
    if (!rc) {
        snprintf(ret_subject->id, sizeof(ret_subject->id), "%s", entry->id);
        hearth_catalog_entry_release(entry);
        rc = hearth_keep_alive_read(call->json, &ret_subject->keep, &error);
    }
    if (rc)
        hearth_answer_error(call, &error, NULL);
    return !rc;
}

static void keep(struct hearth_gateway *gateway, const struct hearth_ollama_subject *subject)
{
    if (subject->keep.given)
        hearth_scheduler_keep(gateway->scheduler, subject->id, subject->keep.ms);
}

/* A load that somebody waits for. */
struct load {
    struct hearth_call *call;
    const struct hearth_ollama_way *way;
    struct hearth_ollama_subject subject;
};

static void answer_empty(struct hearth_call *call, const struct hearth_ollama_way *way,
                         const char *reason)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, EMPTY_MAX);
    hearth_ollama_write_head(hearth_json_text(call->json, "model", ""), &buf);
    hearth_buf_printf(&buf, "%s,\"done\":true,\"done_reason\":\"%s\"}", way->empty, reason);
    hearth_answer_buf(call, 200, &buf);
}

static void on_loaded(void *argument, const struct hearth_error *error)
{
    struct load *load = argument;
    struct hearth_call *call = load->call;
    if (!error)
        keep(call->gateway, &load->subject);
    if (call->exchange && error)
        hearth_answer_error(call, error, NULL);
    else if (call->exchange)
        answer_empty(call, load->way, "load");
    hearth_call_drop(call);
    hearth_free(load);
}

static void load_or_unload(struct hearth_call *call, const struct hearth_ollama_way *way,
                           const struct hearth_ollama_subject *subject)
{
    struct hearth_error error;
    if (subject->keep.given && subject->keep.ms == 0) {
        keep(call->gateway, subject);
        answer_empty(call, way, "unload");
        return;
    }
    struct load *load = hearth_calloc(1, sizeof(*load));
    *load = (struct load){.call = call, .way = way, .subject = *subject};
    hearth_call_hold(call);
    if (hearth_scheduler_load(call->gateway->scheduler, subject->id, on_loaded, load, &error))
        on_loaded(load, &error);
}

static void generate(struct hearth_call *call, const struct hearth_ollama_way *way,
                     const struct hearth_ollama_subject *subject)
{
    struct hearth_generation_request request;
    struct hearth_buf conversation;
    struct hearth_error error;
    hearth_buf_init(&conversation, INPUT_MAX);
    if (way->read(call->json, hearth_call_arena(call), &conversation, &request, &error)) {
        hearth_answer_error(call, &error, NULL);
    } else {
        request.submit_as = subject->id;
        hearth_generation_start(call, &request);
    }
    hearth_buf_finish(&conversation);
}

void hearth_ollama_run(struct hearth_call *call, const struct hearth_ollama_way *way)
{
    struct hearth_ollama_subject subject;
    if (!hearth_ollama_subject_find(call, hearth_model_generates, &subject))
        return;
    if (way->asks(call->json))
        generate(call, way, &subject);
    else
        load_or_unload(call, way, &subject);
}
