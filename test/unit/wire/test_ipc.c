#include "base/error.h"
#include "wire/ipc_event.h"
#include "wire/ipc_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct seen {
    int count;
    int fail_at;
    struct hearth_ipc_frame last;
    char *payload; /* a copy of the last one's */
};

static int remember(void *argument, const struct hearth_ipc_frame *frame)
{
    struct seen *seen = argument;
    seen->last = *frame;
    free(seen->payload);
    seen->payload = malloc(frame->length + 1);
    memcpy(seen->payload, frame->payload, frame->length);
    seen->last.payload = seen->payload;
    return ++seen->count == seen->fail_at ? HEARTH_ECANCELED : 0;
}

static int taken = -1;

static int take(void *argument)
{
    (void)argument;
    int descriptor = taken;
    taken = -1;
    return descriptor;
}

static int read_all(const char *bytes, size_t length, size_t piece, struct seen *seen)
{
    struct hearth_ipc_reader *reader = hearth_ipc_reader_create(take, NULL);
    int rc = 0;
    for (size_t at = 0; at < length && !rc; at += piece)
        rc = hearth_ipc_read(reader, bytes + at, piece < length - at ? piece : length - at,
                             remember, seen, NULL);
    hearth_ipc_reader_destroy(reader);
    return rc;
}

static void frames_come_back_whole_however_they_are_cut(void **state)
{
    (void)state;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1 << 20);
    assert_int_equal(hearth_ipc_put_credit(&buf, 7, 9), 0);
    assert_int_equal(hearth_ipc_put_empty(&buf, HEARTH_IPC_PING, 0), 0);
    assert_int_equal(hearth_ipc_put_failure(&buf, HEARTH_IPC_ERROR, 3, HEARTH_ENOMEM, "oh"), 0);
    for (size_t piece = 1; piece <= buf.length; piece++) {
        struct seen seen = {0};
        assert_int_equal(read_all(buf.bytes, buf.length, piece, &seen), 0);
        assert_int_equal(seen.count, 3);
        assert_int_equal(seen.last.stream, 3);
        struct hearth_error failure;
        assert_int_equal(hearth_ipc_get_failure(&seen.last, &failure), 0);
        assert_int_equal(failure.code, HEARTH_ENOMEM);
        assert_string_equal(failure.message, "oh");
        free(seen.payload);
    }
    hearth_buf_finish(&buf);
}

static void a_callback_that_fails_stops_the_reading(void **state)
{
    (void)state;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1 << 20);
    for (int i = 0; i < 3; i++)
        hearth_ipc_put_empty(&buf, HEARTH_IPC_PING, 0);
    struct seen seen = {.fail_at = 2};
    assert_int_equal(read_all(buf.bytes, buf.length, buf.length, &seen), HEARTH_ECANCELED);
    assert_int_equal(seen.count, 2);
    free(seen.payload);
    hearth_buf_finish(&buf);
}

static void malformed_heads_are_refused(void **state)
{
    (void)state;
    static const unsigned char heads[][12] = {
        {0xff, 0xff, 0xff, 0x7f, 5, 0, 0, 0, 0, 0, 0, 0}, /* too long */
        {0, 0, 8, 0, 5, 0, 0, 0, 0, 0, 0, 0},             /* too long without a memfd */
        {3, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0},             /* not padded */
        {0, 0, 0, 0, 5, 2, 0, 0, 0, 0, 0, 0},             /* unknown flag */
        {0, 0, 0, 0, 5, 0, 1, 0, 0, 0, 0, 0},             /* not zero */
        {0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 0, 0},             /* an empty memfd */
        {4, 0, 0, 0, 5, 1, 0, 0, 0, 0, 0, 0},             /* the memfd is missing */
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct seen seen = {0};
        assert_int_equal(read_all((const char *)heads[i], 12, 12, &seen), HEARTH_EPARSE);
        assert_int_equal(seen.count, 0);
    }
}

