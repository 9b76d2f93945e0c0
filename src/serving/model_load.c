#include "serving/model_load_private.h"

#include "backend/backend_host.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "domain/memory_plan.h"
#include "loop/loop.h"
#include "serving/draft_model.h"
#include "serving/locate.h"
#include "serving/machine_look.h"

/* Between two looks whether there is room now: a busy model may have become idle. */
enum { LOOK_AGAIN_MS = 100, LOOK_FOR_HOST_MS = 20, ARENA_MAX = 4 << 20 };

static uint64_t now_ms(const struct hearth_model_load *load)
{
    return hearth_loop_now_ms(load->identity->loop);
}

static void leave_gate(struct hearth_model_load *load)
{
    hearth_load_gate_leave(load->place->gate, &load->pass);
}

static void seek_no_room(struct hearth_model_load *load)
{
    load->seeks_room = false;
    hearth_load_gate_claim(&load->pass, (struct hearth_memory){0});
}

/* The gate first: whoever waits there is not held up by what the owner does about this failure. */
static void fail(struct hearth_model_load *load, const struct hearth_error *error)
{
    seek_no_room(load);
    leave_gate(load);
    load->ops->on_failed(load->argument, error);
}

/* Room */

/* What one reads who is refused: the sum, and what would fit, with all gone that could go. */
static void tell_room(struct hearth_model_load *load, struct hearth_error *error)
{
    const struct hearth_memory_room room =
        hearth_memory_without(&load->room, load->ops->room_of_others(load->argument));
    hearth_memory_check(hearth_model_process_plan(load->process), &room, error);
    hearth_model_process_suggest(load->process, error);
    hearth_error_prefix(error, "model '%s' does not fit into memory", load->identity->entry->id);
}

/* Does it fit into what is free? When it does not, others may go for it; then `seeks_room` is
 * set. The plan is an upper bound, and what is free was measured when it had its turn. When
 * others are asked to go, what they free is not counted as free before they have ended. */
static bool check_room(struct hearth_model_load *load, struct hearth_error *error)
{
    load->seeks_room = false;
    if (hearth_memory_check(hearth_model_process_plan(load->process), &load->room, error) == 0)
        return true;
    struct hearth_memory lacking =
        hearth_memory_less(hearth_load_planned(load), hearth_memory_most(&load->room));
    struct hearth_room_answer answer =
        load->ops->make_room(load->argument, lacking, now_ms(load) - load->wanted_ms);
    load->seeks_room = answer.hope;
    if (!answer.hope)
        tell_room(load, error);
    hearth_load_gate_claim(&load->pass,
                           answer.comes ? hearth_load_planned(load) : (struct hearth_memory){0});
    return false;
}

static void wait_for_room(struct hearth_model_load *load)
{
    leave_gate(load);
    hearth_timer_start(load->again, LOOK_AGAIN_MS, 0);
}

static void wait_for_host(struct hearth_model_load *load)
{
    leave_gate(load);
    load->seeks_host = true;
    hearth_timer_start(load->again, LOOK_FOR_HOST_MS, 0);
}

static enum hearth_host_answer find_host(struct hearth_model_load *load, bool asks_anew,
                                         struct hearth_host **ret_host)
{
    const struct hearth_load_files *files = &load->files;
    if (files->adapter)
        return load->ops->find_host(load->argument, files->base, asks_anew, ret_host);
    return load->ops->find_twin(load->argument, files, ret_host);
}

/* Not within the gate, for its base or its twin may have to pass there. */
static void seek_host(struct hearth_model_load *load)
{
    struct hearth_host *host = NULL;
    enum hearth_host_answer answer = HEARTH_HOST_NONE;
    if (load->wants_host)
        answer = find_host(load, !load->asked, &host);
    load->asked = true;
    load->wants_host = answer != HEARTH_HOST_NONE;
    load->seeks_host = false;
    if (answer == HEARTH_HOST_COMES)
        wait_for_host(load);
    else
        hearth_load_gate_enter(load->place->gate, &load->pass);
}

static void begin_again(void *argument)
{
    struct hearth_model_load *load = argument;
    if (load->seeks_host)
        seek_host(load);
    else
        hearth_load_gate_enter(load->place->gate, &load->pass);
}

/* What the process says */

static void on_planned(void *argument)
{
    struct hearth_model_load *load = argument;
    struct hearth_error error;
    if (!check_room(load, &error)) {
        load->error = error;
        hearth_model_process_kill(load->process);
        return;
    }
    hearth_load_gate_promise(&load->pass, hearth_load_planned(load), true);
    load->ops->on_loading(load->argument);
    leave_gate(load);
}

static void on_progress(void *argument, float fraction)
{
    struct hearth_model_load *load = argument;
    load->fraction = fraction;
    load->ops->on_progress(load->argument, fraction);
}

