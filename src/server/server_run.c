/* Puts the rooms together into a running server, and takes them apart again.
 *
 * The order of a start: storage, scheduler, HTTP server (without a port), definitions; then the
 * loop runs, the catalogue is loaded, and only then the port opens and "ready" is said. */
#include "server/server_run.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "config/home.h"
#include "config/settings.h"
#include "config/text_file.h"
#include "deferred/deferred.h"
#include "deferred/kept_files.h"
#include "gateway/body_room.h"
#include "gateway/front.h"
#include "gateway/gateway_state.h"
#include "gateway/guard.h"
#include "gateway/ignored_keys.h"
#include "gateway/metrics.h"
#include "gateway/sse.h"
#include "jobs/datasets.h"
#include "jobs/jobs.h"
#include "jobs/quantizer.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "net/server.h"
#include "registry/storage.h"
#include "server/definitions_import.h"
#include "server/housekeeping.h"
#include "server/metrics_observer.h"
#include "server/pins_check.h"
#include "server/probe_settings.h"
#include "server/routes.gen.h"
#include "server/shutdown.h"
#include "server/store_bridge.h"
#include "serving/observer.h"
#include "serving/scheduler.h"
#include "task/installs.h"
#include "track/track.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Proxies and clients give a connection up that says nothing for longer. */
enum { STREAM_QUIET_MS = 10000 };

/* REFRESH_MS: how late the catalogue may see what another process (a command line) has written. */
enum { LANE_QUEUE_MAX = 256, REFRESH_MS = 2000 };

/* A partial blob is worth keeping as long as somebody may want to go on with it. */
enum { HOUSEKEEPING_MS = 3600000, CHANGES_KEPT = 10000, PARTIAL_AGE_DAYS = 7 };

/* A running server and what only its start and end need. */
struct running {
    struct hearth_gateway gateway;
    struct hearth_storage storage;
    struct hearth_probe_options probe;
    struct hearth_scheduler_observer observer;
    struct hearth_shutdown *shutdown;
    struct hearth_housekeeping *housekeeping;
    struct hearth_definitions_import *definitions;
    struct hearth_error *error;
    char run_file[PATH_MAX];
    char lock_path[PATH_MAX], prefixes_path[PATH_MAX];
    char uploads[PATH_MAX], datasets[PATH_MAX]; /* folders of the home */
    const char *dataset_roots[2];
    char url[160];
    int rc; /* of what happened on the loop before it was ready */
    bool is_ready;
};

static int open_storage(struct running *running, struct hearth_error *error)
{
    struct hearth_gateway *gateway = &running->gateway;
    struct hearth_storage *storage = &running->storage;
    const struct hearth_storage_probe probe = {.read = hearth_probe, .argument = &running->probe};
    running->probe = hearth_probe_settings(gateway->settings);
    int rc = hearth_storage_open(gateway->settings, gateway->loop, true, probe, storage, error);
    if (rc)
        return rc;
    /* The folder that a server was started in is no client's. */
    storage->sources.absolute_only = true;
    storage->registry.on_store = hearth_store_bridge;
    storage->registry.on_store_argument = gateway;
    storage->registry.quantizer = hearth_quantizer(gateway->settings);
    gateway->home = storage->home;
    gateway->store = storage->store;
    gateway->blobs = storage->blobs;
    gateway->registry = &storage->registry;
    return 0;
}

/* A server that is set up is needed at no moment; but an address that can never be one is a fault.
 */
static int create_track(struct hearth_gateway *gateway, struct hearth_error *error)
{
    const struct hearth_settings *settings = gateway->settings;
    if (!*settings->mlflow_tracking_uri)
        return 0;
    int rc = hearth_track_check(settings->mlflow_tracking_uri, error);
    if (rc)
        return rc;
    const struct hearth_track_options options = {
        .loop = gateway->loop,
        .store = gateway->store,
        .uri = settings->mlflow_tracking_uri,
        .username = settings->mlflow_tracking_username,
        .password = settings->mlflow_tracking_password,
        .token = settings->mlflow_tracking_token,
        .wait_ms = settings->mlflow_wait,
    };
    gateway->track = hearth_track_create(&options);
    return 0;
}

/* The model of --model joins the catalogue before the lock is checked, so that a locked server
 * knows it too. */
