#include "jobs/quantizer.h"

#include "backend/model_cpus.h"
#include "backend/probe.h"
#include "backend/supervisor.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/small_file.h"
#include "config/model_settings.h"
#include "config/settings.h"
#include "domain/memory_plan.h"
#include "jobs/trainer_process.h"
#include "loop/loop.h"
#include "loop/process_usage.h"

#include <limits.h>
#include <string.h>
#include <sys/statvfs.h>

enum { TICK_MS = 200, DISK_FULL_BYTES = 16 << 20, SETTINGS_MAX = 4 << 20 };

/* One model at work, on a loop of its own that lives as long. */
struct quantizer {
    const struct hearth_quantizing *quantizing;
    struct hearth_loop *loop;
    struct hearth_trainer *trainer;
    struct hearth_timer *timer;
    struct hearth_quantized cost;
    double fraction;
    bool is_ending;
    struct hearth_error error;
};

static void on_event(void *argument, const json_t *event)
{
    struct quantizer *quantizer = argument;
    double fraction = hearth_json_number(event, "fraction", quantizer->fraction);
    if (fraction > quantizer->fraction && fraction <= 1)
        quantizer->fraction = fraction;
}

/* It has one file, of one name, and figures that can be, or something is wrong with the process. */
static bool take_result(struct quantizer *quantizer, const json_t *result)
{
    struct hearth_quantized *cost = &quantizer->cost;
    const json_t *files = json_object_get(result, "files");
    const char *name = json_string_value(json_array_get(files, 0));
    cost->source_perplexity = hearth_json_number(result, "source_perplexity", 0);
    cost->perplexity = hearth_json_number(result, "perplexity", 0);
    cost->tokens = hearth_json_integer(result, "perplexity_tokens", 0);
    return json_array_size(files) == 1 && name && strcmp(name, "model.gguf") == 0 &&
           cost->source_perplexity > 0 && cost->perplexity > 0 && cost->tokens > 0;
}

static void on_end(void *argument, const struct hearth_trainer_end *end)
{
    struct quantizer *quantizer = argument;
    if (quantizer->is_ending)
        ; /* the error is that of the tick */
    else if (!end->result)
        quantizer->error = end->error;
    else if (!take_result(quantizer, end->result))
        hearth_error_set(&quantizer->error, HEARTH_EPARSE, "the trainer has written no model");
    hearth_loop_stop(quantizer->loop);
}

static void on_tick(void *argument)
{
    struct quantizer *quantizer = argument;
    const struct hearth_quantizing *quantizing = quantizer->quantizing;
    if (quantizer->is_ending ||
        quantizing->on_tick(quantizing->argument, quantizer->fraction, &quantizer->error) == 0)
        return;
    quantizer->is_ending = true;
    hearth_trainer_kill(quantizer->trainer, &quantizer->error);
}

/* The library does not tell why a file cannot be written. */
static int explain(struct quantizer *quantizer, struct hearth_error *error)
{
    struct statvfs disk;
    bool is_fault_of_disk = !quantizer->is_ending &&
                            statvfs(quantizer->quantizing->folder, &disk) == 0 &&
                            (uint64_t)disk.f_bavail * disk.f_frsize < DISK_FULL_BYTES;
    if (is_fault_of_disk)
        return hearth_error_set(error, HEARTH_ENOSPACE,
                                "the disk is full; make room, then try again");
    *error = quantizer->error;
    return error->code;
}

static int work(const struct hearth_settings *settings, struct quantizer *quantizer,
                const json_t *order, struct hearth_error *error)
{
    static const struct hearth_trainer_events events = {.on_event = on_event, .on_end = on_end};
    const struct hearth_trainer_options options = {
        .loop = quantizer->loop,
        .settings = settings,
        .subject = quantizer->quantizing->subject,
        .order = order,
        .events = &events,
        .argument = quantizer,
    };
    int rc = hearth_trainer_start(&options, &quantizer->trainer, error);
    if (rc)
        return rc;
    hearth_timer_start(quantizer->timer, TICK_MS, TICK_MS);
    hearth_loop_run(quantizer->loop);
    hearth_timer_stop(quantizer->timer);
    hearth_trainer_destroy(quantizer->trainer);
    return quantizer->error.code ? explain(quantizer, error) : 0;
}

