/* HELLO and REQUEST, both ways, and the small frames from the gateway. */
#include "wire/ipc_request.h"

#include "base/error.h"
#include "base/memory.h"
#include "wire/ipc_private.h"
#include "wire/ipc_sampling.h"

#include <string.h>

/* HELLO
 * ----- */
int hearth_ipc_put_hello(struct hearth_buf *buf, const struct hearth_ipc_hello *hello,
                         int *ret_descriptor)
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, HEARTH_IPC_HELLO, 0);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_VERSION, hello->version);
    hearth_ipc_put_text(&writer, HEARTH_TAG_ENGINE, hello->engine);
    hearth_ipc_put_text(&writer, HEARTH_TAG_MODEL_PATH, hello->model_path);
    hearth_ipc_put_text(&writer, HEARTH_TAG_PLUGIN_DIR, hello->plugin_dir);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_CONTEXT, hello->context);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_SLOTS, hello->slots);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_BATCH, hello->batch);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_THREADS, hello->threads);
    hearth_ipc_put_text(&writer, HEARTH_TAG_DEVICE, hello->device);
    if (hello->settings_json)
        hearth_ipc_put_text(&writer, HEARTH_TAG_SETTINGS, hello->settings_json);
    if (hello->readable)
        hearth_ipc_put_text(&writer, HEARTH_TAG_READABLE, hello->readable);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_SANDBOX, hello->sandbox);
    hearth_ipc_put_u64(&writer, HEARTH_TAG_MEMORY_LIMIT, hello->memory_limit);
    hearth_ipc_put_u64(&writer, HEARTH_TAG_MEMORY_REACH, hello->memory_reach);
    hearth_ipc_put_text(&writer, HEARTH_TAG_CPUS, hello->cpus);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_PROBE, hello->probe);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_ADAPTER_PLACES, hello->adapter_places);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_CONTEXT_IS_LIMIT, hello->context_is_limit);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_PREPARE_MS, hello->prepare_ms);
    hearth_ipc_put_text(&writer, HEARTH_TAG_PREFIX_FOLDER, hello->prefix_folder);
    hearth_ipc_put_text(&writer, HEARTH_TAG_PREFIX_IDENTITY, hello->prefix_identity);
    hearth_ipc_put_u64(&writer, HEARTH_TAG_PREFIX_BYTES, hello->prefix_bytes);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_GAP_MAX, hello->gap_max_ms);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_DROPS_TURNS, hello->drops_turns);
    return hearth_ipc_end(&writer, ret_descriptor);
}

static int hello_text(const struct hearth_ipc_field *field, struct hearth_ipc_hello *hello)
{
    switch (field->tag) {
    case HEARTH_TAG_ENGINE:
        return hearth_ipc_text(field, hello->engine, sizeof(hello->engine));
    case HEARTH_TAG_MODEL_PATH:
        return hearth_ipc_text(field, hello->model_path, sizeof(hello->model_path));
    case HEARTH_TAG_PLUGIN_DIR:
        return hearth_ipc_text(field, hello->plugin_dir, sizeof(hello->plugin_dir));
    case HEARTH_TAG_DEVICE:
        return hearth_ipc_text(field, hello->device, sizeof(hello->device));
    case HEARTH_TAG_CPUS:
        return hearth_ipc_text(field, hello->cpus, sizeof(hello->cpus));
    case HEARTH_TAG_PREFIX_FOLDER:
        return hearth_ipc_text(field, hello->prefix_folder, sizeof(hello->prefix_folder));
    case HEARTH_TAG_PREFIX_IDENTITY:
        return hearth_ipc_text(field, hello->prefix_identity, sizeof(hello->prefix_identity));
    default:
        return 0;
    }
}

/* Settings and paths have no maximum of their own but the frame's, so they are allocated; a second
 * field would leak the first. */
static int hello_long_text(const struct hearth_ipc_field *field, const char **ret_text)
{
    if (*ret_text)
        return HEARTH_EPARSE;
    char *text = hearth_try_alloc(field->length + 1);
    if (!text)
        return HEARTH_ENOMEM;
    int rc = hearth_ipc_text(field, text, field->length + 1);
    if (rc)
        hearth_free(text);
    else
        *ret_text = text;
    return rc;
}

static int truth(const struct hearth_ipc_field *field, bool *ret_truth)
{
    uint32_t word = 0;
    int rc = hearth_ipc_u32(field, &word);
    *ret_truth = word != 0;
    return rc;
}

