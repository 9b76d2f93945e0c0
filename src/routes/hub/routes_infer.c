/* /infer/{model}, whatever the model's task; /tokenize and /detokenize. */
#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/metrics.h"
#include "routes/hub/hub_routes.gen.h"
#include "serving/scheduler.h"
#include "task/default_model.h"
#include "task/generation.h"
#include "task/labels.h"
#include "task/model_facts.h"
#include "task/sampling.h"
#include "task/vectors.h"

#include <stdio.h>
#include <string.h>

enum { INPUT_MAX = 64 << 20, GENERATED_MAX = 64 };

static double ms(uint64_t us)
{
    return (double)us / 1000;
}

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

static void write_generated(struct hearth_generation *generation, struct hearth_buf *buf)
{
    struct hearth_usage usage = hearth_generation_usage(generation);
    const struct hearth_inference_done *slowest = &generation->choices[0].done;
    hearth_buf_text(buf, generation->list ? "{\"result\":[" : "{\"result\":");
    for (uint32_t i = 0; i < generation->choice_count; i++) {
        const struct hearth_choice *choice = &generation->choices[i];
        if (i)
            hearth_buf_char(buf, ',');
        hearth_json_write_string(buf, choice->text.bytes ? choice->text.bytes : "",
                                 choice->text.length);
        if (choice->done.decode_us > slowest->decode_us)
            slowest = &choice->done;
    }
    hearth_buf_text(buf,
                    generation->list ? "],\"metadata\":{\"model\":" : ",\"metadata\":{\"model\":");
    hearth_json_write_text(buf, generation->call->model);
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

static void write_vectors(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    hearth_buf_text(buf, vectors->list ? "{\"result\":[" : "{\"result\":");
    for (uint32_t i = 0; i < vectors->count; i++) {
        if (i)
            hearth_buf_char(buf, ',');
        write_one(vectors, i, buf);
    }
    hearth_buf_text(buf,
                    vectors->list ? "],\"metadata\":{\"model\":" : ",\"metadata\":{\"model\":");
    hearth_json_write_text(buf, vectors->model);
    hearth_buf_printf(
        buf,
        ",\"task\":\"%s\",\"%s\":%u,\"prompt_tokens\":%llu,"
        "\"truncated_tokens\":%llu}",
        vectors->labels ? "classify" : "embed", vectors->labels ? "labels" : "dimensions",
        vectors->dimensions ? vectors->dimensions : vectors->width,
        (unsigned long long)vectors->prompt_tokens, (unsigned long long)vectors->truncated_tokens);
    write_timing(buf, vectors->queued_us, vectors->load_us, vectors->compute_us, 0);
}

static const struct hearth_generation_shape infer_shape = {.write_answer = write_generated};

/* What kind of answer a model gives, and whether a text is a message to it. */
struct model_use {
    bool embeds, chats, classifies;
    struct hearth_labels *labels; /* of one that classifies; in the arena */
    uint32_t default_dimensions;  /* of one that embeds */
    char id[256];                 /* so that every input of the call goes to the same version */
};

/* `*ret_known` false: neither the registry nor a loaded process can tell yet. */
static int find_use(struct hearth_call *call, struct model_use *ret_use, bool *ret_known,
                    struct hearth_error *error)
{
    const struct hearth_catalog_entry *entry;
    int rc = hearth_catalog_acquire(call->gateway->catalog, call->params[0], &entry, error);
    if (rc)
        return rc;
    struct hearth_model_facts facts = {0};
    *ret_known = hearth_model_facts_find(call->gateway, entry, &facts) || *entry->task;
    ret_use->default_dimensions = facts.default_dimensions;
    uint32_t output = facts.tasks & (HEARTH_TASK_GENERATE | HEARTH_TASK_EMBED | HEARTH_TASK_SCORE);
    if (output == HEARTH_TASK_SCORE) {
        ret_use->classifies = true;
        ret_use->labels = hearth_labels_read(&facts, hearth_call_arena(call));
        if (!ret_use->labels)
            rc = hearth_error_set(error, HEARTH_ETOOLARGE, "the model has too many labels");
    } else if (*entry->task) {
        ret_use->embeds = strncmp(entry->task, "embed", 5) == 0;
        ret_use->chats = strcmp(entry->task, "chat") == 0;
    } else {
        ret_use->embeds = facts.tasks && !(facts.tasks & HEARTH_TASK_GENERATE);
        ret_use->chats = facts.has_chat_template;
    }
    if ((size_t)snprintf(ret_use->id, sizeof(ret_use->id), "%s", entry->id) >= sizeof(ret_use->id))
        rc = hearth_error_set(error, HEARTH_EINVAL, "the model's name is too long");
    hearth_catalog_entry_release(entry);
    return rc;
}

static void set_text(struct hearth_input *input, const json_t *text)
{
    input->kind = HEARTH_INPUT_TEXT;
    input->bytes = json_string_value(text);
    input->length = json_string_length(text);
}

/* A conversation as the template reads it; the text is kept in the body, so that it lives as long
 * as the inputs need it. */
static int set_messages(struct hearth_call *call, struct hearth_input *input, json_t *messages)
{
    json_t *object = json_pack("{s:O}", "messages", messages);
    struct hearth_buf text;
    hearth_buf_init(&text, INPUT_MAX);
    int rc = hearth_json_dump(&text, object);
    json_decref(object);
    char *kept = rc ? NULL : hearth_arena_strndup(hearth_call_arena(call), text.bytes, text.length);
    input->kind = HEARTH_INPUT_MESSAGES;
    input->bytes = kept;
    input->length = text.length;
    hearth_buf_finish(&text);
    return kept ? 0 : HEARTH_ETOOLARGE;
}

static int set_input(struct hearth_call *call, const struct model_use *use, json_t *given,
                     struct hearth_input *input)
{
    if (json_is_string(given) && use->chats && !use->embeds && !use->classifies) {
        json_t *messages = json_pack("[{s:s, s:O}]", "role", "user", "content", given);
        int rc = set_messages(call, input, messages);
        json_decref(messages);
        return rc;
    }
    if (json_is_string(given)) {
        set_text(input, given);
        return 0;
    }
    json_t *messages = json_is_object(given) ? json_object_get(given, "messages") : given;
    return set_messages(call, input, messages);
}

static enum hearth_truncate read_truncate(const json_t *parameters)
{
    const char *word = hearth_json_text(parameters, "truncate", "none");
    if (strcmp(word, "start") == 0)
        return HEARTH_TRUNCATE_START;
    return strcmp(word, "end") == 0 ? HEARTH_TRUNCATE_END : HEARTH_TRUNCATE_NEVER;
}

static void run(struct hearth_call *call, const struct model_use *use, struct hearth_input *inputs,
                uint32_t count, bool list)
{
    const json_t *parameters = json_object_get(call->json, "parameters");
    if (use->embeds || use->classifies) {
        const struct hearth_vectors_request request = {
            .model = use->id,
            .param = "input",
            .labels = use->labels,
            .inputs = inputs,
            .count = count,
            .default_dimensions = use->default_dimensions,
            .class_ = HEARTH_CLASS_NORMAL,
            .list = list,
            .write = write_vectors,
        };
        hearth_vectors_start(call, &request);
        return;
    }
    struct hearth_generation_request request = {
        .shape = &infer_shape,
        .id_prefix = "infer-",
        .model = use->id,
        .inputs = inputs,
        .input_count = count,
        .n = 1,
        .class_ = HEARTH_CLASS_NORMAL,
        .input_param = "input",
        .list = list,
    };
    struct hearth_error error;
    const char *param;
    if (hearth_sampling_read(parameters, hearth_call_arena(call), &request.sampling, &param,
                             &error)) {
        hearth_answer_message(call, error.code, param, "%s", error.message);
        return;
    }
    request.sampling.max_tokens = (uint32_t)hearth_body_integer(parameters, "max_tokens", 0);
    hearth_generation_start(call, &request);
}

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
        hearth_answer_message(call, HEARTH_EINVAL, "input",
                              "%zu inputs at once; at most %d for a model that generates", count,
                              GENERATED_MAX);
        return;
    }
    struct hearth_input *inputs =
        hearth_arena_alloc(hearth_call_arena(call), count * sizeof(*inputs));
    for (size_t i = 0; inputs && i < count; i++) {
        inputs[i].task = use->embeds       ? HEARTH_TASK_EMBED
                         : use->classifies ? HEARTH_TASK_SCORE
                                           : HEARTH_TASK_GENERATE;
        inputs[i].truncate = read_truncate(json_object_get(call->json, "parameters"));
        if (set_input(call, use, list ? json_array_get(given, i) : given, &inputs[i]))
            inputs = NULL;
    }
    if (!inputs)
        hearth_answer_message(call, HEARTH_ETOOLARGE, "input", "the input is too large");
    else
        run(call, use, inputs, (uint32_t)count, list);
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

