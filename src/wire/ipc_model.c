/* The life of a model in frames: STARTED, PROGRESS, READY, FAILED, PONG, and the answers of
 * prepare. */
#include "base/error.h"
#include "base/json.h"
#include "wire/ipc_event.h"
#include "wire/ipc_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FACTS_JSON_MAX (64u << 10)

static void facts_text(struct hearth_buf *json, const char *key, const char *value)
{
    hearth_buf_printf(json, "\"%s\":", key);
    hearth_json_write_string(json, value, strlen(value));
    hearth_buf_char(json, ',');
}

/* Numbers are cut to 63 bits, because JSON readers, ours included, know only signed ones. */
int hearth_facts_write(struct hearth_buf *json, const struct hearth_model_facts *facts)
{
    hearth_buf_char(json, '{');
    facts_text(json, "architecture", facts->architecture);
    facts_text(json, "quantization", facts->quantization);
    facts_text(json, "pooling", facts->pooling);
    facts_text(json, "prompts_json", facts->prompts_json);
    facts_text(json, "default_prompt", facts->default_prompt);
    facts_text(json, "labels_json", facts->labels_json);
    facts_text(json, "compute", facts->compute);
    facts_text(json, "cache_type", facts->cache_type);
    facts_text(json, "tools", facts->tools);
    facts_text(json, "adapters_json", facts->adapters_json);
    facts_text(json, "adapters_digest", facts->adapters_digest);
    hearth_buf_printf(
        json,
        "\"tasks\":%u,\"trained_context\":%u,\"context\":%u,"
        "\"embedding_length\":%u,\"vocabulary_length\":%u,\"layer_count\":%u,"
        "\"slots\":%u,\"batch\":%u,\"adapter_places\":%u,\"default_dimensions\":%u,\"parameter_"
        "count\":%" PRIu64 ",\"weight_bytes\":%" PRIu64
        ",\"normalized\":%s,\"labels_independent\":%s,"
        "\"has_chat_template\":%s,\"thinks\":%s,\"fills_gaps\":%s}",
        facts->tasks, facts->trained_context, facts->context, facts->embedding_length,
        facts->vocabulary_length, facts->layer_count, facts->slots, facts->batch,
        facts->adapter_places, facts->default_dimensions, facts->parameter_count & INT64_MAX,
        facts->weight_bytes & INT64_MAX, facts->normalized ? "true" : "false",
        facts->labels_independent ? "true" : "false", facts->has_chat_template ? "true" : "false",
        facts->thinks ? "true" : "false", facts->fills_gaps ? "true" : "false");
    return json->failed;
}

static void put_facts(struct hearth_ipc_writer *writer, const struct hearth_model_facts *facts)
{
    struct hearth_buf json;
    hearth_buf_init(&json, FACTS_JSON_MAX);
    if (hearth_facts_write(&json, facts))
        writer->buf->failed = json.failed;
    else
        hearth_ipc_put(writer, HEARTH_TAG_FACTS, json.bytes, json.length);
    hearth_buf_finish(&json);
}

/* What is too long is refused and not cut: a name that is cut is another name. */
static int facts_copy(const json_t *json, const char *key, char *ret_text, size_t size)
{
    const char *text = hearth_json_text(json, key, "");
    size_t length = strlen(text);
    if (length >= size)
        return HEARTH_EPARSE;
    memcpy(ret_text, text, length + 1);
    return 0;
}

static int facts_u32(const json_t *json, const char *key, uint32_t *ret_value)
{
    json_int_t value = hearth_json_integer(json, key, 0);
    if (value < 0 || value > UINT32_MAX)
        return HEARTH_EPARSE;
    *ret_value = (uint32_t)value;
    return 0;
}

static int facts_u64(const json_t *json, const char *key, uint64_t *ret_value)
{
    json_int_t value = hearth_json_integer(json, key, 0);
    if (value < 0)
        return HEARTH_EPARSE;
    *ret_value = (uint64_t)value;
    return 0;
}

/* All members are read before the outcome is looked at: every error is the same one, so their codes
 * may be or-ed, and the JSON is freed in one place. */