static void fields_that_lie_about_their_length_are_refused(void **state)
{
    (void)state;
    const char lie[] = {1, 0, 0, 0, 9, 0, 0, 0, 1, 2, 3, 4};
    struct hearth_ipc_frame frame = {.payload = lie, .length = sizeof(lie)};
    struct hearth_ipc_field field;
    size_t offset = 0;
    assert_int_equal(hearth_ipc_next(&frame, &offset, &field), HEARTH_EPARSE);
    frame.length = 4;
    assert_int_equal(hearth_ipc_next(&frame, &offset, &field), HEARTH_EPARSE);
}

static void hello_comes_back_as_it_was(void **state)
{
    (void)state;
    struct hearth_ipc_hello hello = {.version = HEARTH_IPC_VERSION,
                                     .engine = "fake",
                                     .model_path = "/m/x.txt",
                                     .plugin_dir = "/p",
                                     .context = 1,
                                     .slots = 2,
                                     .batch = 3,
                                     .threads = 4,
                                     .device = "cpu",
                                     .settings_json = "{\"a\":1}",
                                     .readable = "/a/poet.gguf\n/a/coder",
                                     .sandbox = HEARTH_SANDBOX_REQUIRE,
                                     .memory_limit = 1ull << 40,
                                     .memory_reach = 1ull << 41,
                                     .probe = true,
                                     .context_is_limit = true};
    struct hearth_ipc_hello got;
    struct hearth_buf buf;
    struct seen seen = {0};
    int descriptor;
    hearth_buf_init(&buf, 1 << 20);
    assert_int_equal(hearth_ipc_put_hello(&buf, &hello, &descriptor), 0);
    assert_int_equal(descriptor, -1);
    assert_int_equal(read_all(buf.bytes, buf.length, buf.length, &seen), 0);
    assert_int_equal(hearth_ipc_get_hello(&seen.last, &got, NULL), 0);
    assert_string_equal(got.settings_json, hello.settings_json);
    assert_string_equal(got.readable, hello.readable);
    hearth_ipc_hello_finish(&got);
    hello.settings_json = hello.readable = NULL;
    assert_memory_equal(&got, &hello, sizeof(got));
    free(seen.payload);
    hearth_buf_clear(&buf);
    hello.model_path[0] = 'm'; /* not absolute */
    seen = (struct seen){0};
    hearth_ipc_put_hello(&buf, &hello, &descriptor);
    read_all(buf.bytes, buf.length, buf.length, &seen);
    assert_int_equal(hearth_ipc_get_hello(&seen.last, &got, NULL), HEARTH_EPARSE);
    free(seen.payload);
    hearth_buf_finish(&buf);
}