/* One inference whose answer is tokens, or text from tokens. */
struct token_work {
    struct hearth_call *call;
    struct hearth_inference *inference;
    struct hearth_buf out;
    uint32_t count;
    bool to_text;
};

static void destroy_work(struct token_work *work)
{
    if (work->inference)
        hearth_inference_cancel(work->inference);
    hearth_buf_finish(&work->out);
    hearth_free(work);
}

static void on_tokens(void *argument, const int32_t *tokens, size_t count)
{
    struct token_work *work = argument;
    for (size_t i = 0; i < count; i++)
        hearth_buf_printf(&work->out, work->count++ ? ",%d" : "%d", tokens[i]);
}

static void on_text(void *argument, const struct hearth_event *event)
{
    struct token_work *work = argument;
    if (event->kind == HEARTH_EVENT_TEXT && work->to_text)
        hearth_buf_append(&work->out, event->bytes.bytes, event->bytes.length);
    hearth_inference_credit(work->inference, 1);
}

static void on_token_done(void *argument, const struct hearth_inference_done *done)
{
    (void)done;
    struct token_work *work = argument;
    struct hearth_call *call = work->call;
    work->inference = NULL;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 64 << 20);
    if (work->to_text) {
        hearth_buf_text(&buf, "{\"content\":");
        hearth_json_write_string(&buf, work->out.bytes ? work->out.bytes : "", work->out.length);
    } else {
        hearth_buf_text(&buf, "{\"tokens\":[");
        hearth_buf_append(&buf, work->out.bytes, work->out.length);
        hearth_buf_printf(&buf, "],\"count\":%u", work->count);
    }
    hearth_buf_text(&buf, ",\"model\":");
    hearth_json_write_text(&buf, call->model);
    hearth_buf_char(&buf, '}');
    if (work->out.failed)
        buf.failed = work->out.failed;
    destroy_work(work);
    hearth_answer_buf(call, 200, &buf);
}

