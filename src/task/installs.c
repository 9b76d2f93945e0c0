/* Installs on a lane: started from the loop, progress gathered from the threads that fetch, told
 * when they have ended. */
#include "task/installs.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "config/settings.h"
#include "gateway/gateway_state.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "registry/install.h"
#include "source/source.h"
#include "track/track.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* Two at a time keep the line busy while one of them verifies. A source with more files than
 * FILES_MAX is installed all the same, only its progress leaves the others out. */
enum { THREADS = 2, QUEUE_MAX = 64, FILES_MAX = 256 };

/* One file's share of the progress; files are told apart by their place in the source's list. */
struct file_progress {
    const struct hearth_source_file *file; /* only compared: it goes before the install is told */
    int64_t done, size;
    char sha256[HEARTH_SHA256_HEX];
};

/* Its texts are copies; `progress` is what hearth_install calls back, on its threads. */
struct install {
    struct hearth_fetch_progress progress; /* first, so that its callbacks find us */
    struct install *next;
    struct hearth_installs *installs;
    struct hearth_install_request request;
    void (*on_done)(void *argument, const struct hearth_error *error, int64_t model_id,
                    int64_t number);
    void *argument;
    int64_t model_id, number;
    int rc;
    struct hearth_error error;
    bool made_model;
    bool has_ended;               /* loop thread; what is left is to tell */
    _Atomic bool canceled, begun; /* by itself; see run */
    pthread_mutex_t lock;         /* guards the members below, which fetching threads write */
    struct file_progress files[FILES_MAX];
    size_t file_count;
    int64_t bytes_done, bytes_total; /* total -1: not known */
};

/* Who waits for the end of installs that were canceled. */
struct stop {
    struct stop *next;
    char *name; /* or NULL */
    int64_t model_id, number;
    void (*on_stopped)(void *argument);
    void *argument;
};

/* `first` lists what has not been told yet, running or waiting. */
struct hearth_installs {
    struct hearth_gateway *gateway;
    struct hearth_lane *lane;
    struct install *first;
    struct stop *stops;
    _Atomic bool canceled;
};

struct hearth_installs *hearth_installs_create(struct hearth_gateway *gateway)
{
    struct hearth_installs *installs = hearth_calloc(1, sizeof(*installs));
    installs->gateway = gateway;
    return installs;
}

/* The threads look at the flag between two pieces of a file. What was fetched stays, and the next
 * install goes on from there. */
void hearth_installs_cancel(struct hearth_installs *installs)
{
    atomic_store(&installs->canceled, true);
}

bool hearth_installs_idle(const struct hearth_installs *installs)
{
    return !installs->first;
}

/* The lane is destroyed first: its threads end, and nobody reads the flag after. */
void hearth_installs_destroy(struct hearth_installs *installs)
{
    if (!installs)
        return;
    hearth_installs_cancel(installs);
    hearth_lane_destroy(installs->lane);
    hearth_free(installs);
}

/* Sums what the files have; the first call for a file adds its size to the total. */
static void on_bytes(struct hearth_fetch_progress *progress, const struct hearth_source_file *file,
                     int64_t done, int64_t size)
{
    struct install *install = (struct install *)progress;
    pthread_mutex_lock(&install->lock);
    size_t i = 0;
    while (i < install->file_count && install->files[i].file != file)
        i++;
    if (i == install->file_count && i < FILES_MAX) {
        install->files[i] = (struct file_progress){.file = file, .size = size};
        snprintf(install->files[i].sha256, HEARTH_SHA256_HEX, "%s", file->sha256);
        install->file_count++;
        if (size < 0)
            install->bytes_total = -1;
        else if (install->bytes_total >= 0)
            install->bytes_total += size;
    }
    if (i < install->file_count) {
        install->bytes_done += done - install->files[i].done;
        install->files[i].done = done;
    }
    pthread_mutex_unlock(&install->lock);
}

