/* The parts of a running server, for the rooms that answer requests. It holds pointers only:
 * whoever needs a part includes that part's header. server_run.c fills it in and owns everything;
 * the parts live until the last call has ended. Loop thread only. */
#ifndef HEARTH_GATEWAY_GATEWAY_STATE_H
#define HEARTH_GATEWAY_GATEWAY_STATE_H

#include <stdbool.h>
#include <stdint.h>

struct hearth_blob_store;
struct hearth_body_room;
struct hearth_call;
struct hearth_catalog;
struct hearth_datasets;
struct hearth_deferred;
struct hearth_home;
struct hearth_ignored_keys;
struct hearth_installs;
struct hearth_jobs;
struct hearth_lane;
struct hearth_loop;
struct hearth_metrics;
struct hearth_registry;
struct hearth_route_table;
struct hearth_scheduler;
struct hearth_server;
struct hearth_settings;
struct hearth_settings_origins;
struct hearth_sse_streams;
struct hearth_store;
struct hearth_track;

struct hearth_gateway {
    const struct hearth_settings *settings;
    const struct hearth_settings_origins *origins;
    const struct hearth_route_table *routes;
    struct hearth_loop *loop;
    struct hearth_home *home;
    struct hearth_store *store;
    struct hearth_blob_store *blobs;
    struct hearth_registry *registry;
    struct hearth_catalog *catalog;
    struct hearth_scheduler *scheduler;
    struct hearth_server *server;
    struct hearth_metrics *metrics;
    struct hearth_lane *lane; /* parses large bodies and writes large answers off the loop */
    struct hearth_body_room *body_room;
    struct hearth_ignored_keys *ignored_keys; /* those that the log has named */
    struct hearth_installs *installs;
    struct hearth_deferred *deferred;   /* what runs without its client: requests, batches, files */
    struct hearth_datasets *datasets;   /* training data that is registered */
    struct hearth_jobs *jobs;           /* training jobs */
    struct hearth_sse_streams *streams; /* the streams of events to clients */
    struct hearth_track *track;         /* tells MLflow of models and runs; NULL: nobody is told */
    /* Looks at each call that is to be handled, with its body: true when it has taken the call
     * over, as a handler would. NULL: nothing does. */
    bool (*takes)(struct hearth_call *call);
    uint64_t started_ms; /* when the server started, on the loop's clock */
    bool draining;
    bool store_failed; /* the last verb of the store ended with an I/O error */
};

#endif