int hearth_facts_read(const char *text, size_t length, struct hearth_model_facts *ret_facts)
{
    if (length > FACTS_JSON_MAX)
        return HEARTH_EPARSE;
    json_t *json = hearth_json_parse(text, length, NULL);
    if (!json_is_object(json)) {
        json_decref(json);
        return HEARTH_EPARSE;
    }
    struct hearth_model_facts facts = {0};
    int rc = facts_copy(json, "architecture", facts.architecture, sizeof(facts.architecture));
    rc |= facts_copy(json, "quantization", facts.quantization, sizeof(facts.quantization));
    rc |= facts_copy(json, "pooling", facts.pooling, sizeof(facts.pooling));
    rc |= facts_copy(json, "prompts_json", facts.prompts_json, sizeof(facts.prompts_json));
    rc |= facts_copy(json, "default_prompt", facts.default_prompt, sizeof(facts.default_prompt));
    rc |= facts_copy(json, "labels_json", facts.labels_json, sizeof(facts.labels_json));
    rc |= facts_copy(json, "compute", facts.compute, sizeof(facts.compute));
    rc |= facts_copy(json, "cache_type", facts.cache_type, sizeof(facts.cache_type));
    rc |= facts_copy(json, "tools", facts.tools, sizeof(facts.tools));
    rc |= facts_copy(json, "adapters_json", facts.adapters_json, sizeof(facts.adapters_json));
    rc |= facts_copy(json, "adapters_digest", facts.adapters_digest, sizeof(facts.adapters_digest));
    rc |= facts_u32(json, "tasks", &facts.tasks);
    rc |= facts_u32(json, "trained_context", &facts.trained_context);
    rc |= facts_u32(json, "context", &facts.context);
    rc |= facts_u32(json, "embedding_length", &facts.embedding_length);
    rc |= facts_u32(json, "vocabulary_length", &facts.vocabulary_length);
    rc |= facts_u32(json, "layer_count", &facts.layer_count);
    rc |= facts_u32(json, "slots", &facts.slots);
    rc |= facts_u32(json, "batch", &facts.batch);
    rc |= facts_u32(json, "adapter_places", &facts.adapter_places);
    rc |= facts_u32(json, "default_dimensions", &facts.default_dimensions);
    rc |= facts_u64(json, "parameter_count", &facts.parameter_count);
    rc |= facts_u64(json, "weight_bytes", &facts.weight_bytes);
    facts.normalized = hearth_json_truth(json, "normalized", false);
    facts.labels_independent = hearth_json_truth(json, "labels_independent", false);
    facts.has_chat_template = hearth_json_truth(json, "has_chat_template", false);
    facts.thinks = hearth_json_truth(json, "thinks", false);
    facts.fills_gaps = hearth_json_truth(json, "fills_gaps", false);
    json_decref(json);
    if (rc)
        return HEARTH_EPARSE;
    *ret_facts = facts;
    return 0;
}

static int get_facts(const struct hearth_ipc_field *field, struct hearth_model_facts *ret_facts)
{
    return hearth_facts_read(field->bytes, field->length, ret_facts);
}

int hearth_ipc_put_started(struct hearth_buf *buf, const struct hearth_ipc_started *started)
{
    struct hearth_ipc_writer writer;
    const struct hearth_memory_plan *plan = &started->plan;
    const uint64_t five[5] = {plan->weights, plan->cache, plan->scratch, plan->process,
                              plan->device};
    hearth_ipc_begin(&writer, buf, HEARTH_IPC_STARTED, 0);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_VERSION, started->version);
    hearth_ipc_put_text(&writer, HEARTH_TAG_ENGINE_VERSION, started->engine_version);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_SANDBOX, started->sandbox);
    put_facts(&writer, &started->facts);
    hearth_ipc_put(&writer, HEARTH_TAG_PLAN, five, sizeof(five));
    const uint32_t fitting[2] = {started->fitting_context, started->fitting_slots};
    hearth_ipc_put(&writer, HEARTH_TAG_FITTING, fitting, sizeof(fitting));
    return ipc_end_small(&writer);
}

static int get_plan(const struct hearth_ipc_field *field, struct hearth_memory_plan *ret_plan)
{
    uint64_t five[5];
    if (field->length != sizeof(five))
        return HEARTH_EPARSE;
    memcpy(five, field->bytes, sizeof(five));
    for (int i = 0; i < 5; i++)
        if (five[i] > UINT64_MAX / 8) /* so that nobody's sum can wrap */
            return HEARTH_EPARSE;
    *ret_plan = (struct hearth_memory_plan){.weights = five[0],
                                            .cache = five[1],
                                            .scratch = five[2],
                                            .process = five[3],
                                            .device = five[4]};
    return 0;
}

