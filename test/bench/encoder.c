/* The encoder plug-in without a gateway, for test/bench/embeddings.py:
 *
 *     bench_encoder PLUGINS MODEL PRECISION THREADS
 *
 * Reads lines "BATCH TEXTS VECTORS": embeds the texts of a file, one a line, BATCH at a time,
 * writes the vectors as f32 to another (or nowhere: "-"), and prints the seconds, tokenising
 * included. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "worker/plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS_MAX = 1 << 16, LINE_LENGTH_MAX = 1 << 16 };

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

static size_t read_lines(const char *path, char **lines)
{
    static char line[LINE_LENGTH_MAX];
    FILE *file = fopen(path, "re");
    size_t count = 0;
    while (file && count < TEXTS_MAX && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        lines[count++] = hearth_strdup(line);
    }
    if (file)
        fclose(file);
    return count;
}

static double embed(const struct hearth_engine_ops *ops, struct hearth_engine *engine, char **lines,
                    size_t count, size_t batch, struct run *run)
{
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
        check(ops->step(engine, items, size, &run->sink, &error), &error);
        for (size_t i = 0; i < size; i++)
            ops->discard(engine, prepared[i]);
    }
    return (double)(hearth_clock_monotonic_ns() - started) / 1e9;
}

static void serve(const struct hearth_engine_ops *ops, struct hearth_engine *engine)
{
    static char command[8192], *lines[TEXTS_MAX];
    while (fgets(command, sizeof(command), stdin)) {
        char *rest = command, *batch_text = strsep(&rest, " "), *texts = strsep(&rest, " "),
             *vectors = strsep(&rest, " \n");
        int64_t batch = 0;
        if (!vectors || hearth_parse_int(batch_text, 1, 1024, &batch))
            exit(2);
        size_t count = read_lines(texts, lines);
        struct run run = {.sink.emit = on_event,
                          .vectors = strcmp(vectors, "-") ? fopen(vectors, "we") : NULL};
        double seconds = embed(ops, engine, lines, count, (size_t)batch, &run);
        if (run.vectors)
            fclose(run.vectors);
        printf("%.6f\n", seconds);
        fflush(stdout);
        for (size_t i = 0; i < count; i++)
            hearth_free(lines[i]);
    }
}

int main(int argc, char **argv)
{
    const struct hearth_engine_ops *ops;
    struct hearth_error error = {0};
    struct hearth_engine *engine;
    struct hearth_model_facts facts;
    int64_t threads;
    if (argc != 5 || hearth_parse_int(argv[4], 0, 256, &threads))
        return 2;
    check(plugin_open(argv[1], "encoder", &ops, &error), &error);
    char *settings = hearth_format("{\"precision\":\"%s\"}", argv[3]);
    const struct hearth_model_files files = {.path = argv[2]};
    const struct hearth_load_params params = {
        .slots = 1024, .batch = 65536, .threads = (uint32_t)threads, .settings_json = settings};
    check(ops->load(&files, &params, NULL, &engine, &facts, &error), &error);
    puts("ready");
    fflush(stdout);
    serve(ops, engine);
    ops->unload(engine);
    hearth_free(settings);
    return 0;
}