static void on_ready(void *argument)
{
    struct hearth_model_load *load = argument;
    const struct hearth_fingerprint_parts parts = {
        .files = load->files.digest,
        .engine = load->files.engine,
        .engine_json = load->engine_json,
        .facts = hearth_model_process_facts(load->process),
    };
    hearth_fingerprint_make(&parts, load->fingerprint);
    load->ready = true;
    load->fraction = 1;
    load->ready_ms = now_ms(load);
    load->took_ms = load->ready_ms - load->wanted_ms;
    hearth_load_gate_promise(&load->pass, hearth_load_planned(load), false);
    load->ops->on_ready(load->argument);
}

static void on_failed(void *argument, const struct hearth_error *error)
{
    struct hearth_model_load *load = argument;
    if (load->error.code)
        return;
    load->error = *error;
    hearth_load_files_blame(&load->files, load->identity->entry, &load->error);
}

/* Three ways on: it made place for itself and tries again, it said that it cannot be loaded, or its
 * end was no plan of this load. In the first case it is in no hurry: others have to end first. */
static void on_end(void *argument, const struct hearth_error *error)
{
    struct hearth_model_load *load = argument;
    struct hearth_error failure = load->error;
    load->error.code = 0;
    hearth_load_gate_promise(&load->pass, (struct hearth_memory){0}, false);
    hearth_identity_load_ended(load->identity);
    if (load->seeks_room) {
        wait_for_room(load);
    } else if (failure.code && !load->ready) {
        fail(load, &failure);
    } else {
        seek_no_room(load);
        leave_gate(load);
        load->ops->on_ended(load->argument, error);
    }
}

static const struct hearth_process_ops process_ops = {
    .on_planned = on_planned,
    .on_progress = on_progress,
    .on_ready = on_ready,
    .on_failed = on_failed,
    .on_end = on_end,
};

/* The way to it */

/* The worker is told the most that it may plan for, so that it can say no by itself before it has
 * read the weights. */
static void start(struct hearth_model_load *load, const struct hearth_machine *machine)
{
    struct hearth_model_settings settings = load->identity->settings;
    load->host = NULL;
    /* Asked again: it may have ended while this waited for its turn. */
    if (load->wants_host && find_host(load, false, &load->host) != HEARTH_HOST_THERE) {
        load->host = NULL;
        wait_for_host(load);
        return;
    }
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    if (load->files.adapter)
        hearth_model_settings_adapt(&settings, load->files.adapter, arena);
    if (load->files.draft)
        hearth_model_settings_draft(&settings, load->files.draft, arena);
    const struct hearth_memory_room reach =
        hearth_memory_without(&load->room, load->ops->room_of_others(load->argument));
    const struct hearth_process_start how = {
        .settings_json = settings.engine_json,
        .readable = settings.readable,
        .engine = load->files.engine,
        .engines_path = load->place->engines->path,
        .model_path = load->files.path,
        .worker_path = load->place->worker_path,
        .machine = machine,
        .memory_limit = hearth_memory_most(&load->room).host,
        .memory_reach = hearth_memory_most(&reach).host,
        .backend = load->place->backend,
        .host = load->host,
        .adapter = load->files.adapter,
        .files_digest = load->files.digest,
        .prefixes_path = load->place->prefixes_path,
    };
    struct hearth_error error;
    if (hearth_model_process_start(load->process, &how, &error) < 0)
        fail(load, &error);
    hearth_arena_destroy(arena);
}

/* Its turn goes on: only now is known what is free, with all that was promised to those who passed
 * the gate before. */
static void on_looked(void *argument, const struct hearth_machine *machine)
{
    struct hearth_model_load *load = argument;
    const struct hearth_settings *server = load->identity->server;
    struct hearth_error error = machine->error;
    load->looking = NULL;
    if (error.code) {
        fail(load, &error);
        return;
    }
    hearth_load_gate_room(load->place->gate, &load->pass, machine->available,
                          server->memory_headroom, server->memory_limit, &load->room);
    /* One that seeks room has planned before: no process has to say again what it needs. */
    if (!load->seeks_room || check_room(load, &error))
        start(load, machine);
    else if (load->seeks_room)
        wait_for_room(load);
    else
        fail(load, &error);
}

/* Within the gate. The settings may have changed since its files were located: what is started is
 * what they say now. */
static void on_turn(void *argument)
{
    struct hearth_model_load *load = argument;
    const struct hearth_model_settings *settings = &load->identity->settings;
    hearth_identity_renew_maker(load->identity);
    hearth_free(load->engine_json);
    load->engine_json = settings->engine_json ? hearth_strdup(settings->engine_json) : NULL;
    load->ready = false;
    load->looking =
        hearth_machine_look(load->identity->loop, load->place->short_lane, settings->affinity,
                            (uint32_t)settings->replicas, on_looked, load);
}

