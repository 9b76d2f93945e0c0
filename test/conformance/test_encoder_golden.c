/* The encoder plug-in against what transformers computed for a small random model of each
 * architecture (test/golden/make_encoders.py). */
#include "base/json.h"
#include "base/memory.h"
#include "support/encoder_plugin.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SEQUENCES_MAX = 120, COPIES = 12, BATCH = 4096, WIDTH_MAX = 64 };

#define GOLDEN HEARTH_SOURCE_DIR "/test/golden/encoder/"

struct collected {
    struct hearth_event_sink sink;
    float vectors[SEQUENCES_MAX][WIDTH_MAX];
    uint32_t widths[SEQUENCES_MAX], done;
};

static void collect(struct hearth_event_sink *sink, const struct hearth_event *event)
{
    struct collected *collected = (struct collected *)sink;
    if (event->kind == HEARTH_EVENT_VECTOR) {
        assert_true(event->value_count <= WIDTH_MAX);
        memcpy(collected->vectors[event->sequence], event->values,
               event->value_count * sizeof(float));
        collected->widths[event->sequence] = event->value_count;
    } else if (event->kind == HEARTH_EVENT_DONE) {
        collected->done++;
    }
}

static json_t *read_json(const char *path)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof(text), file);
    fclose(file);
    json_t *value = hearth_json_parse(text, length, NULL);
    assert_non_null(value);
    return value;
}

static struct hearth_engine *load(const char *name, const char *settings,
                                  struct hearth_model_facts *facts)
{
    char path[512];
    struct hearth_error error = {0};
    struct hearth_engine *engine = NULL;
    snprintf(path, sizeof(path), GOLDEN "%s", name);
    const struct hearth_model_files files = {.path = path};
    const struct hearth_load_params params = {
        .threads = 2, .slots = SEQUENCES_MAX, .batch = BATCH, .settings_json = settings};
    struct hearth_memory_plan plan;
    assert_int_equal(ops->plan_memory(&files, &params, &plan, &error), 0);
    assert_true(plan.weights > 0 && plan.scratch > 0);
    if (ops->load(&files, &params, NULL, &engine, facts, &error))
        fail_msg("%s: %s", name, error.message);
    return engine;
}

/* All inputs, `copies` times over, in one step, or each in its own. */
static void run(struct hearth_engine *engine, const struct hearth_model_facts *facts,
                const json_t *cases, size_t copies, bool together, struct collected *collected)
{
    struct hearth_prepared *prepared[SEQUENCES_MAX];
    struct hearth_step_item items[SEQUENCES_MAX];
    size_t case_count = json_array_size(cases), count = case_count * copies;
    struct hearth_error error = {0};
    assert_true(count <= SEQUENCES_MAX);
    for (size_t i = 0; i < count; i++) {
        int32_t ids[128];
        const json_t *list = json_object_get(json_array_get(cases, i % case_count), "ids");
        for (size_t k = 0; k < json_array_size(list); k++)
            ids[k] = (int32_t)json_integer_value(json_array_get(list, k));
        const struct hearth_input input = {
            .task = facts->tasks & HEARTH_TASK_SCORE ? HEARTH_TASK_SCORE : HEARTH_TASK_EMBED,
            .kind = HEARTH_INPUT_TOKENS,
            .tokens = ids,
            .token_count = json_array_size(list),
            .no_special_tokens = true}; /* they are any ids */
        if (ops->prepare(engine, &input, &prepared[i], &error))
            fail_msg("%s", error.message);
        items[i] = (struct hearth_step_item){
            .sequence = (uint32_t)i, .begin = prepared[i], .token_count = prepared[i]->token_count};
    }
    if (together)
        assert_int_equal(ops->step(engine, items, count, &collected->sink, &error), 0);
    for (size_t i = 0; i < count && !together; i++)
        assert_int_equal(ops->step(engine, &items[i], 1, &collected->sink, &error), 0);
    assert_int_equal(collected->done, count);
    for (size_t i = 0; i < count; i++)
        ops->discard(engine, prepared[i]);
}

static double cosine_to(const float *vector, const json_t *expected, double *ret_scale)
{
    double dot = 0, a = 0, b = 0;
    for (size_t i = 0; i < json_array_size(expected); i++) {
        double x = vector[i], y = json_number_value(json_array_get(expected, i));
        dot += x * y;
        a += x * x;
        b += y * y;
    }
    *ret_scale = sqrt(a / b);
    return dot / sqrt(a * b);
}