static void a_request_comes_back_as_it_was(void **state)
{
    (void)state;
    const struct hearth_bytes stops[] = {{"stop", 4}, {"\n\n", 2}};
    const struct hearth_bytes breakers[] = {{"\n", 1}, {":", 1}, {"\"*", 2}};
    const struct hearth_logit_bias biases[] = {{5, -100.0f}, {6, 1.5f}};
    const struct hearth_sampling sampling = {.temperature = 0.5f,
                                             .top_p = 0.25f,
                                             .min_p = 0.125f,
                                             .dynamic_range = 0.375f,
                                             .dynamic_exponent = 1.25f,
                                             .typical_p = 0.75f,
                                             .top_n_sigma = 2.5f,
                                             .xtc_probability = 0.5f,
                                             .xtc_threshold = 0.0625f,
                                             .dry_multiplier = 0.875f,
                                             .dry_base = 1.75f,
                                             .dry_allowed_length = 3,
                                             .dry_penalty_last_n = -1,
                                             .repeat_penalty = 1.5f,
                                             .presence_penalty = -2,
                                             .frequency_penalty = 2,
                                             .top_k = 40,
                                             .repeat_last_n = -1,
                                             .seed = 0x123456789abcdefull,
                                             .max_tokens = 17,
                                             .top_logprobs = 20,
                                             .logprobs = true,
                                             .prompt_logprobs = true,
                                             .no_answer = true,
                                             .ignore_eos = true,
                                             .stops = stops,
                                             .stop_count = 2,
                                             .dry_breakers = breakers,
                                             .dry_breaker_count = 3,
                                             .grammar = {"root ::= \"a\"", 12},
                                             .biases = biases,
                                             .bias_count = 2};
    const struct hearth_adapter_scale scales[] = {{1, 0.5f}, {0, -2}};
    const struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                       .kind = HEARTH_INPUT_TEXT,
                                       .bytes = "hello",
                                       .length = 5,
                                       .adapters = {true, scales, 2},
                                       .pair = "p",
                                       .pair_length = 1,
                                       .truncate = HEARTH_TRUNCATE_START,
                                       .prompt_name = "query",
                                       .no_special_tokens = true,
                                       .keeps_turns = true,
                                       .off_disk = true,
                                       .sampling = &sampling};
    struct hearth_buf buf;
    struct seen seen = {0};
    struct hearth_ipc_request *request = NULL;
    int descriptor;
    hearth_buf_init(&buf, 1 << 20);
    assert_int_equal(hearth_ipc_put_request(&buf, 11, &input, 64, 2, "00-ab", &descriptor), 0);
    assert_int_equal(read_all(buf.bytes, buf.length, 5, &seen), 0);
    assert_int_equal(hearth_ipc_request_create(&seen.last, &request, NULL), 0);
    free(seen.payload);
    assert_int_equal(request->stream, 11);
    assert_int_equal(request->credit, 64);
    assert_int_equal(request->class_, 2);
    assert_string_equal(request->traceparent, "00-ab");
    assert_int_equal(request->input.task, input.task);
    assert_int_equal(request->input.length, 5);
    assert_memory_equal(request->input.bytes, "hello", 5);
    assert_memory_equal(request->input.pair, "p", 1);
    assert_int_equal(request->input.truncate, input.truncate);
    assert_string_equal(request->input.prompt_name, "query");
    assert_true(request->input.no_special_tokens);
    assert_true(request->input.keeps_turns);
    assert_true(request->input.off_disk);
    const struct hearth_sampling *got = request->input.sampling;
    /* Up to the padding before `stops`. */
    assert_memory_equal(got, &sampling, offsetof(struct hearth_sampling, ignore_eos) + 1);
    assert_int_equal(got->stop_count, 2);
    assert_memory_equal(got->stops[1].bytes, "\n\n", 2);
    assert_int_equal(got->dry_breaker_count, 3);
    assert_memory_equal(got->dry_breakers[2].bytes, "\"*", 2);
    assert_int_equal(got->grammar.length, 12);
    assert_memory_equal(got->grammar.bytes, "root ::= \"a\"", 12);
    assert_int_equal(got->bias_count, 2);
    assert_memory_equal(got->biases, biases, sizeof(biases));
    assert_true(request->input.adapters.given);
    assert_int_equal(request->input.adapters.count, 2);
    assert_memory_equal(request->input.adapters.scales, scales, sizeof(scales));
    hearth_ipc_request_destroy(request);
    hearth_buf_finish(&buf);
}

/* The base alone is another choice than none at all. */
static void no_adapters_and_nothing_said_of_them_stay_apart(void **state)
{
    (void)state;
    const struct hearth_sampling sampling = {.top_p = 1};
    for (int given = 0; given < 2; given++) {
        const struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                           .kind = HEARTH_INPUT_TEXT,
                                           .bytes = "hello",
                                           .length = 5,
                                           .sampling = &sampling,
                                           .adapters = {.given = given}};
        struct hearth_buf buf;
        struct seen seen = {0};
        struct hearth_ipc_request *request = NULL;
        int descriptor;
        hearth_buf_init(&buf, 1 << 20);
        assert_int_equal(hearth_ipc_put_request(&buf, 1, &input, 1, 0, NULL, &descriptor), 0);
        assert_int_equal(read_all(buf.bytes, buf.length, buf.length, &seen), 0);
        assert_int_equal(hearth_ipc_request_create(&seen.last, &request, NULL), 0);
        assert_int_equal(request->input.adapters.given, given);
        assert_int_equal(request->input.adapters.count, 0);
        hearth_ipc_request_destroy(request);
        free(seen.payload);
        hearth_buf_finish(&buf);
    }
}

