/* /infer/{model}, whatever the model's task. */
#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/metrics.h"
#include "routes/hub/hub_input.h"
#include "routes/hub/hub_routes.gen.h"
#include "serving/scheduler.h"
#include "task/generation.h"
#include "task/labels.h"
#include "task/model_facts.h"
#include "task/sampling.h"
#include "task/vectors.h"

#include <stdio.h>
#include <string.h>

/* Vectors are cheap to batch; each generated input takes a place in the model's queue. */
enum { GENERATED_MAX = 64 };

static double ms(uint64_t us)
{
    return (double)us / 1000;
}

/* The same members for every task, so that one reader does for all; a task without a phase has 0.
 */
static void write_timing(struct hearth_buf *buf, uint64_t queued_us, uint64_t load_us,
                         uint64_t prefill_us, uint64_t decode_us)
{
    const struct {
        const char *name;
        uint64_t us;
    } rows[] = {{"queue_ms", queued_us},
                {"load_ms", load_us},
                {"prefill_ms", prefill_us},
                {"decode_ms", decode_us},
                {"total_ms", queued_us + prefill_us + decode_us}};
    hearth_buf_text(buf, ",\"timing\":{");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        hearth_buf_printf(buf, "%s\"%s\":", i ? "," : "", rows[i].name);
        hearth_json_write_double(buf, ms(rows[i].us));
    }
    hearth_buf_text(buf, "}}");
}

/* {"result": … around what was made of one input, or of each of a list, then the metadata. */
static void open_result(bool list, struct hearth_buf *buf)
{
    hearth_buf_text(buf, list ? "{\"result\":[" : "{\"result\":");
}

static void open_metadata(bool list, const char *model, struct hearth_buf *buf)
{
    hearth_buf_text(buf, list ? "],\"metadata\":{\"model\":" : ",\"metadata\":{\"model\":");
    hearth_json_write_text(buf, model);
}

/* The times are those of the slowest text: they ran beside each other. */
static void write_generated(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    struct hearth_usage usage = hearth_generation_usage(generation);
    const struct hearth_inference_done *slowest = &generation->choices[0].done;
    open_result(generation->list, buf);
    for (uint32_t i = 0; i < generation->choice_count; i++) {
        const struct hearth_choice *choice = &generation->choices[i];
        if (i)
            hearth_buf_char(buf, ',');
        hearth_json_write_string(buf, choice->text.bytes, choice->text.length);
        if (choice->done.decode_us > slowest->decode_us)
            slowest = &choice->done;
    }
    open_metadata(generation->list, hearth_generation_version(generation), buf);
    hearth_buf_printf(buf,
                      ",\"task\":\"generate\",\"prompt_tokens\":%llu,\"cached_tokens\":%llu,"
                      "\"completion_tokens\":%llu,\"finish_reason\":\"%s\"}",
                      (unsigned long long)usage.prompt_tokens,
                      (unsigned long long)usage.cached_tokens,
                      (unsigned long long)usage.completion_tokens,
                      hearth_finish_name(generation->choices[0].done.finish));
    write_timing(buf, slowest->queued_us, slowest->load_us, slowest->prefill_us,
                 slowest->decode_us);
}

static void write_one(const struct hearth_vectors *vectors, uint32_t index, struct hearth_buf *buf)
{
    if (vectors->labels)
        hearth_labels_write(vectors->labels, vectors->values + (size_t)index * vectors->width,
                            vectors->width, buf);
    else
        hearth_vector_write(vectors, index, buf);
}

/* Runs on the pool for long answers: reads nothing but the vectors, which own their labels. */
static void write_vectors(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    open_result(vectors->list, buf);
    for (uint32_t i = 0; i < vectors->count; i++) {
        if (i)
            hearth_buf_char(buf, ',');
        write_one(vectors, i, buf);
    }
    open_metadata(vectors->list, vectors->model, buf);
    hearth_buf_printf(
        buf,
        ",\"task\":\"%s\",\"%s\":%u,\"prompt_tokens\":%llu,"
        "\"truncated_tokens\":%llu}",
        vectors->labels ? "classify" : "embed", vectors->labels ? "labels" : "dimensions",
        vectors->dimensions ? vectors->dimensions : vectors->width,
        (unsigned long long)vectors->prompt_tokens, (unsigned long long)vectors->truncated_tokens);
    write_timing(buf, vectors->queued_us, vectors->load_us, vectors->compute_us, 0);
}