/* Texts, and tags that this version does not know, end in hello_text; the latter are skipped
 * there. */
static int hello_field(const struct hearth_ipc_field *field, struct hearth_ipc_hello *hello)
{
    uint32_t word = 0;
    switch (field->tag) {
    case HEARTH_TAG_VERSION:
        return hearth_ipc_u32(field, &hello->version);
    case HEARTH_TAG_CONTEXT:
        return hearth_ipc_u32(field, &hello->context);
    case HEARTH_TAG_SLOTS:
        return hearth_ipc_u32(field, &hello->slots);
    case HEARTH_TAG_BATCH:
        return hearth_ipc_u32(field, &hello->batch);
    case HEARTH_TAG_THREADS:
        return hearth_ipc_u32(field, &hello->threads);
    case HEARTH_TAG_MEMORY_LIMIT:
        return hearth_ipc_u64(field, &hello->memory_limit);
    case HEARTH_TAG_MEMORY_REACH:
        return hearth_ipc_u64(field, &hello->memory_reach);
    case HEARTH_TAG_PREFIX_BYTES:
        return hearth_ipc_u64(field, &hello->prefix_bytes);
    case HEARTH_TAG_SETTINGS:
        return hello_long_text(field, &hello->settings_json);
    case HEARTH_TAG_READABLE:
        return hello_long_text(field, &hello->readable);
    case HEARTH_TAG_SANDBOX:
        if (hearth_ipc_u32(field, &word) || word > HEARTH_SANDBOX_OFF)
            return HEARTH_EPARSE;
        hello->sandbox = (enum hearth_sandbox_mode)word;
        return 0;
    case HEARTH_TAG_PREPARE_MS:
        return hearth_ipc_u32(field, &hello->prepare_ms);
    case HEARTH_TAG_GAP_MAX:
        return hearth_ipc_u32(field, &hello->gap_max_ms);
    case HEARTH_TAG_ADAPTER_PLACES:
        return hearth_ipc_u32(field, &hello->adapter_places);
    case HEARTH_TAG_DROPS_TURNS:
        return truth(field, &hello->drops_turns);
    case HEARTH_TAG_PROBE:
        return truth(field, &hello->probe);
    case HEARTH_TAG_CONTEXT_IS_LIMIT:
        return truth(field, &hello->context_is_limit);
    default:
        return hello_text(field, hello);
    }
}

/* Paths must be absolute: the sandbox and the plug-in loader would otherwise depend on a working
 * directory. */
int hearth_ipc_get_hello(const struct hearth_ipc_frame *frame, struct hearth_ipc_hello *ret_hello,
                         struct hearth_error *error)
{
    struct hearth_ipc_hello hello = {0};
    struct hearth_ipc_field field;
    size_t offset = 0;
    int rc = frame->type == HEARTH_IPC_HELLO ? 1 : HEARTH_EPARSE;
    while (rc > 0 && (rc = hearth_ipc_next(frame, &offset, &field)) > 0) {
        int field_rc = hello_field(&field, &hello);
        rc = field_rc ? field_rc : 1;
    }
    if (!rc && (!hello.engine[0] || hello.model_path[0] != '/' || hello.plugin_dir[0] != '/'))
        rc = HEARTH_EPARSE;
    if (rc) {
        hearth_ipc_hello_finish(&hello);
        return hearth_error_set(error, rc, "the HELLO frame is malformed");
    }
    *ret_hello = hello;
    return 0;
}

void hearth_ipc_hello_finish(struct hearth_ipc_hello *hello)
{
    hearth_free((char *)hello->settings_json);
    hearth_free((char *)hello->readable);
    hello->settings_json = hello->readable = NULL;
}

/* REQUEST
 * ------- */