/* One logit has no direction: it is compared as a number. */
static void compare(const char *name, const json_t *cases, const struct collected *collected,
                    double worst)
{
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *expected = json_object_get(json_array_get(cases, i), "output");
        double scale, cosine = cosine_to(collected->vectors[i], expected, &scale);
        assert_int_equal(collected->widths[i], json_array_size(expected));
        if (cosine < worst || (strstr(name, "classifier") && fabs(scale - 1) > 20 * (1 - worst)))
            fail_msg("%s, case %zu: cosine %.8f, scale %.6f", name, i, cosine, scale);
    }
}

static const char *const names[] = {
    "bert",
    "bert-tanh",
    "xlm-roberta",
    "distilbert",
    "mpnet",
    "nomic",
    "modernbert",
    "bert-classifier",
    "xlm-roberta-classifier",
    "modernbert-classifier",
};

static void every_architecture_gives_what_transformers_gives(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[512];
        struct hearth_model_facts facts;
        snprintf(path, sizeof(path), GOLDEN "%s/expected.json", names[i]);
        json_t *cases = read_json(path);
        struct hearth_engine *engine = load(names[i], NULL, &facts);
        struct collected collected = {.sink.emit = collect};
        run(engine, &facts, cases, 1, true, &collected);
        compare(names[i], cases, &collected, 0.99999);
        ops->unload(engine);
        json_decref(cases);
    }
}

static void has_the_same_vectors(const char *name, const char *settings)
{
    static struct collected together, crowded, alone;
    char path[512];
    struct hearth_model_facts facts;
    snprintf(path, sizeof(path), GOLDEN "%s/expected.json", name);
    json_t *cases = read_json(path);
    struct hearth_engine *engine = load(name, settings, &facts);
    together = crowded = alone = (struct collected){.sink.emit = collect};
    run(engine, &facts, cases, 1, false, &alone);
    run(engine, &facts, cases, 1, true, &together);
    run(engine, &facts, cases, COPIES, true, &crowded); /* cut, a part for each thread */
    for (size_t c = 0; c < json_array_size(cases); c++) {
        size_t bytes = alone.widths[c] * sizeof(float);
        assert_memory_equal(together.vectors[c], alone.vectors[c], bytes);
        for (size_t copy = 0; copy < COPIES; copy++)
            assert_memory_equal(crowded.vectors[copy * json_array_size(cases) + c],
                                alone.vectors[c], bytes);
    }
    ops->unload(engine);
    json_decref(cases);
}

static void a_vector_does_not_depend_on_what_else_is_in_the_batch(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        has_the_same_vectors(names[i], NULL);
        has_the_same_vectors(names[i], "{\"precision\":\"int8\"}");
    }
}

static void lower_precisions_stay_near(void **state)
{
    (void)state;
    /* A wider CPU would never take AVX2's ways by itself. Random weights magnify what fewer bits
     * lose: one text of nomic falls to 0.978 there. */
    static const struct {
        const char *settings;
        double worst, worst_nomic;
    } precisions[] = {
        {"{\"precision\":\"int16\"}", 0.9995, 0.9995},
        {"{\"precision\":\"int8\"}", 0.98, 0.97},
        {"{\"precision\":\"int16\",\"instruction_set\":\"avx2\"}", 0.9995, 0.9995},
        {"{\"precision\":\"int8\",\"instruction_set\":\"avx2\"}", 0.98, 0.97},
    };
    size_t count = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 4 : 2;
    for (size_t p = 0; p < count; p++)
        for (size_t i = 0; i < 7; i++) {
            char path[512];
            struct hearth_model_facts facts;
            snprintf(path, sizeof(path), GOLDEN "%s/expected.json", names[i]);
            json_t *cases = read_json(path);
            struct hearth_engine *engine = load(names[i], precisions[p].settings, &facts);
            struct collected collected = {.sink.emit = collect};
            run(engine, &facts, cases, 1, true, &collected);
            compare(names[i], cases, &collected,
                    strcmp(names[i], "nomic") ? precisions[p].worst : precisions[p].worst_nomic);
            ops->unload(engine);
            json_decref(cases);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_architecture_gives_what_transformers_gives),
        cmocka_unit_test(a_vector_does_not_depend_on_what_else_is_in_the_batch),
        cmocka_unit_test(lower_precisions_stay_near),
    };
    return cmocka_run_group_tests(tests, open_plugin, NULL);
}