static bool is_unwanted(struct hearth_fetch_progress *progress)
{
    return atomic_load(&((struct install *)progress)->canceled);
}

static bool is_canceled(struct hearth_fetch_progress *progress)
{
    return is_unwanted(progress) || atomic_load(&((struct install *)progress)->installs->canceled);
}

/* On a thread of the lane. What waited in the queue while it was canceled, or the server began to
 * stop, is not begun. `begun` goes first: whoever has canceled it and then finds it not begun may
 * rely on that it is not. */
static void run(void *argument)
{
    struct install *install = argument;
    atomic_store(&install->begun, true);
    if (is_canceled(&install->progress)) {
        install->rc =
            hearth_error_set(&install->error, HEARTH_EDRAINING, "the server is shutting down");
        return;
    }
    install->rc =
        hearth_install(install->installs->gateway->registry, &install->request, &install->progress,
                       &install->model_id, &install->number, &install->error);
}

/* The request's texts are const for those who read them; here they are our own copies. */
static void free_install(struct install *install)
{
    const struct hearth_install_request *r = &install->request;
    const char *const texts[] = {r->source,    r->name,           r->task,          r->description,
                                 r->tags_json, r->device,         r->settings_json, r->label,
                                 r->quantize,  r->perplexity_text};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        hearth_free((char *)texts[i]);
    pthread_mutex_destroy(&install->lock);
    hearth_free(install);
}

static void unlink_install(struct install *install)
{
    struct install **link = &install->installs->first;
    while (*link != install)
        link = &(*link)->next;
    *link = install->next;
}

/* The tracking server knows a version by its number and by where it came from; an address may hold
 * what is secret. */
static void tell_tracker(const struct install *install, int64_t number)
{
    const struct hearth_track_listener *to =
        hearth_track_listener(install->installs->gateway->track);
    const char *source = install->request.source;
    bool is_address = strncmp(source, "https:", 6) == 0 || strncmp(source, "http:", 5) == 0;
    const struct hearth_track_pair tags[] = {{"hearth.source", source}};
    const struct hearth_track_version version = {.model = install->request.name,
                                                 .number = number,
                                                 .installed_ms = hearth_clock_wall_ms(),
                                                 .tags = tags,
                                                 .tag_count = is_address ? 0 : 1};
    if (version.model)
        to->version_registered(to->argument, &version);
}

static bool is_meant(const struct install *install, const char *name, int64_t model_id,
                     int64_t number)
{
    const struct hearth_install_request *request = &install->request;
    if (!request->model_id)
        return name && request->name && strcmp(name, request->name) == 0;
    return request->model_id == model_id &&
           (!number || request->version_number == number || request->quantized_number == number);
}

static bool is_ending(const struct hearth_installs *installs, const struct stop *stop)
{
    for (const struct install *install = installs->first; install; install = install->next)
        if (atomic_load(&install->canceled) && atomic_load(&install->begun) &&
            is_meant(install, stop->name, stop->model_id, stop->number))
            return true;
    return false;
}

/* What is called may stop others. */
static void tell_stops(struct hearth_installs *installs)
{
    for (struct stop **link = &installs->stops; *link;) {
        struct stop *stop = *link;
        if (is_ending(installs, stop)) {
            link = &stop->next;
            continue;
        }
        *link = stop->next;
        stop->on_stopped(stop->argument);
        hearth_free(stop->name);
        hearth_free(stop);
        link = &installs->stops;
    }
}

bool hearth_installs_stop(struct hearth_installs *installs, const char *name, int64_t model_id,
                          int64_t number, struct hearth_install_rows *ret_rows,
                          void (*on_stopped)(void *argument), void *argument)
{
    struct stop wanted = {.name = (char *)name,
                          .model_id = model_id,
                          .number = number,
                          .on_stopped = on_stopped,
                          .argument = argument};
    *ret_rows = (struct hearth_install_rows){0};
    for (struct install *install = installs->first; install; install = install->next) {
        if (install->has_ended || !is_meant(install, name, model_id, number))
            continue;
        atomic_store(&install->canceled, true);
        *ret_rows =
            (struct hearth_install_rows){.version_number = install->request.version_number,
                                         .quantized_number = install->request.quantized_number,
                                         .made_model = install->made_model};
    }
    if (!is_ending(installs, &wanted))
        return false;
    struct stop *stop = hearth_calloc(1, sizeof(*stop));
    *stop = wanted;
    stop->name = name ? hearth_strdup(name) : NULL;
    stop->next = installs->stops;
    installs->stops = stop;
    return true;
}