static int get_fitting(const struct hearth_ipc_field *field, struct hearth_ipc_started *started)
{
    uint32_t two[2];
    if (field->length != sizeof(two))
        return HEARTH_EPARSE;
    memcpy(two, field->bytes, sizeof(two));
    started->fitting_context = two[0];
    started->fitting_slots = two[1];
    return 0;
}

/* Tags of a later version are skipped. */
static int started_field(const struct hearth_ipc_field *field, struct hearth_ipc_started *started)
{
    switch (field->tag) {
    case HEARTH_TAG_VERSION:
        return hearth_ipc_u32(field, &started->version);
    case HEARTH_TAG_ENGINE_VERSION:
        return hearth_ipc_text(field, started->engine_version, sizeof(started->engine_version));
    case HEARTH_TAG_SANDBOX:
        return hearth_ipc_u32(field, &started->sandbox);
    case HEARTH_TAG_FACTS:
        return get_facts(field, &started->facts);
    case HEARTH_TAG_PLAN:
        return get_plan(field, &started->plan);
    case HEARTH_TAG_FITTING:
        return get_fitting(field, started);
    default:
        return 0;
    }
}

int hearth_ipc_get_started(const struct hearth_ipc_frame *frame,
                           struct hearth_ipc_started *ret_started, struct hearth_error *error)
{
    struct hearth_ipc_started started = {0};
    struct hearth_ipc_field field;
    size_t offset = 0;
    int rc = frame->type == HEARTH_IPC_STARTED ? 1 : HEARTH_EPARSE;
    while (rc > 0 && (rc = hearth_ipc_next(frame, &offset, &field)) > 0)
        rc = started_field(&field, &started) ? HEARTH_EPARSE : 1;
    if (rc)
        return hearth_error_set(error, HEARTH_EPARSE, "the STARTED frame is malformed");
    *ret_started = started;
    return 0;
}

int hearth_ipc_put_progress(struct hearth_buf *buf, float fraction)
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, HEARTH_IPC_PROGRESS, 0);
    hearth_ipc_put_f32(&writer, HEARTH_TAG_FRACTION, fraction);
    return ipc_end_small(&writer);
}

/* The first field with this tag: 1, 0 when there is none, HEARTH_EPARSE. */
static int find_field(const struct hearth_ipc_frame *frame, uint16_t tag,
                      struct hearth_ipc_field *ret_field)
{
    size_t offset = 0;
    int rc;
    while ((rc = hearth_ipc_next(frame, &offset, ret_field)) > 0)
        if (ret_field->tag == tag)
            return 1;
    return rc;
}

/* Written so that a NaN fails the comparison and is refused. */
int hearth_ipc_get_progress(const struct hearth_ipc_frame *frame, float *ret_fraction)
{
    struct hearth_ipc_field field;
    float fraction;
    if (find_field(frame, HEARTH_TAG_FRACTION, &field) != 1 || hearth_ipc_f32(&field, &fraction) ||
        !(fraction >= 0 && fraction <= 1))
        return HEARTH_EPARSE;
    *ret_fraction = fraction;
    return 0;
}

int hearth_ipc_put_ready(struct hearth_buf *buf, const struct hearth_model_facts *facts)
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, HEARTH_IPC_READY, 0);
    put_facts(&writer, facts);
    return ipc_end_small(&writer);
}

int hearth_ipc_get_ready(const struct hearth_ipc_frame *frame, struct hearth_model_facts *ret_facts,
                         struct hearth_error *error)
{
    struct hearth_ipc_field field;
    if (find_field(frame, HEARTH_TAG_FACTS, &field) != 1 || get_facts(&field, ret_facts))
        return hearth_error_set(error, HEARTH_EPARSE, "the READY frame is malformed");
    return 0;
}

int hearth_ipc_put_failure(struct hearth_buf *buf, uint8_t type, uint32_t stream, int code,
                           const char *message)
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, type, stream);
    hearth_ipc_put_i32(&writer, HEARTH_TAG_CODE, code);
    hearth_ipc_put(&writer, HEARTH_TAG_MESSAGE, message,
                   strnlen(message, HEARTH_ERROR_MESSAGE_MAX - 1));
    return ipc_end_small(&writer);
}