int hearth_ipc_put_request(struct hearth_buf *buf, uint32_t stream,
                           const struct hearth_input *input, uint32_t credit, uint32_t class_,
                           const char *traceparent, int *ret_descriptor)
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, HEARTH_IPC_REQUEST, stream);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_TASK, input->task);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_KIND, input->kind);
    if (input->kind == HEARTH_INPUT_TOKENS)
        hearth_ipc_put(&writer, HEARTH_TAG_TOKENS, input->tokens,
                       input->token_count * sizeof(*input->tokens));
    else
        hearth_ipc_put(&writer, HEARTH_TAG_INPUT, input->bytes, input->length);
    if (input->pair)
        hearth_ipc_put(&writer, HEARTH_TAG_PAIR, input->pair, input->pair_length);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_TRUNCATE, input->truncate);
    if (input->prompt_name)
        hearth_ipc_put_text(&writer, HEARTH_TAG_PROMPT_NAME, input->prompt_name);
    if (input->no_special_tokens)
        hearth_ipc_put_u32(&writer, HEARTH_TAG_PLAIN_TOKENS, 1);
    if (input->literal)
        hearth_ipc_put_u32(&writer, HEARTH_TAG_LITERAL, 1);
    if (input->keeps_turns)
        hearth_ipc_put_u32(&writer, HEARTH_TAG_KEEPS_TURNS, 1);
    if (input->off_disk)
        hearth_ipc_put_u32(&writer, HEARTH_TAG_OFF_DISK, 1);
    if (input->form)
        hearth_ipc_put_u32(&writer, HEARTH_TAG_FORM, input->form);
    if (input->sampling)
        hearth_ipc_put_sampling(&writer, input->sampling);
    if (input->adapters.given)
        hearth_ipc_put(&writer, HEARTH_TAG_ADAPTERS, input->adapters.scales,
                       input->adapters.count * sizeof(*input->adapters.scales));
    if (input->adapter)
        hearth_ipc_put_u32(&writer, HEARTH_TAG_ADAPTER_PLACE, input->adapter - 1);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_CREDIT, credit);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_CLASS, class_);
    if (traceparent)
        hearth_ipc_put_text(&writer, HEARTH_TAG_TRACEPARENT, traceparent);
    return hearth_ipc_end(&writer, ret_descriptor);
}

/* None at all is a choice too. What is finite and what a model has is for its engine to say. */
static int get_adapters(const struct hearth_ipc_field *field, struct hearth_ipc_request *request)
{
    size_t size = sizeof(struct hearth_adapter_scale);
    if (field->length % size || field->length / size > HEARTH_IPC_ADAPTERS_MAX)
        return HEARTH_EPARSE;
    /* Fields are aligned to 4 and the two halves are words of 4 bytes. */
    request->input.adapters = (struct hearth_adapter_choice){
        .given = true,
        .scales = (const struct hearth_adapter_scale *)(const void *)field->bytes,
        .count = (uint32_t)(field->length / size)};
    return 0;
}

static int get_choice(const struct hearth_ipc_field *field, struct hearth_ipc_request *request)
{
    struct hearth_input *input = &request->input;
    uint32_t word;
    if (hearth_ipc_u32(field, &word))
        return HEARTH_EPARSE;
    switch (field->tag) {
    case HEARTH_TAG_TASK:
        input->task = (enum hearth_task)word;
        /* Exactly one bit, and one that we know. */
        return word && !(word & (word - 1)) && word <= HEARTH_TASK_TOKENIZE ? 0 : HEARTH_EPARSE;
    case HEARTH_TAG_KIND:
        input->kind = (enum hearth_input_kind)word;
        return word >= HEARTH_INPUT_MESSAGES && word <= HEARTH_INPUT_PIECES ? 0 : HEARTH_EPARSE;
    case HEARTH_TAG_TRUNCATE:
        input->truncate = (enum hearth_truncate)word;
        return word <= HEARTH_TRUNCATE_START ? 0 : HEARTH_EPARSE;
    case HEARTH_TAG_PLAIN_TOKENS:
        input->no_special_tokens = word != 0;
        return 0;
    case HEARTH_TAG_LITERAL:
        input->literal = word != 0;
        return 0;
    case HEARTH_TAG_KEEPS_TURNS:
        input->keeps_turns = word != 0;
        return 0;
    case HEARTH_TAG_OFF_DISK:
        input->off_disk = word != 0;
        return 0;
    case HEARTH_TAG_FORM:
        input->form = (enum hearth_token_form)word;
        return word <= HEARTH_FORM_RENDERED ? 0 : HEARTH_EPARSE;
    case HEARTH_TAG_ADAPTER_PLACE:
        input->adapter = word + 1;
        return word < HEARTH_IPC_ADAPTERS_MAX ? 0 : HEARTH_EPARSE;
    case HEARTH_TAG_CREDIT:
        request->credit = word;
        return 0;
    default:
        request->class_ = word;
        return 0;
    }
}

/* How to sample, and tags that this version does not know, end in hearth_ipc_get_sampling; the
 * latter are skipped there. */