/* Only now it is no longer among the installs: a server that stops waits for the last of them. */
static void tell(struct install *install)
{
    struct hearth_installs *installs = install->installs;
    unlink_install(install);
    if (!install->rc && install->request.quantized_number)
        tell_tracker(install, install->request.version_number);
    if (!install->rc)
        tell_tracker(install, install->number);
    if (install->on_done)
        install->on_done(install->argument, install->rc ? &install->error : NULL, install->model_id,
                         install->number);
    free_install(install);
    tell_stops(installs);
}

/* Somebody has taken it back: that is no fault, and no reason for a warning. */
static void log_end(const struct install *install)
{
    const char *source = install->request.source;
    if (!install->rc)
        HEARTH_LOG(HEARTH_LOG_INFO, "install.done", HEARTH_TEXT("source", source),
                   HEARTH_INT("model_id", install->model_id),
                   HEARTH_INT("version", install->number));
    else if (atomic_load(&install->canceled))
        HEARTH_LOG(HEARTH_LOG_INFO, "install.canceled", HEARTH_TEXT("source", source));
    else
        HEARTH_LOG(HEARTH_LOG_WARNING, "install.failed", HEARTH_TEXT("source", source),
                   HEARTH_TEXT("reason", install->error.message));
}

/* Told only when the catalogue has the version: a client that is answered may ask for it at once.
 */
static void on_refreshed(void *argument, const struct hearth_error *error)
{
    (void)error;
    tell(argument);
}

/* The catalogue is refreshed before anybody is told, so that who was told finds the model. A server
 * that stops has no catalogue to rely on. */
static void ended(void *argument, bool dropped)
{
    struct install *install = argument;
    struct hearth_gateway *gateway = install->installs->gateway;
    install->has_ended = true;
    if (dropped)
        install->rc =
            hearth_error_set(&install->error, HEARTH_EDRAINING, "the server is shutting down");
    else if (install->rc && atomic_load(&install->canceled))
        install->rc =
            hearth_error_set(&install->error, HEARTH_ECONFLICT, "the install was canceled");
    log_end(install);
    if (dropped || gateway->draining)
        tell(install);
    else
        hearth_catalog_refresh(gateway->catalog, on_refreshed, install);
}

/* The order's texts are copied: who orders may be gone before a thread gets to it. The rows of the
 * order, where there are any, tell hearth_installs_progress which install is theirs. */
int hearth_installs_start(struct hearth_installs *installs,
                          const struct hearth_install_order *order,
                          void (*on_done)(void *argument, const struct hearth_error *error,
                                          int64_t model_id, int64_t number),
                          void *argument, struct hearth_error *error)
{
    /* The threads are made with the first install: most servers never need them. */
    if (!installs->lane)
        installs->lane = hearth_lane_create(installs->gateway->loop, "install", THREADS, QUEUE_MAX);
    struct install *install = hearth_calloc(1, sizeof(*install));
    install->progress.on_bytes = on_bytes;
    install->progress.is_canceled = is_canceled;
    install->progress.is_unwanted = is_unwanted;
    install->made_model = order->made_model;
    install->installs = installs;
    install->on_done = on_done;
    install->argument = argument;
    install->model_id = order->model_id;
    install->number = order->version_number;
    install->request = (struct hearth_install_request){
        .source = hearth_strdup(order->source),
        .name = hearth_strdup(order->name),
        .task = hearth_strdup(order->task),
        .description = hearth_strdup(order->description),
        .tags_json = hearth_strdup(order->tags_json),
        .device = hearth_strdup(order->device),
        .settings_json = hearth_strdup(order->settings_json),
        .label = hearth_strdup(order->label),
        .model_id = order->model_id,
        .version_number = order->version_number,
        .parallel = (unsigned)installs->gateway->settings->download_parallel,
        .quantize = hearth_strdup(order->quantize),
        .quantized_number = order->quantized_number,
        .perplexity_text = hearth_strdup(order->perplexity_text),
    };
    pthread_mutex_init(&install->lock, NULL);
    if (hearth_lane_submit(installs->lane, run, ended, install)) {
        free_install(install);
        return hearth_error_set(error, HEARTH_EQUEUEFULL, "too many installs at once");
    }
    install->next = installs->first;
    installs->first = install;
    return 0;
}