static int read_text(struct hearth_buf *text, struct hearth_error *error)
{
    char path[PATH_MAX];
    int rc = hearth_program_path("share/hearth/perplexity.txt", path, sizeof(path));
    return rc ? hearth_error_set(error, rc, "the text to measure on cannot be found")
              : hearth_small_file_read(path, text, error);
}

static int order_work(const struct hearth_settings *settings,
                      const struct hearth_quantizing *quantizing, const char *text,
                      struct hearth_quantized *ret_quantized, struct hearth_error *error)
{
    struct quantizer quantizer = {.quantizing = quantizing, .loop = hearth_loop_create()};
    json_t *order = json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:I, s:b, s:s}", "job",
                              "quantize", "work", "quantize", "base", "path", quantizing->path,
                              "name", quantizing->subject, "output", quantizing->folder, "type",
                              quantizing->type, "threads", (json_int_t)hearth_usable_cpus(),
                              "is_second", quantizing->is_second, "text", text);
    quantizer.timer = hearth_timer_create(quantizer.loop, on_tick, &quantizer);
    int rc = order ? work(settings, &quantizer, order, error)
                   : hearth_error_set(error, HEARTH_EINVAL, "the text to measure on is no UTF-8");
    *ret_quantized = quantizer.cost;
    hearth_sha256_of(text, strlen(text), ret_quantized->text_sha256);
    hearth_timer_destroy(quantizer.timer);
    json_decref(order);
    hearth_loop_destroy(quantizer.loop);
    return rc;
}

static int quantize(void *argument, const struct hearth_quantizing *quantizing,
                    struct hearth_quantized *ret_quantized, struct hearth_error *error)
{
    struct hearth_buf text;
    hearth_buf_init(&text, HEARTH_PERPLEXITY_TEXT_MAX);
    int rc = quantizing->text ? 0 : read_text(&text, error);
    if (!rc)
        rc = order_work(argument, quantizing,
                        quantizing->text ? quantizing->text : hearth_buf_cstr(&text), ret_quantized,
                        error);
    hearth_buf_finish(&text);
    return rc;
}

static int look(void *argument, const char *path, const char *settings_json,
                struct hearth_quantization_room *ret_room, struct hearth_error *error)
{
    const struct hearth_settings *settings = argument;
    const struct hearth_probe_options options = {
        .engines_path = settings->engines,
        .sandbox = hearth_sandbox_mode_parse(settings->sandbox),
        .timeout_ms = settings->load_timeout,
    };
    struct hearth_arena *arena = hearth_arena_create(SETTINGS_MAX);
    struct hearth_model_settings model;
    struct hearth_memory_plan plan = {0};
    int rc = hearth_model_settings_read(settings_json, settings, arena, &model, error);
    if (!rc) {
        /* As much as memory allows would always be as much as there is. */
        const struct hearth_probe_load load = {
            .path = path,
            .context = model.context == HEARTH_CONTEXT_AUTO ? 0 : (uint32_t)model.context,
            .context_is_limit = model.context_is_servers,
            .slots = (uint32_t)model.slots,
            .batch = (uint32_t)model.batch,
            .settings_json = model.engine_json,
        };
        rc = hearth_probe_plan(&options, &load, &plan, error);
    }
    hearth_arena_destroy(arena);
    const struct hearth_memory_room room = {.available.host = hearth_memory_available(),
                                            .headroom = settings->memory_headroom,
                                            .limit = settings->memory_limit};
    ret_room->rest = plan.cache + plan.scratch + plan.process;
    ret_room->most = hearth_memory_most(&room).host;
    return rc;
}

struct hearth_registry_quantizer hearth_quantizer(const struct hearth_settings *settings)
{
    return (struct hearth_registry_quantizer){
        .run = quantize,
        .look = look,
        .argument = (void *)settings,
        .llama_cpp = HEARTH_LLAMA_CPP,
    };
}