static void a_large_payload_travels_as_a_sealed_memfd(void **state)
{
    (void)state;
    size_t count = HEARTH_IPC_INLINE_MAX; /* times four bytes */
    int32_t *tokens = calloc(count, sizeof(*tokens));
    tokens[count - 1] = 42;
    struct hearth_buf buf;
    struct seen seen = {0};
    hearth_buf_init(&buf, 32u << 20);
    assert_int_equal(hearth_ipc_put_tokens(&buf, 1, tokens, count, &taken), 0);
    assert_true(taken >= 0);
    assert_int_equal(buf.length, 12);
    int again = dup(taken);
    assert_int_equal(read_all(buf.bytes, buf.length, 3, &seen), 0);
    const int32_t *got;
    size_t got_count;
    assert_int_equal(hearth_ipc_get_tokens(&seen.last, &got, &got_count), 0);
    assert_int_equal(got_count, count);
    assert_int_equal(got[count - 1], 42);
    free(seen.payload);
    buf.bytes[0] ^= 4; /* another length than the memfd's */
    taken = again;
    seen = (struct seen){0};
    assert_int_equal(read_all(buf.bytes, buf.length, 12, &seen), HEARTH_EPARSE);
    taken = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    buf.bytes[0] ^= 4;
    assert_int_equal(ftruncate(taken, (off_t)count * 4 + 8), 0);
    assert_int_equal(read_all(buf.bytes, buf.length, 12, &seen), HEARTH_EPARSE);
    hearth_buf_finish(&buf);
    free(tokens);
}

static void a_payload_over_the_maximum_is_taken_back(void **state)
{
    (void)state;
    struct hearth_buf buf;
    int descriptor;
    hearth_buf_init(&buf, 64u << 20);
    hearth_ipc_put_empty(&buf, HEARTH_IPC_PING, 0);
    char *text = calloc(1, HEARTH_IPC_PAYLOAD_MAX);
    struct hearth_event event = {.kind = HEARTH_EVENT_BYTES,
                                 .bytes = {text, HEARTH_IPC_PAYLOAD_MAX}};
    assert_int_equal(hearth_ipc_put_event(&buf, 1, &event, NULL, &descriptor), HEARTH_ETOOLARGE);
    assert_int_equal(buf.length, 12);
    assert_int_equal(buf.failed, 0);
    free(text);
    hearth_buf_finish(&buf);
}