static const struct hearth_generation_shape infer_shape = {
    .id_prefix = "infer-", .input_param = "input", .write_answer = write_generated};

/* What kind of answer a model gives, and whether a text is a message to it. */
struct model_use {
    bool embeds, chats, classifies;
    struct hearth_model_facts facts; /* zero when nothing can tell yet */
    char id[256];                    /* so that every input of the call goes to the same version */
};

/* `*ret_known` false: neither the registry nor a loaded process can tell yet. */
static int find_use(struct hearth_call *call, struct model_use *ret_use, bool *ret_known,
                    struct hearth_error *error)
{
    const struct hearth_catalog_entry *entry;
    int rc = hearth_catalog_acquire(call->gateway->catalog, call->params[0], &entry, error);
    if (rc)
        return rc;
    struct hearth_model_facts *facts = &ret_use->facts;
    *ret_known = hearth_model_facts_find(call->gateway, entry, facts) || *entry->task;
    uint32_t output = facts->tasks & (HEARTH_TASK_GENERATE | HEARTH_TASK_EMBED | HEARTH_TASK_SCORE);
    /* A registered task is somebody's word and goes before what the files say, but nobody can make
     * a model of scores do anything else. */
    if (output == HEARTH_TASK_SCORE) {
        ret_use->classifies = true;
    } else if (*entry->task) {
        ret_use->embeds = strncmp(entry->task, "embed", 5) == 0;
        ret_use->chats = strcmp(entry->task, "chat") == 0;
    } else {
        ret_use->embeds = facts->tasks && !(facts->tasks & HEARTH_TASK_GENERATE);
        ret_use->chats = facts->has_chat_template;
    }
    if ((size_t)snprintf(ret_use->id, sizeof(ret_use->id), "%s", entry->id) >= sizeof(ret_use->id))
        rc = hearth_error_set(error, HEARTH_EINVAL, "the model's name is too long");
    hearth_catalog_entry_release(entry);
    return rc;
}

/* A plain text is what a user says to a model that chats, and just a text to any other. */
static int set_input(struct hearth_call *call, const struct model_use *use, json_t *given,
                     struct hearth_input *input)
{
    if (json_is_string(given) && use->chats && !use->embeds && !use->classifies) {
        json_t *messages = json_pack("[{s:s, s:O}]", "role", "user", "content", given);
        int rc = hearth_hub_messages(call, messages, input);
        json_decref(messages);
        return rc;
    }
    if (json_is_string(given)) {
        hearth_hub_text(given, input);
        return 0;
    }
    json_t *messages = json_is_object(given) ? json_object_get(given, "messages") : given;
    return hearth_hub_messages(call, messages, input);
}

/* From here on the labels belong to the vectors' work, which reads them on the pool, also when the
 * client has gone. */
static void run_vectors(struct hearth_call *call, const struct model_use *use,
                        const struct hearth_input *inputs, uint32_t count, bool list)
{
    struct hearth_labels *labels = use->classifies ? hearth_labels_create(&use->facts) : NULL;
    if (use->classifies && !labels) {
        hearth_answer_message(call, HEARTH_ENOMEM, NULL, "no memory for the model's labels");
        return;
    }
    const struct hearth_vectors_request request = {
        .model = use->id,
        .param = "input",
        .labels = labels,
        .inputs = inputs,
        .count = count,
        .default_dimensions = use->facts.default_dimensions,
        .class_ = HEARTH_CLASS_NORMAL,
        .list = list,
        .write = write_vectors,
    };
    hearth_vectors_start(call, &request);
}