static int open_scheduler(struct running *running, struct hearth_error *error)
{
    struct hearth_gateway *gateway = &running->gateway;
    const struct hearth_settings *settings = gateway->settings;
    int rc;
    gateway->catalog = hearth_catalog_create(gateway->loop, gateway->store, REFRESH_MS);
    if (*settings->model) {
        rc = hearth_catalog_add_file(gateway->catalog, settings->model, error);
        if (rc)
            return rc;
        hearth_catalog_take_any_name(gateway->catalog);
    }
    running->observer = hearth_metrics_observer(gateway->metrics);
    snprintf(running->lock_path, sizeof(running->lock_path), "%s/hearth.lock",
             gateway->origins->project_directory);
    rc = settings->locked ? hearth_pins_check(running->lock_path, gateway->blobs, error) : 0;
    if (rc)
        return rc;
    rc = hearth_home_path(gateway->home, HEARTH_HOME_PREFIXES, running->prefixes_path,
                          sizeof(running->prefixes_path));
    if (rc)
        return hearth_error_set(error, rc, "the path of the home is too long");
    const struct hearth_scheduler_options options = {
        .loop = gateway->loop,
        .catalog = gateway->catalog,
        .registry = gateway->registry,
        .settings = settings,
        .lock_path = running->lock_path,
        .prefixes_path = running->prefixes_path,
        .observer = &running->observer,
    };
    return hearth_scheduler_create(&options, &gateway->scheduler, error);
}

/* Settings are never NULL; options of the HTTP server are. */
static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

/* "localhost" is both loopbacks on one port; a machine without IPv6 has just the one. */
static int listen_localhost(struct hearth_gateway *gateway, uint16_t *port,
                            struct hearth_error *error)
{
    int rc = hearth_server_listen_tcp(gateway->server, "127.0.0.1", *port, port, error);
    if (rc)
        return rc;
    uint16_t same;
    struct hearth_error ignored;
    hearth_server_listen_tcp(gateway->server, "::1", *port, &same, &ignored);
    return 0;
}

static int create_server(struct running *running, struct hearth_error *error)
{
    struct hearth_gateway *gateway = &running->gateway;
    const struct hearth_settings *settings = gateway->settings;
    struct hearth_server_options options = {
        .header_bytes_max = (uint32_t)settings->header_bytes_max,
        .header_count_max = (uint32_t)settings->header_count_max,
        .body_bytes_max = settings->body_bytes_max,
        .connections_max = (uint32_t)settings->connections_max,
        .connections_per_address_max = (uint32_t)settings->connections_per_address_max,
        .header_timeout_ms = (uint32_t)settings->header_timeout,
        .idle_timeout_ms = (uint32_t)settings->idle_timeout,
        .write_timeout_ms = (uint32_t)settings->write_timeout,
        .write_buffer_max = (uint32_t)settings->write_buffer_max,
        .buffers_max = settings->connection_buffers_max,
        .streams_max = (uint32_t)settings->streams_max,
        .gzip = settings->gzip,
        .tls_certificate = or_null(settings->tls_certificate),
        .tls_key = or_null(settings->tls_key),
        .version = HEARTH_VERSION,
    };
    hearth_front_attach(gateway, &options);
    return hearth_server_create(gateway->loop, &options, &gateway->server, error);
}

/* The port may have been 0: what the kernel chose goes into the URL. An IPv6 literal stands in
 * brackets there. */
static int open_listeners(struct running *running, struct hearth_error *error)
{
    struct hearth_gateway *gateway = &running->gateway;
    const struct hearth_settings *settings = gateway->settings;
    uint16_t port = (uint16_t)settings->port;
    bool both = strcasecmp(settings->host, "localhost") == 0;
    int rc = both ? listen_localhost(gateway, &port, error)
                  : hearth_server_listen_tcp(gateway->server, settings->host, port, &port, error);
    if (!rc && *settings->unix_socket)
        rc = hearth_server_listen_unix(gateway->server, settings->unix_socket, error);
    bool v6 = strchr(settings->host, ':') != NULL;
    snprintf(running->url, sizeof(running->url), "%s://%s%s%s:%u",
             *settings->tls_certificate ? "https" : "http", v6 ? "[" : "",
             both ? "127.0.0.1" : settings->host, v6 ? "]" : "", (unsigned)port);
    return rc;
}

