#include "jobs/quantizer.h"

#include "backend/model_cpus.h"
#include "base/error.h"
#include "base/memory.h"
#include "config/settings.h"
#include "jobs/trainer_process.h"
#include "loop/loop.h"

#include <string.h>
#include <sys/statvfs.h>

enum { TICK_MS = 200, DISK_FULL_BYTES = 16 << 20 };

/* One model at work, on a loop of its own that lives as long. */
struct quantizer {
    const struct hearth_quantizing *quantizing;
    struct hearth_loop *loop;
    struct hearth_trainer *trainer;
    struct hearth_timer *timer;
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

/* It has one file, of one name, or something is wrong with the process. */
static void on_end(void *argument, const struct hearth_trainer_end *end)
{
    struct quantizer *quantizer = argument;
    const json_t *files = json_object_get(end->result, "files");
    const char *name = json_string_value(json_array_get(files, 0));
    if (quantizer->is_ending)
        ; /* the error is that of the tick */
    else if (!end->result)
        quantizer->error = end->error;
    else if (json_array_size(files) != 1 || !name || strcmp(name, "model.gguf") != 0)
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

static int quantize(void *argument, const struct hearth_quantizing *quantizing,
                    struct hearth_error *error)
{
    struct quantizer quantizer = {.quantizing = quantizing, .loop = hearth_loop_create()};
    json_t *order =
        json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:I, s:b}", "job", "quantize", "work",
                  "quantize", "base", "path", quantizing->path, "name", quantizing->subject,
                  "output", quantizing->folder, "type", quantizing->type, "threads",
                  (json_int_t)hearth_usable_cpus(), "is_second", quantizing->is_second);
    quantizer.timer = hearth_timer_create(quantizer.loop, on_tick, &quantizer);
    int rc = work(argument, &quantizer, order, error);
    hearth_timer_destroy(quantizer.timer);
    json_decref(order);
    hearth_loop_destroy(quantizer.loop);
    return rc;
}

struct hearth_registry_quantizer hearth_quantizer(const struct hearth_settings *settings)
{
    return (struct hearth_registry_quantizer){
        .run = quantize,
        .argument = (void *)settings,
        .llama_cpp = HEARTH_LLAMA_CPP,
    };
}