static void on_draft_found(void *argument, const struct hearth_draft_model *model)
{
    struct hearth_model_load *load = argument;
    load->draft_search = NULL;
    if (!model->path) {
        fail(load, &model->error);
        return;
    }
    hearth_load_files_draft(&load->files, model->path, model->id);
    seek_host(load);
}

/* The files are found and are what they should be. From here on it may be refused only for the
 * machine or by the engine itself. */
static void on_located(void *argument, const struct hearth_location *location)
{
    struct hearth_model_load *load = argument;
    struct hearth_error error;
    load->locating = NULL;
    if (hearth_load_files_take(&load->files, location, load->identity->entry, load->place->engines,
                               &error) < 0) {
        fail(load, &error);
        return;
    }
    load->wants_host = !load->files.adapter || load->files.adapter_is_file;
    load->asked = false;
    const struct hearth_draft_place place = {.loop = load->identity->loop,
                                             .catalog = load->place->catalog,
                                             .registry = load->place->registry,
                                             .lane = load->place->files_lane,
                                             .lock_path = load->place->lock_path};
    load->draft_search = hearth_draft_search(&place, load->identity->settings.engine_json,
                                             load->identity->entry->id, on_draft_found, load);
    if (!load->draft_search)
        seek_host(load);
}

void hearth_load_begin(struct hearth_model_load *load)
{
    const struct hearth_load_place *place = load->place;
    hearth_identity_renew_maker(load->identity);
    load->error.code = 0;
    load->seeks_room = load->ready = false;
    load->wanted_ms = now_ms(load);
    hearth_load_gate_begin(place->gate, &load->pass);
    load->fraction = 0;
    hearth_model_process_clear_counters(load->process);
    /* Blobs never change under their names, so that reading gigabytes once is enough. */
    bool verify = load->identity->server->locked && !load->files.verified;
    load->locating =
        hearth_locate(load->identity->loop, place->files_lane, place->registry,
                      load->identity->entry, verify, place->lock_path, on_located, load);
}

void hearth_load_open(struct hearth_model_load *load, bool on_trial)
{
    hearth_model_process_open(load->process, on_trial);
}

/* Its end */

/* What works for it elsewhere comes back to nobody. */
static void cancel_work(struct hearth_model_load *load)
{
    hearth_locate_cancel(load->locating);
    hearth_draft_search_cancel(load->draft_search);
    hearth_machine_look_cancel(load->looking);
    hearth_timer_stop(load->again);
    load->locating = NULL;
    load->draft_search = NULL;
    load->looking = NULL;
    load->seeks_host = false;
    seek_no_room(load);
}

/* The error is cleared, so that the end of the process, which is wanted now, is not taken for a
 * failure. */
bool hearth_load_abort(struct hearth_model_load *load)
{
    bool runs = hearth_model_process_runs(load->process);
    cancel_work(load);
    load->error.code = 0;
    leave_gate(load);
    if (runs)
        hearth_model_process_kill(load->process);
    return runs;
}

/* Without a process the owner hears it at once; with one, when that has ended, because a new try
 * must not begin beside an old process. */
void hearth_load_give_up(struct hearth_model_load *load, const struct hearth_error *error)
{
    cancel_work(load);
    if (hearth_model_process_runs(load->process)) {
        load->error = *error;
        hearth_model_process_kill(load->process);
    } else {
        fail(load, error);
    }
}

void hearth_load_stop(struct hearth_model_load *load, bool force)
{
    if (force)
        hearth_model_process_kill(load->process);
    else
        hearth_model_process_stop(load->process);
}

void hearth_load_condemn(struct hearth_model_load *load, const struct hearth_error *error)
{
    hearth_model_process_condemn(load->process, error);
}

void hearth_load_forget_files(struct hearth_model_load *load)
{
    load->files.verified = false;
}

struct hearth_model_load *hearth_load_create(struct hearth_model_identity *identity,
                                             const struct hearth_load_place *place,
                                             struct hearth_model_dispatch *dispatch,
                                             const struct hearth_load_ops *ops, void *argument)
{
    struct hearth_model_load *load = hearth_calloc(1, sizeof(*load));
    load->identity = identity;
    load->place = place;
    load->ops = ops;
    load->argument = argument;
    load->process = hearth_model_process_create(identity, dispatch, &process_ops, load);
    load->again = hearth_timer_create(identity->loop, begin_again, load);
    load->pass = (struct hearth_load_pass){.on_turn = on_turn, .argument = load};
    hearth_load_gate_add(place->gate, &load->pass);
    return load;
}

void hearth_load_destroy(struct hearth_model_load *load)
{
    cancel_work(load);
    hearth_model_process_destroy(load->process);
    hearth_load_gate_remove(load->place->gate, &load->pass);
    hearth_timer_destroy(load->again);
    hearth_load_files_finish(&load->files);
    hearth_free(load->engine_json);
    hearth_free(load);
}