static void on_token_error(void *argument, const struct hearth_error *error,
                           uint32_t retry_after_ms)
{
    struct token_work *work = argument;
    struct hearth_call *call = work->call;
    struct hearth_error copy = *error;
    const struct hearth_error_detail detail = {.retry_after_ms = retry_after_ms};
    work->inference = NULL;
    destroy_work(work);
    hearth_answer_error(call, &copy, &detail);
}

static void on_token_gone(struct hearth_call *call, int reason)
{
    (void)reason;
    destroy_work(call->work);
}

static void start_token_work(struct hearth_call *call, const struct hearth_input *input,
                             bool to_text)
{
    if (hearth_default_model(call, "model", hearth_model_tokenizes))
        return;
    static const struct hearth_inference_events events = {.on_event = on_text,
                                                          .on_tokens = on_tokens,
                                                          .on_done = on_token_done,
                                                          .on_error = on_token_error};
    static const struct hearth_call_events call_events = {.on_gone = on_token_gone};
    struct token_work *work = hearth_calloc(1, sizeof(*work));
    work->call = call;
    work->to_text = to_text;
    hearth_buf_init(&work->out, 32 << 20);
    struct hearth_inference_request request = hearth_inference_request_of(
        call, hearth_json_text(call->json, "model", ""), HEARTH_CLASS_INTERACTIVE);
    request.input = *input;
    struct hearth_error error;
    uint32_t retry_after_ms = 0;
    if (hearth_inference_submit(call->gateway->scheduler, &request, &events, work, &work->inference,
                                &retry_after_ms, &error)) {
        const struct hearth_error_detail detail = {.retry_after_ms = retry_after_ms};
        destroy_work(work);
        hearth_answer_error(call, &error, &detail);
        return;
    }
    call->model =
        hearth_metrics_model(call->gateway->metrics, hearth_inference_model(work->inference));
    call->work = work;
    call->events = &call_events;
}

void hearth_route_tokenize(struct hearth_call *call)
{
    json_t *text = json_object_get(call->json, "content");
    json_t *messages = json_object_get(call->json, "messages");
    if (!json_is_string(text))
        text = json_object_get(call->json, "text");
    if (json_is_string(text) == json_is_array(messages)) {
        hearth_answer_message(call, HEARTH_EINVAL, "content", "give either content or messages");
        return;
    }
    struct hearth_input input = {
        .task = HEARTH_TASK_TOKENIZE,
        .no_special_tokens = !hearth_json_truth(call->json, "add_special", true),
    };
    if (json_is_string(text)) {
        set_text(&input, text);
    } else if (set_messages(call, &input, messages)) {
        hearth_answer_message(call, HEARTH_ETOOLARGE, "messages", "the conversation is too large");
        return;
    }
    start_token_work(call, &input, false);
}

void hearth_route_detokenize(struct hearth_call *call)
{
    const json_t *tokens = json_object_get(call->json, "tokens");
    struct hearth_input input = {.task = HEARTH_TASK_TOKENIZE, .kind = HEARTH_INPUT_TOKENS};
    input.token_count = json_array_size(tokens);
    input.tokens = hearth_tokens_read(tokens, hearth_call_arena(call));
    if (!input.tokens)
        hearth_answer_message(call, HEARTH_ETOOLARGE, "tokens", "too many tokens");
    else
        start_token_work(call, &input, true);
}
