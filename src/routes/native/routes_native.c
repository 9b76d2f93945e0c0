/* /apply-template, and what llama-server tells of its one model: /props, /slots, /lora-adapters.
 * Here a query's `model` names it; without one it is the default model. Nothing is loaded for it.
 */
#include "catalog/catalog.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/native/native_routes.gen.h"
#include "routes/native/native_write.h"
#include "serving/scheduler.h"
#include "task/default_model.h"
#include "task/model_facts.h"
#include "task/tokens.h"

#include <string.h>

enum { CONVERSATION_MAX = 64 << 20, SETTINGS_MAX = 16 << 10 };

static void write_rendered(const struct hearth_tokens_answer *answer, struct hearth_buf *buf)
{
    hearth_buf_text(buf, "{\"prompt\":");
    hearth_json_write_string(buf, answer->out->bytes, answer->out->length);
    hearth_buf_char(buf, '}');
}

/* The worker reads the whole body: it is a conversation in OpenAI's form. */
void hearth_route_native_template(struct hearth_call *call)
{
    struct hearth_buf conversation;
    if (hearth_default_model(call, "model", hearth_model_generates))
        return;
    hearth_buf_init(&conversation, CONVERSATION_MAX);
    if (hearth_json_dump(&conversation, call->json)) {
        hearth_answer_message(call, HEARTH_ETOOLARGE, "messages", "the conversation is too large");
    } else {
        const struct hearth_input input = {.task = HEARTH_TASK_TOKENIZE,
                                           .kind = HEARTH_INPUT_MESSAGES,
                                           .form = HEARTH_FORM_RENDERED,
                                           .bytes = conversation.bytes,
                                           .length = conversation.length};
        const struct hearth_tokens_request request = {
            .model = hearth_json_text(call->json, "model", ""),
            .input = &input,
            .to_text = true,
            .write = write_rendered,
        };
        hearth_tokens_start(call, &request);
    }
    hearth_buf_finish(&conversation);
}

/* The model that is asked about, and what a process that has it tells. */
struct subject {
    const struct hearth_catalog_entry *entry;
    struct hearth_model_facts facts;
    uint32_t slots, busy; /* as loaded; 1 and 0 where it is not */
};

static void read_report(void *argument, const struct hearth_model_report *report)
{
    struct subject *subject = argument;
    if (strcmp(report->model, subject->entry->id) != 0 || !report->slots)
        return;
    subject->slots = report->slots;
    subject->busy = report->slots_busy;
}

/* False: the call is answered. */
static bool find(struct hearth_call *call, struct subject *ret_subject)
{
    const char *name = hearth_exchange_query(call->exchange, "model");
    struct hearth_error error;
    if (!call->json) /* the route reads no body: the query is the one */
        call->json = json_pack("{s:s}", "model", name ? name : "");
    if (hearth_default_model(call, "model", hearth_model_generates))
        return false;
    if (hearth_catalog_acquire(call->gateway->catalog, hearth_json_text(call->json, "model", ""),
                               &ret_subject->entry, &error)) {
        hearth_answer_error(call, &error, &(struct hearth_error_detail){.param = "model"});
        return false;
    }
    hearth_model_facts_find(call->gateway, ret_subject->entry, &ret_subject->facts);
    ret_subject->slots = 1;
    hearth_scheduler_each(call->gateway->scheduler, read_report, ret_subject);
    return true;
}

/* What a body has that says nothing: llama-server's defaults. */
static json_t *default_settings(void)
{
    static const struct hearth_sampling sampling = {.temperature = 0.8f,
                                                    .dynamic_exponent = 1,
                                                    .top_k = 40,
                                                    .top_p = 0.95f,
                                                    .min_p = 0.05f,
                                                    .top_n_sigma = -1,
                                                    .typical_p = 1,
                                                    .xtc_threshold = 0.1f,
                                                    .repeat_last_n = 64,
                                                    .repeat_penalty = 1,
                                                    .dry_base = 1.75f,
                                                    .dry_allowed_length = 2,
                                                    .dry_penalty_last_n = 64,
                                                    .seed = UINT32_MAX};
    struct hearth_buf buf;
    hearth_buf_init(&buf, SETTINGS_MAX);
    hearth_native_write_settings(&sampling, &buf);
    json_t *settings = hearth_json_parse(buf.bytes, buf.length, NULL);
    hearth_buf_finish(&buf);
    return settings;
}

static uint32_t context_of(const struct subject *subject)
{
    return subject->facts.context ? subject->facts.context : subject->facts.trained_context;
}

void hearth_route_native_props(struct hearth_call *call)
{
    struct subject subject = {.entry = NULL};
    if (!find(call, &subject))
        return;
    const struct hearth_catalog_entry *entry = subject.entry;
    json_t *settings = hearth_json_parse(entry->settings_json, strlen(entry->settings_json), NULL);
    json_t *answer =
        json_pack("{s:{s:i, s:i, s:o}, s:i, s:s, s:s, s:{s:b, s:b}, s:s, s:s, s:b}",
                  "default_generation_settings", "id", 0, "n_ctx", (int)context_of(&subject),
                  "params", default_settings(), "total_slots", (int)subject.slots, "model_alias",
                  entry->id, "model_path", entry->path, "modalities", "vision", 0, "audio", 0,
                  "chat_template", hearth_json_text(settings, "chat_template", ""), "build_info",
                  "hearth-" HEARTH_VERSION, "is_sleeping", 0);
    json_decref(settings);
    hearth_catalog_entry_release(entry);
    hearth_answer_json(call, 200, answer);
}

void hearth_route_native_slots(struct hearth_call *call)
{
    struct subject subject = {.entry = NULL};
    if (!find(call, &subject))
        return;
    json_t *list = json_array();
    for (uint32_t i = 0; i < subject.slots; i++)
        json_array_append_new(list, json_pack("{s:i, s:i, s:b, s:b}", "id", (int)i, "n_ctx",
                                              (int)context_of(&subject), "speculative", 0,
                                              "is_processing", (int)(i < subject.busy)));
    hearth_catalog_entry_release(subject.entry);
    hearth_answer_json(call, 200, list);
}

/* Their scale is 1 where a request does not say. */
void hearth_route_native_adapters(struct hearth_call *call)
{
    struct subject subject = {.entry = NULL};
    size_t i;
    json_t *name;
    if (!find(call, &subject))
        return;
    json_t *list = json_array();
    json_t *names =
        hearth_json_parse(subject.facts.adapters_json, strlen(subject.facts.adapters_json), NULL);
    json_array_foreach(names, i, name)
    {
        json_array_append_new(
            list, json_pack("{s:i, s:O, s:f}", "id", (int)i, "path", name, "scale", 1.0));
    }
    json_decref(names);
    hearth_catalog_entry_release(subject.entry);
    hearth_answer_json(call, 200, list);
}