static void events_come_back_as_they_were(void **state)
{
    (void)state;
    const struct hearth_alternative others[] = {{1, -0.5f, {"a", 1}}, {2, -1, {"bc", 2}}};
    const struct hearth_token tokens[] = {{1, -0.5f, {"a", 1}, others, 2},
                                          {3, -2, {"", 0}, NULL, 0}};
    const float values[] = {1, 2, 3};
    const struct hearth_event events[] = {
        {.kind = HEARTH_EVENT_TEXT,
         .bytes = {"a", 1},
         .token_count = 2,
         .tokens = tokens,
         .has_tokens = true},
        {.kind = HEARTH_EVENT_VECTOR, .values = values, .value_count = 3},
        {.kind = HEARTH_EVENT_DONE,
         .finish = HEARTH_FINISH_LENGTH,
         .prompt_tokens = 5,
         .cached_tokens = 4,
         .drafted_tokens = 7,
         .accepted_tokens = 6,
         .completion_tokens = 2},
        {.kind = HEARTH_EVENT_ERROR, .error = HEARTH_EMODEL, .bytes = {"bad", 3}},
        {.kind = HEARTH_EVENT_PROMPT, .token_count = 2, .tokens = tokens, .has_tokens = true},
        {.kind = HEARTH_EVENT_PROGRESS, .token_count = 8, .prompt_tokens = 9, .cached_tokens = 7},
    };
    const struct hearth_ipc_times times = {1, 2, 3};
    struct hearth_ipc_event got;
    hearth_ipc_event_init(&got);
    for (size_t i = 0; i < 6; i++) {
        struct hearth_buf buf;
        struct seen seen = {0};
        int descriptor;
        hearth_buf_init(&buf, 1 << 20);
        assert_int_equal(hearth_ipc_put_event(&buf, 1, &events[i], &times, &descriptor), 0);
        assert_int_equal(read_all(buf.bytes, buf.length, 7, &seen), 0);
        assert_int_equal(hearth_ipc_get_event(&seen.last, &got, NULL), 0);
        assert_int_equal(got.event.kind, events[i].kind);
        if (i == 0 || i == 4) {
            assert_true(got.event.has_tokens);
            assert_int_equal(got.event.tokens[0].alternative_count, 2);
            assert_memory_equal(got.event.tokens[0].alternatives[1].text.bytes, "bc", 2);
            assert_int_equal(got.event.tokens[1].alternative_count, 0);
        } else if (i == 1) {
            assert_memory_equal(got.event.values, values, sizeof(values));
        } else if (i == 2) {
            assert_int_equal(got.event.finish, HEARTH_FINISH_LENGTH);
            assert_int_equal(got.event.cached_tokens, 4);
            assert_int_equal(got.event.drafted_tokens, 7);
            assert_int_equal(got.event.accepted_tokens, 6);
            assert_int_equal(got.times.decode_us, 3);
        } else if (i == 5) {
            assert_int_equal(got.event.token_count, 8);
            assert_int_equal(got.event.prompt_tokens, 9);
            assert_int_equal(got.event.cached_tokens, 7);
        } else {
            assert_int_equal(got.event.error, HEARTH_EMODEL);
            assert_string_equal(got.failure.message, "bad");
        }
        free(seen.payload);
        hearth_buf_finish(&buf);
    }
    hearth_ipc_event_finish(&got);
}

/* The parts of an answer, and the stop string that ended it. */
static void an_answer_with_parts_comes_back_as_it_was(void **state)
{
    (void)state;
    const struct hearth_event events[] = {
        {.kind = HEARTH_EVENT_TEXT, .bytes = {"hm", 2}, .channel = HEARTH_CHANNEL_REASONING},
        {.kind = HEARTH_EVENT_TEXT,
         .bytes = {"look_up", 7},
         .channel = HEARTH_CHANNEL_CALL,
         .call = 3,
         .call_id = {"abc123def", 9}},
        {.kind = HEARTH_EVENT_TEXT,
         .bytes = {"{", 1},
         .channel = HEARTH_CHANNEL_ARGUMENTS,
         .call = 3},
        {.kind = HEARTH_EVENT_DONE, .finish = HEARTH_FINISH_TOOLS, .stop = 2},
    };
    struct hearth_ipc_event got;
    hearth_ipc_event_init(&got);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        struct hearth_buf buf;
        struct seen seen = {0};
        int descriptor;
        hearth_buf_init(&buf, 1 << 20);
        assert_int_equal(hearth_ipc_put_event(&buf, 1, &events[i], NULL, &descriptor), 0);
        assert_int_equal(read_all(buf.bytes, buf.length, 7, &seen), 0);
        assert_int_equal(hearth_ipc_get_event(&seen.last, &got, NULL), 0);
        assert_int_equal(got.event.channel, events[i].channel);
        assert_int_equal(got.event.call, events[i].call);
        assert_int_equal(got.event.stop, events[i].stop);
        assert_int_equal(got.event.call_id.length, events[i].call_id.length);
        if (i == 1)
            assert_memory_equal(got.event.call_id.bytes, "abc123def", 9);
        free(seen.payload);
        hearth_buf_finish(&buf);
    }
    hearth_ipc_event_finish(&got);
}