static int get_field(const struct hearth_ipc_field *field, struct hearth_ipc_request *request)
{
    struct hearth_input *input = &request->input;
    switch (field->tag) {
    case HEARTH_TAG_TASK:
    case HEARTH_TAG_KIND:
    case HEARTH_TAG_TRUNCATE:
    case HEARTH_TAG_PLAIN_TOKENS:
    case HEARTH_TAG_LITERAL:
    case HEARTH_TAG_KEEPS_TURNS:
    case HEARTH_TAG_OFF_DISK:
    case HEARTH_TAG_FORM:
    case HEARTH_TAG_ADAPTER_PLACE:
    case HEARTH_TAG_CREDIT:
    case HEARTH_TAG_CLASS:
        return get_choice(field, request);
    case HEARTH_TAG_INPUT:
        input->bytes = field->bytes;
        input->length = field->length;
        return 0;
    case HEARTH_TAG_PAIR:
        input->pair = field->bytes;
        input->pair_length = field->length;
        return 0;
    case HEARTH_TAG_TOKENS:
        input->tokens = (const int32_t *)(const void *)field->bytes;
        input->token_count = field->length / sizeof(int32_t);
        return field->length % sizeof(int32_t) ? HEARTH_EPARSE : 0;
    case HEARTH_TAG_PROMPT_NAME:
        input->prompt_name = request->prompt_name;
        return hearth_ipc_text(field, request->prompt_name, sizeof(request->prompt_name));
    case HEARTH_TAG_TRACEPARENT:
        return hearth_ipc_text(field, request->traceparent, sizeof(request->traceparent));
    case HEARTH_TAG_ADAPTERS:
        return get_adapters(field, request);
    default:
        return hearth_ipc_get_sampling(field, request);
    }
}

/* What the worker relies on without asking again. */
static bool request_complete(const struct hearth_ipc_request *request)
{
    const struct hearth_input *input = &request->input;
    if (!input->task || !input->kind || !request->stream)
        return false;
    if (input->kind == HEARTH_INPUT_TOKENS ? !input->tokens : !input->bytes)
        return false;
    return input->task != HEARTH_TASK_GENERATE || input->sampling;
}

/* The payload is copied once, and every pointer of the request leads into that copy. */
int hearth_ipc_request_create(const struct hearth_ipc_frame *frame,
                              struct hearth_ipc_request **ret_request, struct hearth_error *error)
{
    struct hearth_ipc_request *request = hearth_try_calloc(1, sizeof(*request));
    char *payload = request ? hearth_try_alloc(frame->length) : NULL;
    if (!payload) {
        hearth_free(request);
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for a request of %zu bytes",
                                frame->length);
    }
    memcpy(payload, frame->payload, frame->length);
    request->payload = payload;
    request->stream = frame->stream;
    struct hearth_ipc_frame copy = *frame;
    copy.payload = payload;
    struct hearth_ipc_field field;
    size_t offset = 0;
    int rc = frame->type == HEARTH_IPC_REQUEST ? 1 : HEARTH_EPARSE;
    while (rc > 0 && (rc = hearth_ipc_next(&copy, &offset, &field)) > 0)
        rc = get_field(&field, request) ? HEARTH_EPARSE : 1;
    if (rc || !request_complete(request)) {
        hearth_ipc_request_destroy(request);
        return hearth_error_set(error, HEARTH_EPARSE, "a REQUEST frame is malformed");
    }
    *ret_request = request;
    return 0;
}

void hearth_ipc_request_destroy(struct hearth_ipc_request *request)
{
    if (!request)
        return;
    hearth_free(request->payload);
    hearth_free(request);
}

int hearth_ipc_put_credit(struct hearth_buf *buf, uint32_t stream, uint32_t credit)
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, HEARTH_IPC_CREDIT, stream);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_CREDIT, credit);
    return ipc_end_small(&writer);
}

int hearth_ipc_get_credit(const struct hearth_ipc_frame *frame, uint32_t *ret_credit)
{
    struct hearth_ipc_field field;
    size_t offset = 0;
    if (hearth_ipc_next(frame, &offset, &field) != 1 || field.tag != HEARTH_TAG_CREDIT)
        return HEARTH_EPARSE;
    return hearth_ipc_u32(&field, ret_credit);
}

int hearth_ipc_put_empty(struct hearth_buf *buf, uint8_t type, uint32_t stream)
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, type, stream);
    return ipc_end_small(&writer);
}