/* Without folders of the user's, training data comes from one in the home, which is made. */
static int create_datasets(struct running *running, struct hearth_error *error)
{
    struct hearth_gateway *gateway = &running->gateway;
    const struct hearth_settings *settings = gateway->settings;
    int rc = hearth_home_path(gateway->home, "files", running->uploads, sizeof(running->uploads));
    if (!rc)
        rc = hearth_home_path(gateway->home, "datasets", running->datasets,
                              sizeof(running->datasets));
    if (rc)
        return hearth_error_set(error, rc, "the path of the home is too long");
    running->dataset_roots[0] = running->datasets;
    if (!*settings->dataset_roots)
        mkdir(running->datasets, 0700); /* that it is not there is told by whoever reads a file */
    const struct hearth_datasets_options options = {
        .loop = gateway->loop,
        .store = gateway->store,
        .roots = *settings->dataset_roots ? settings->dataset_roots : running->dataset_roots,
        .uploads = running->uploads,
        .count_max = settings->datasets_max,
        .uploads_bytes_max = (int64_t)settings->files_bytes_max,
    };
    gateway->datasets = hearth_datasets_create(&options);
    return 0;
}

static int create_jobs(struct hearth_gateway *gateway, struct hearth_error *error)
{
    const struct hearth_jobs_options options = {
        .loop = gateway->loop,
        .store = gateway->store,
        .registry = gateway->registry,
        .catalog = gateway->catalog,
        .scheduler = gateway->scheduler,
        .settings = gateway->settings,
        .home = gateway->home,
    };
    int rc = hearth_jobs_create(&options, &gateway->jobs, error);
    if (!rc)
        hearth_jobs_track(gateway->jobs, hearth_track_listener(gateway->track));
    return rc;
}

/* A file that a training job learns from stays. */
static void create_deferred(struct hearth_gateway *gateway)
{
    const struct hearth_deferred *deferred = hearth_deferred_create(gateway);
    hearth_kept_files_ask(deferred->files, hearth_dataset_forget_file);
}

/* Where commands on this home find the server. */
static int write_run_file(struct running *running, struct hearth_error *error)
{
    const struct hearth_gateway *gateway = &running->gateway;
    int rc = hearth_home_path(gateway->home, "run/server.json", running->run_file,
                              sizeof(running->run_file));
    if (rc)
        return hearth_error_set(error, rc, "the path of the home is too long");
    struct hearth_buf buf;
    hearth_buf_init(&buf, 16 << 10);
    hearth_buf_printf(&buf, "{\"pid\":%d,\"url\":", (int)getpid());
    hearth_json_write_text(&buf, running->url);
    hearth_buf_text(&buf, ",\"unix\":");
    const char *socket = gateway->settings->unix_socket;
    if (*socket)
        hearth_json_write_text(&buf, socket);
    else
        hearth_buf_text(&buf, "null");
    hearth_buf_text(&buf, "}\n");
    rc = buf.failed ? buf.failed
                    : hearth_text_file_write(running->run_file, buf.bytes, buf.length, error);
    hearth_buf_finish(&buf);
    return rc;
}

/* A pinned model that does not load is no reason not to serve the others. */
static void on_pinned(void *argument, const struct hearth_error *error)
{
    (void)argument;
    if (error)
        HEARTH_LOG(HEARTH_LOG_WARNING, "pin.failed", HEARTH_TEXT("reason", error->message));
}

static void load_pinned(void *argument, const struct hearth_catalog_entry *entry)
{
    struct hearth_gateway *gateway = argument;
    struct hearth_error error;
    if (entry->pin && hearth_scheduler_load(gateway->scheduler, entry->id, on_pinned, NULL, &error))
        on_pinned(NULL, &error);
}

static void start_housekeeping(struct running *running)
{
    const struct hearth_housekeeping_options options = {
        .loop = running->gateway.loop,
        .store = running->gateway.store,
        .blobs = running->gateway.blobs,
        .period_ms = HOUSEKEEPING_MS,
        .changes_kept = CHANGES_KEPT,
        .partial_age_ms = PARTIAL_AGE_DAYS * 86400000ll,
        .wall_ms = hearth_clock_wall_ms,
    };
    running->housekeeping = hearth_housekeeping_create(&options);
}

/* It may be installed later, so this is no error; but a mistyped name should not go unseen. */
static void warn_of_default_model(const struct hearth_gateway *gateway)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_error error;
    const char *name = gateway->settings->default_model;
    if (!*name)
        return;
    if (hearth_catalog_acquire(gateway->catalog, name, &entry, &error))
        HEARTH_LOG(HEARTH_LOG_WARNING, "default_model.missing", HEARTH_TEXT("model", name),
                   HEARTH_TEXT("reason", error.message));
    else
        hearth_catalog_entry_release(entry);
}

/* The catalogue has what the registry and the definitions had at the start. Only now is the port
 * opened: who reaches it finds all models. */