static void started_carries_facts_and_plan(void **state)
{
    (void)state;
    struct hearth_ipc_started started = {
        .version = 1,
        .engine_version = "2",
        .sandbox = 3,
        .plan = {.weights = 1, .cache = 2, .scratch = 3, .process = 4}};
    started.facts = (struct hearth_model_facts){.architecture = "lla\"ma",
                                                .tasks = 3,
                                                .trained_context = 8192,
                                                .context = 4096,
                                                .slots = 64,
                                                .batch = 2048,
                                                .embedding_length = 576,
                                                .vocabulary_length = 49152,
                                                .layer_count = 30,
                                                .parameter_count = 134515008,
                                                .weight_bytes = 1ull << 35,
                                                .quantization = "Q4_1",
                                                .compute = "own, avx2",
                                                .cache_type = "f16, q8_0",
                                                .adapters_digest = "0123",
                                                .pooling = "mean",
                                                .normalized = true,
                                                .has_chat_template = true,
                                                .thinks = true,
                                                .prompts_json = "{\"query\":\"q: \"}",
                                                .default_prompt = "query"};
    started.fitting_context = 2048;
    started.fitting_slots = 3;
    struct hearth_ipc_started got;
    struct hearth_buf buf;
    struct seen seen = {0};
    hearth_buf_init(&buf, 1 << 20);
    assert_int_equal(hearth_ipc_put_started(&buf, &started), 0);
    assert_int_equal(read_all(buf.bytes, buf.length, 9, &seen), 0);
    assert_int_equal(hearth_ipc_get_started(&seen.last, &got, NULL), 0);
    assert_string_equal(got.facts.architecture, "lla\"ma");
    assert_string_equal(got.facts.prompts_json, started.facts.prompts_json);
    assert_string_equal(got.facts.default_prompt, "query");
    assert_string_equal(got.facts.compute, "own, avx2");
    assert_string_equal(got.facts.cache_type, "f16, q8_0");
    assert_string_equal(got.facts.adapters_digest, "0123");
    assert_int_equal(got.facts.weight_bytes, started.facts.weight_bytes);
    assert_int_equal(got.facts.slots, 64);
    assert_int_equal(got.facts.batch, 2048);
    assert_true(got.facts.normalized && got.facts.has_chat_template);
    assert_true(got.facts.thinks && !got.facts.fills_gaps);
    assert_memory_equal(&got.plan, &started.plan, sizeof(got.plan));
    assert_int_equal(got.fitting_context, 2048);
    assert_int_equal(got.fitting_slots, 3);
    free(seen.payload);
    hearth_buf_finish(&buf);
}

static void an_unknown_error_code_is_an_internal_error(void **state)
{
    (void)state;
    struct hearth_buf buf;
    struct seen seen = {0};
    struct hearth_error failure;
    hearth_buf_init(&buf, 1 << 20);
    assert_int_equal(hearth_ipc_put_failure(&buf, HEARTH_IPC_FAILED, 0, 0, "x"), 0);
    assert_int_equal(read_all(buf.bytes, buf.length, buf.length, &seen), 0);
    assert_int_equal(hearth_ipc_get_failure(&seen.last, &failure), 0);
    assert_int_equal(failure.code, HEARTH_EINTERNAL);
    free(seen.payload);
    hearth_buf_finish(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_back_whole_however_they_are_cut),
        cmocka_unit_test(a_callback_that_fails_stops_the_reading),
        cmocka_unit_test(malformed_heads_are_refused),
        cmocka_unit_test(fields_that_lie_about_their_length_are_refused),
        cmocka_unit_test(hello_comes_back_as_it_was),
        cmocka_unit_test(a_request_comes_back_as_it_was),
        cmocka_unit_test(no_adapters_and_nothing_said_of_them_stay_apart),
        cmocka_unit_test(a_large_payload_travels_as_a_sealed_memfd),
        cmocka_unit_test(a_payload_over_the_maximum_is_taken_back),
        cmocka_unit_test(events_come_back_as_they_were),
        cmocka_unit_test(an_answer_with_parts_comes_back_as_it_was),
        cmocka_unit_test(started_carries_facts_and_plan),
        cmocka_unit_test(an_unknown_error_code_is_an_internal_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