/* `parameters` is optional, and so are its members; an absent one leaves the model's default. */
static void run_generation(struct hearth_call *call, const struct model_use *use,
                           const struct hearth_input *inputs, uint32_t count, bool list)
{
    const json_t *parameters = json_object_get(call->json, "parameters");
    struct hearth_generation_request request = {
        .shape = &infer_shape,
        .model = use->id,
        .inputs = inputs,
        .input_count = count,
        .n = 1,
        .class_ = HEARTH_CLASS_NORMAL,
        .list = list,
    };
    struct hearth_error error;
    const char *param;
    if (hearth_sampling_read(parameters, hearth_call_arena(call), &request.sampling, &param,
                             &error)) {
        hearth_answer_message(call, error.code, param, "%s", error.message);
        return;
    }
    if (hearth_adapters_read(parameters, hearth_call_arena(call), &request.adapters, &error)) {
        hearth_answer_message(call, error.code, "lora", "%s", error.message);
        return;
    }
    request.sampling.max_tokens = hearth_max_tokens_read(parameters, "max_tokens", 0);
    hearth_generation_start(call, &request);
}

/* Everything about the inputs is checked before anything is begun: texts for models that make
 * vectors, a bounded number for those that generate. A list of texts is many inputs; a list of
 * objects is one conversation. The inputs point into the call's JSON and its arena. */
static void infer(struct hearth_call *call, const struct model_use *use)
{
    json_t *given = json_object_get(call->json, "input");
    bool list = json_is_array(given) && json_is_string(json_array_get(given, 0));
    bool generates = !use->embeds && !use->classifies;
    if (!generates && !list && !json_is_string(given)) {
        hearth_answer_message(call, HEARTH_EINVAL, "input",
                              "%s takes texts; messages are for models that chat", use->id);
        return;
    }
    size_t count = list ? json_array_size(given) : 1;
    if (generates && count > GENERATED_MAX) {
        hearth_answer_message(
            call, HEARTH_EINVAL, "input",
            "%zu inputs are too many; a model that generates takes at most %d at once", count,
            GENERATED_MAX);
        return;
    }
    struct hearth_input *inputs =
        hearth_arena_alloc(hearth_call_arena(call), count * sizeof(*inputs));
    for (size_t i = 0; inputs && i < count; i++) {
        inputs[i].task = use->embeds       ? HEARTH_TASK_EMBED
                         : use->classifies ? HEARTH_TASK_SCORE
                                           : HEARTH_TASK_GENERATE;
        inputs[i].truncate = hearth_truncate_read(json_object_get(call->json, "parameters"));
        if (set_input(call, use, list ? json_array_get(given, i) : given, &inputs[i]))
            inputs = NULL;
    }
    if (!inputs)
        hearth_answer_message(call, HEARTH_ETOOLARGE, "input", "the input is too large");
    else if (generates)
        run_generation(call, use, inputs, (uint32_t)count, list);
    else
        run_vectors(call, use, inputs, (uint32_t)count, list);
}

/* The model is loaded now, and has said what it is. */
static void on_loaded(void *argument, const struct hearth_error *error)
{
    struct hearth_call *call = argument;
    struct model_use use = {0};
    struct hearth_error fault;
    bool known;
    if (!call->exchange)
        ;
    else if (error)
        hearth_answer_error(call, error, NULL);
    else if (find_use(call, &use, &known, &fault))
        hearth_answer_error(call, &fault, NULL);
    else
        infer(call, &use);
    hearth_call_drop(call);
}

/* What a model is for decides the shape of the answer: one that nothing is known of is loaded
 * first.
 */
void hearth_route_infer(struct hearth_call *call)
{
    struct model_use use = {0};
    struct hearth_error error;
    bool known;
    if (find_use(call, &use, &known, &error)) {
        hearth_answer_error(call, &error, NULL);
        return;
    }
    if (known) {
        infer(call, &use);
        return;
    }
    hearth_call_hold(call);
    if (hearth_scheduler_load(call->gateway->scheduler, use.id, on_loaded, call, &error))
        on_loaded(call, &error);
}