bool hearth_install_is_fault_of_source(int code)
{
    static const int codes[] = {HEARTH_EMODEL, HEARTH_ENOTIMPL, HEARTH_EPATH,    HEARTH_ENOTFOUND,
                                HEARTH_EINVAL, HEARTH_EPARSE,   HEARTH_ETOOLARGE};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i] == code)
            return true;
    return false;
}

const char *hearth_install_name(const char *source, struct hearth_arena *arena)
{
    const char *rest = strchr(source, ':');
    rest = rest ? rest + 1 : source;
    bool is_hub = strncmp(source, "hf:", 3) == 0;
    const char *file = is_hub ? strchr(rest, ':') : NULL;
    if (file && !hearth_text_ends(file, ".gguf"))
        file = NULL; /* a quantization is no name */
    size_t length = file ? strlen(++file) : strcspn(rest, is_hub ? "@?#:" : "@?#");
    const char *path = hearth_arena_strndup(arena, file ? file : rest, length);
    return path ? hearth_source_name(arena, path) : NULL;
}

/* A size that is not known makes the fraction unknown too, not 0. */
json_t *hearth_installs_progress(const struct hearth_installs *installs, int64_t model_id,
                                 int64_t number)
{
    for (struct install *install = installs->first; install; install = install->next) {
        const struct hearth_install_request *request = &install->request;
        bool is_meant = request->model_id == model_id &&
                        (request->version_number == number || request->quantized_number == number);
        if (install->has_ended || !is_meant)
            continue;
        pthread_mutex_lock(&install->lock);
        int64_t done = install->bytes_done, total = install->bytes_total;
        pthread_mutex_unlock(&install->lock);
        bool known = total > 0;
        return json_pack("{s:I, s:o, s:o}", "bytes_done", (json_int_t)done, "bytes_total",
                         known ? json_integer(total) : json_null(), "fraction",
                         known ? json_real((double)done / (double)total) : json_null());
    }
    return NULL;
}

bool hearth_installs_watch(const struct hearth_installs *installs, const void *argument,
                           void (*visit)(void *visit_argument,
                                         const struct hearth_install_file *file),
                           void *visit_argument)
{
    struct install *install = installs->first;
    while (install && (install->argument != argument || install->has_ended))
        install = install->next;
    if (!install)
        return false;
    pthread_mutex_lock(&install->lock);
    for (size_t i = 0; i < install->file_count; i++) {
        const struct file_progress *file = &install->files[i];
        visit(visit_argument, &(struct hearth_install_file){
                                  .sha256 = file->sha256, .done = file->done, .size = file->size});
    }
    pthread_mutex_unlock(&install->lock);
    return true;
}

void hearth_installs_show(const struct hearth_installs *installs, json_t *model)
{
    size_t i;
    json_t *version;
    json_array_foreach(json_object_get(model, "versions"), i, version)
    {
        json_t *progress =
            hearth_installs_progress(installs, hearth_json_integer(version, "model_id", 0),
                                     hearth_json_integer(version, "version", 0));
        if (progress)
            json_object_set_new(version, "progress", progress);
    }
}
