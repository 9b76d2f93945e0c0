/* The encoder plug-in without a gateway, for test/bench/embeddings.py:
 *
 *     bench_encoder PLUGINS MODEL PRECISION THREADS [INSTRUCTION_SET]
 */
#include "bench/embedding_child.h"

#include "worker/plugin.h"

static const struct hearth_engine_ops *ops;

struct run {
    struct hearth_event_sink sink;
    FILE *vectors; /* or NULL */
};

static void on_event(struct hearth_event_sink *sink, const struct hearth_event *event)
{
    struct run *run = (struct run *)sink;
    if (event->kind == HEARTH_EVENT_VECTOR && run->vectors)
        fwrite(event->values, sizeof(float), event->value_count, run->vectors);
}

static void check(int rc, const struct hearth_error *error)
{
    if (rc) {
        fprintf(stderr, "%s\n", error->message);
        exit(1);
    }
}

static double embed(void *engine_void, char **lines, size_t count, size_t batch, FILE *vectors)
{
    struct hearth_engine *engine = engine_void;
    struct run run = {.sink.emit = on_event, .vectors = vectors};
    struct hearth_error error = {0};
    uint64_t started = hearth_clock_monotonic_ns();
    for (size_t first = 0; first < count; first += batch) {
        struct hearth_prepared *prepared[1024];
        struct hearth_step_item items[1024];
        size_t size = count - first < batch ? count - first : batch;
        for (size_t i = 0; i < size; i++) {
            const char *text = lines[first + i];
            struct hearth_input input = {.task = HEARTH_TASK_EMBED,
                                         .kind = HEARTH_INPUT_TEXT,
                                         .bytes = text,
                                         .length = strlen(text),
                                         .truncate = HEARTH_TRUNCATE_END};
            check(ops->prepare(engine, &input, &prepared[i], &error), &error);
            items[i] = (struct hearth_step_item){.sequence = (uint32_t)i,
                                                 .begin = prepared[i],
                                                 .token_count = prepared[i]->token_count};
        }
        check(ops->step(engine, items, size, &run.sink, &error), &error);
        for (size_t i = 0; i < size; i++)
            ops->discard(engine, prepared[i]);
    }
    return (double)(hearth_clock_monotonic_ns() - started) / 1e9;
}

int main(int argc, char **argv)
{
    struct hearth_error error = {0};
    struct hearth_engine *engine;
    struct hearth_model_facts facts;
    int64_t threads;
    if (argc < 5 || argc > 6 || hearth_parse_int(argv[4], 0, 256, &threads))
        return 2;
    check(plugin_open(argv[1], "encoder", &ops, &error), &error);
    char *settings = hearth_format("{\"precision\":\"%s\",\"instruction_set\":\"%s\"}", argv[3],
                                   argc > 5 ? argv[5] : "best");
    const struct hearth_model_files files = {.path = argv[2]};
    const struct hearth_load_params params = {
        .slots = 1024, .batch = 65536, .threads = (uint32_t)threads, .settings_json = settings};
    check(ops->load(&files, &params, NULL, &engine, &facts, &error), &error);
    serve_embeddings(embed, engine);
    ops->unload(engine);
    hearth_free(settings);
    return 0;
}