int hearth_ipc_get_failure(const struct hearth_ipc_frame *frame, struct hearth_error *ret_failure)
{
    struct hearth_ipc_field field;
    int32_t code;
    if (find_field(frame, HEARTH_TAG_CODE, &field) != 1 || hearth_ipc_i32(&field, &code))
        return HEARTH_EPARSE;
    /* A code that is not in our table is an internal error, never a success. */
    if (hearth_error_row(code)->number != code || code == 0)
        code = HEARTH_EINTERNAL;
    int rc = find_field(frame, HEARTH_TAG_MESSAGE, &field);
    if (rc < 0)
        return rc;
    hearth_error_set(ret_failure, code, "%.*s", rc ? (int)field.length : 0, rc ? field.bytes : "");
    return 0;
}

int hearth_ipc_put_pong(struct hearth_buf *buf, const uint64_t counters[HEARTH_COUNTER_COUNT])
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, HEARTH_IPC_PONG, 0);
    hearth_ipc_put(&writer, HEARTH_TAG_COUNTERS, counters,
                   HEARTH_COUNTER_COUNT * sizeof(*counters));
    return ipc_end_small(&writer);
}

int hearth_ipc_get_pong(const struct hearth_ipc_frame *frame,
                        uint64_t ret_counters[HEARTH_COUNTER_COUNT])
{
    struct hearth_ipc_field field;
    if (find_field(frame, HEARTH_TAG_COUNTERS, &field) != 1 || field.length % sizeof(uint64_t))
        return HEARTH_EPARSE;
    size_t length = HEARTH_COUNTER_COUNT * sizeof(uint64_t);
    memset(ret_counters, 0, length);
    memcpy(ret_counters, field.bytes, field.length < length ? field.length : length);
    return 0;
}

int hearth_ipc_put_prepared(struct hearth_buf *buf, uint32_t stream,
                            const struct hearth_ipc_prepared *prepared)
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, HEARTH_IPC_PREPARED, stream);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_TOKEN_COUNT, prepared->token_count);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_TRUNCATED, prepared->truncated_count);
    hearth_ipc_put_u32(&writer, HEARTH_TAG_PREPARE_US, prepared->prepare_us);
    return ipc_end_small(&writer);
}

int hearth_ipc_get_prepared(const struct hearth_ipc_frame *frame,
                            struct hearth_ipc_prepared *ret_prepared)
{
    struct hearth_ipc_field count, truncated, took;
    struct hearth_ipc_prepared prepared = {0};
    if (find_field(frame, HEARTH_TAG_TOKEN_COUNT, &count) != 1 ||
        find_field(frame, HEARTH_TAG_TRUNCATED, &truncated) != 1 ||
        hearth_ipc_u32(&count, &prepared.token_count) ||
        hearth_ipc_u32(&truncated, &prepared.truncated_count))
        return HEARTH_EPARSE;
    if (find_field(frame, HEARTH_TAG_PREPARE_US, &took) == 1 &&
        hearth_ipc_u32(&took, &prepared.prepare_us))
        return HEARTH_EPARSE;
    *ret_prepared = prepared;
    return 0;
}

int hearth_ipc_put_tokens(struct hearth_buf *buf, uint32_t stream, const int32_t *tokens,
                          size_t count, int *ret_descriptor)
{
    struct hearth_ipc_writer writer;
    hearth_ipc_begin(&writer, buf, HEARTH_IPC_TOKENS, stream);
    hearth_ipc_put(&writer, HEARTH_TAG_TOKENS, tokens, count * sizeof(*tokens));
    return hearth_ipc_end(&writer, ret_descriptor);
}

/* Fields are aligned to 4, so the array can be read where it lies. */
int hearth_ipc_get_tokens(const struct hearth_ipc_frame *frame, const int32_t **ret_tokens,
                          size_t *ret_count)
{
    struct hearth_ipc_field field;
    if (find_field(frame, HEARTH_TAG_TOKENS, &field) != 1 || field.length % sizeof(int32_t))
        return HEARTH_EPARSE;
    *ret_tokens = (const int32_t *)(const void *)field.bytes;
    *ret_count = field.length / sizeof(int32_t);
    return 0;
}