static void on_catalog(void *argument, const struct hearth_error *error)
{
    struct running *running = argument;
    struct hearth_gateway *gateway = &running->gateway;
    if (gateway->draining)
        return;
    running->rc = error ? error->code : open_listeners(running, running->error);
    if (error)
        *running->error = *error;
    if (!running->rc)
        running->rc = write_run_file(running, running->error);
    if (running->rc) {
        hearth_loop_stop(gateway->loop);
        return;
    }
    running->is_ready = true;
    warn_of_default_model(gateway);
    hearth_definitions_install(running->definitions);
    hearth_deferred_start(gateway->deferred);
    hearth_jobs_start(gateway->jobs);
    if (gateway->track)
        hearth_track_start(gateway->track);
    start_housekeeping(running);
    hearth_catalog_each_model(gateway->catalog, load_pinned, gateway);
    HEARTH_LOG(HEARTH_LOG_INFO, "server.ready", HEARTH_TEXT("url", running->url),
               HEARTH_INT("pid", getpid()));
    printf("hearth: ready %s\n", running->url);
    fflush(stdout);
}

static void on_imported(void *argument)
{
    struct running *running = argument;
    hearth_catalog_refresh(running->gateway.catalog, on_catalog, running);
}

/* On an error everything that exists so far is taken down by `stop`, which takes half-built
 * servers. */
static int start(struct running *running, struct hearth_error *error)
{
    struct hearth_gateway *gateway = &running->gateway;
    int rc = hearth_guard_listening(gateway->settings, error);
    if (rc)
        return rc;
    gateway->loop = hearth_loop_create();
    gateway->started_ms = hearth_loop_now_ms(gateway->loop);
    gateway->metrics = hearth_metrics_create();
    gateway->lane = hearth_lane_create(gateway->loop, "work", 2, LANE_QUEUE_MAX);
    gateway->body_room = hearth_body_room_create(gateway->settings->body_bytes_max);
    gateway->ignored_keys = hearth_ignored_keys_create();
    gateway->streams = hearth_sse_streams_create(gateway->loop, STREAM_QUIET_MS);
    gateway->installs = hearth_installs_create(gateway);
    rc = open_storage(running, error);
    if (!rc)
        rc = create_track(gateway, error);
    if (!rc)
        rc = open_scheduler(running, error);
    if (!rc)
        rc = create_server(running, error);
    if (!rc)
        rc = create_datasets(running, error);
    if (!rc)
        rc = create_jobs(gateway, error);
    if (!rc)
        create_deferred(gateway);
    if (!rc)
        rc = hearth_definitions_import(gateway, on_imported, running, &running->definitions, error);
    if (!rc)
        running->shutdown = hearth_shutdown_create(gateway, running->run_file);
    return rc;
}

/* In the order in which things stop being used. */
static void stop(struct running *running)
{
    struct hearth_gateway *gateway = &running->gateway;
    if (*running->run_file)
        unlink(running->run_file);
    hearth_shutdown_destroy(running->shutdown);
    hearth_deferred_stop(gateway->deferred);
    hearth_jobs_stop(gateway->jobs);
    hearth_server_destroy(gateway->server);
    hearth_scheduler_destroy(gateway->scheduler);
    hearth_installs_destroy(gateway->installs);
    hearth_definitions_destroy(running->definitions);
    hearth_datasets_stop(gateway->datasets);
    hearth_lane_destroy(gateway->lane);
    hearth_catalog_destroy(gateway->catalog);
    hearth_sse_streams_destroy(gateway->streams);
    hearth_housekeeping_destroy(running->housekeeping);
    hearth_track_stop(gateway->track);
    hearth_storage_close(&running->storage);
    hearth_datasets_destroy(gateway->datasets);
    hearth_jobs_destroy(gateway->jobs);
    hearth_track_destroy(gateway->track);
    hearth_deferred_destroy(gateway->deferred);
    hearth_ignored_keys_destroy(gateway->ignored_keys);
    hearth_body_room_destroy(gateway->body_room);
    hearth_metrics_destroy(gateway->metrics);
    if (gateway->loop)
        hearth_loop_destroy(gateway->loop);
}

int hearth_server_run(const struct hearth_settings *settings,
                      const struct hearth_settings_origins *origins, struct hearth_error *error)
{
    struct running *running = hearth_calloc(1, sizeof(*running));
    running->gateway.settings = settings;
    running->gateway.origins = origins;
    running->gateway.routes = &hearth_routes;
    running->error = error;
    int rc = start(running, error);
    if (!rc) {
        hearth_loop_run(running->gateway.loop);
        rc = running->rc;
    }
    stop(running);
    hearth_free(running);
    return rc;
}
