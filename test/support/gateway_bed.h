/* A whole gateway on one loop, for tests of what is written to a client for what happens: real HTTP
 * on a loopback port, the registry's store in memory, its blobs in a folder of the test's own, and,
 * in place of worker processes, the backend of manual_backend.h, whose events the test gives by
 * hand. Everything runs on the test's thread: a client sends, and the loop is turned until what is
 * waited for has come.
 *
 * Nothing of what a test sees here belongs to one file of the gateway, so that such tests hold when
 * its insides are built anew. Every failure fails the test that runs. */
#ifndef HEARTH_TEST_GATEWAY_BED_H
#define HEARTH_TEST_GATEWAY_BED_H

#include "unit/serving/manual_backend.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "blob/blob.h"
#include "catalog/catalog.h"
#include "config/home.h"
#include "config/settings.h"
#include "gateway/body_room.h"
#include "gateway/front.h"
#include "gateway/gateway_state.h"
#include "gateway/ignored_keys.h"
#include "gateway/metrics.h"
#include "gateway/sse.h"
#include "loop/pool.h"
#include "net/server.h"
#include "registry/install.h"
#include "server/metrics_observer.h"
#include "server/routes.gen.h"
#include "server/store_bridge.h"
#include "serving/scheduler.h"
#include "support/loop_wait.h"
#include "support/temp_folder.h"
#include "task/generation.h"
#include "task/installs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <sys/socket.h>

enum { GATEWAY_BED_WAIT_MS = 20000, BED_CLIENT_MAX = 32 << 20 };

struct gateway_bed {
    struct hearth_gateway gateway;
    struct hearth_settings *settings;
    struct hearth_settings serving; /* the scheduler's: no cache, short queues */
    struct hearth_settings_origins origins;
    struct hearth_arena *arena;
    struct hearth_source_options sources;
    struct hearth_registry registry;
    struct hearth_scheduler_observer observer;
    char folder[TEMP_FOLDER_BYTES], home[64];
    uint16_t port;
};

/* One connection of one request; HTTP/1.0, so that the answer's end is the connection's. */
struct bed_client {
    struct gateway_bed *bed;
    int socket;
    char *text; /* what has come, NUL-terminated */
    size_t length;
    bool closed;
    const char *needle; /* that is waited for; NULL: the end */
};

static inline void gateway_bed_file(const char *path)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fclose(file);
}

static inline void gateway_bed_settings(struct gateway_bed *bed)
{
    struct hearth_error error = {0};
    char *home = hearth_format("HOME=%s", bed->folder);
    const char *const flags[] = {"home", bed->home, NULL}, *const env[] = {home, NULL};
    const struct hearth_settings_input input = {flags, env, bed->folder};
    bed->arena = hearth_arena_create(8 << 20);
    assert_int_equal(
        hearth_settings_load(&input, bed->arena, &bed->settings, &bed->origins, NULL, &error), 0);
    hearth_free(home);
}

static inline void gateway_bed_storage(struct gateway_bed *bed)
{
    struct hearth_gateway *gateway = &bed->gateway;
    struct hearth_error error = {0};
    assert_int_equal(hearth_home_open(bed->settings, &gateway->home, &error), 0);
    assert_int_equal(hearth_store_open_memory(gateway->loop, &gateway->store, &error), 0);
    assert_int_equal(hearth_blob_open_files(bed->folder, &gateway->blobs, &error), 0);
    bed->registry = (struct hearth_registry){.store = gateway->store,
                                             .blobs = gateway->blobs,
                                             .home = bed->home,
                                             .sources = &bed->sources,
                                             .on_store = hearth_store_bridge,
                                             .on_store_argument = gateway};
    gateway->registry = &bed->registry;
}

/* The model "m" is a file that nobody reads; what it can do is `tasks`. */
static inline void gateway_bed_scheduler(struct gateway_bed *bed, uint32_t tasks)
{
    struct hearth_gateway *gateway = &bed->gateway;
    struct hearth_error error = {0};
    char path[96];
    manual_starts = 0;
    manual_tasks = tasks;
    manual_plan = (struct hearth_memory_plan){.weights = 1};
    snprintf(path, sizeof(path), "%s/fake.so", bed->folder);
    gateway_bed_file(path);
    snprintf(path, sizeof(path), "%s/m.fake", bed->folder);
    gateway_bed_file(path);
    gateway->catalog = hearth_catalog_create(gateway->loop, gateway->store, 0);
    assert_int_equal(hearth_catalog_add_file(gateway->catalog, path, &error), 0);
    bed->observer = hearth_metrics_observer(gateway->metrics);
    bed->serving = (struct hearth_settings){.engines = bed->folder,
                                            .sandbox = "auto",
                                            .affinity = "auto",
                                            .slots = 8,
                                            .queue_max = 256,
                                            .load_timeout = 60000,
                                            .heartbeat_timeout = 60000,
                                            .stop_timeout = 60000,
                                            .breaker_failures = 3,
                                            .breaker_rest = 60000};
    const struct hearth_scheduler_options options = {
        .loop = gateway->loop,
        .catalog = gateway->catalog,
        .registry = &bed->registry,
        .settings = &bed->serving,
        .observer = &bed->observer,
        .backend = &manual_ops,
    };
    assert_int_equal(hearth_scheduler_create(&options, &gateway->scheduler, &error), 0);
}

static inline void gateway_bed_listen(struct gateway_bed *bed)
{
    struct hearth_error error = {0};
    struct hearth_server_options options = {.header_timeout_ms = 10000,
                                            .idle_timeout_ms = 10000,
                                            .write_timeout_ms = 10000,
                                            .write_buffer_max = 64 << 10,
                                            .version = "test"};
    hearth_front_attach(&bed->gateway, &options);
    assert_int_equal(
        hearth_server_create(bed->gateway.loop, &options, &bed->gateway.server, &error), 0);
    assert_int_equal(
        hearth_server_listen_tcp(bed->gateway.server, "127.0.0.1", 0, &bed->port, &error), 0);
}

static inline void gateway_bed_open(struct gateway_bed *bed, uint32_t tasks)
{
    memset(bed, 0, sizeof(*bed));
    hearth_log_set_level(HEARTH_LOG_ERROR);
    temp_folder_make(bed->folder);
    snprintf(bed->home, sizeof(bed->home), "%s/home", bed->folder);
    gateway_bed_settings(bed);
    struct hearth_gateway *gateway = &bed->gateway;
    gateway->settings = bed->settings;
    gateway->origins = &bed->origins;
    gateway->routes = &hearth_routes;
    gateway->loop = hearth_loop_create();
    gateway->metrics = hearth_metrics_create();
    gateway->lane = hearth_lane_create(gateway->loop, "work", 2, 256);
    gateway->body_room = hearth_body_room_create(bed->settings->body_bytes_max);
    gateway->ignored_keys = hearth_ignored_keys_create();
    gateway->streams = hearth_sse_streams_create(gateway->loop, 10000);
    gateway->installs = hearth_installs_create(gateway);
    gateway_bed_storage(bed);
    gateway_bed_scheduler(bed, tasks);
    gateway_bed_listen(bed);
}

static inline void gateway_bed_close(struct gateway_bed *bed)
{
    struct hearth_gateway *gateway = &bed->gateway;
    gateway->draining = true;
    hearth_server_destroy(gateway->server);
    hearth_scheduler_destroy(gateway->scheduler);
    hearth_installs_destroy(gateway->installs);
    hearth_lane_destroy(gateway->lane);
    hearth_catalog_destroy(gateway->catalog);
    hearth_sse_streams_destroy(gateway->streams);
    hearth_store_close(gateway->store);
    hearth_blob_close(gateway->blobs);
    hearth_home_close(gateway->home);
    hearth_ignored_keys_destroy(gateway->ignored_keys);
    hearth_body_room_destroy(gateway->body_room);
    hearth_metrics_destroy(gateway->metrics);
    hearth_loop_run(gateway->loop); /* what was closed goes in a last turn */
    hearth_loop_destroy(gateway->loop);
    hearth_arena_destroy(bed->arena);
    temp_folder_remove(bed->folder);
    assert_null(manual);
}

/* The client's side */

static inline void bed_client_open(struct gateway_bed *bed, struct bed_client *client)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(bed->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *client = (struct bed_client){.bed = bed, .socket = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_equal(connect(client->socket, (struct sockaddr *)&address, sizeof(address)), 0);
    client->text = hearth_calloc(1, BED_CLIENT_MAX);
}

static inline void bed_client_close(struct bed_client *client)
{
    if (client->socket >= 0)
        close(client->socket);
    hearth_free(client->text);
    *client = (struct bed_client){.socket = -1};
}

/* The client goes away without a word. */
static inline void bed_client_leave(struct bed_client *client)
{
    close(client->socket);
    client->socket = -1;
}

/* Sends a request; `body` "" for one without. */
static inline void bed_client_ask(struct gateway_bed *bed, struct bed_client *client,
                                  const char *method_and_path, const char *body)
{
    bed_client_open(bed, client);
    char *text =
        hearth_format("%s HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                      "Content-Length: %zu\r\n\r\n%s",
                      method_and_path, strlen(body), body);
    size_t length = strlen(text);
    assert_int_equal(send(client->socket, text, length, MSG_NOSIGNAL), length);
    hearth_free(text);
}

static inline bool bed_client_has(void *argument)
{
    struct bed_client *client = argument;
    while (!client->closed && client->length + 1 < BED_CLIENT_MAX) {
        ssize_t got = recv(client->socket, client->text + client->length,
                           BED_CLIENT_MAX - 1 - client->length, MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN)
            break;
        client->closed = got <= 0;
        client->length += got > 0 ? (size_t)got : 0;
    }
    client->text[client->length] = '\0';
    return client->needle ? strstr(client->text, client->needle) != NULL : client->closed;
}

static inline void bed_client_until(struct bed_client *client, const char *needle)
{
    client->needle = needle;
    if (!loop_until(client->bed->gateway.loop, GATEWAY_BED_WAIT_MS, bed_client_has, client)) {
        print_error("%s\nhas not come in:\n%s\n", needle ? needle : "the end", client->text);
        fail();
    }
}

/* The body of an answer that has ended. */
static inline const char *bed_client_body(struct bed_client *client)
{
    bed_client_until(client, NULL);
    const char *blank = strstr(client->text, "\r\n\r\n");
    assert_non_null(blank);
    return blank + 4;
}

static inline int bed_client_status(const struct bed_client *client)
{
    assert_true(client->length > 12);
    return (client->text[9] - '0') * 100 + (client->text[10] - '0') * 10 + client->text[11] - '0';
}

/* The whole answer as JSON, checked to have this status; the caller owns it. */
static inline json_t *bed_client_json(struct bed_client *client, int status)
{
    const char *body = bed_client_body(client);
    struct hearth_error error = {0};
    if (bed_client_status(client) != status)
        print_error("%s\n", client->text);
    assert_int_equal(bed_client_status(client), status);
    json_t *json = hearth_json_parse(body, strlen(body), &error);
    assert_non_null(json);
    bed_client_close(client);
    return json;
}

static inline json_t *bed_ask_json(struct gateway_bed *bed, const char *method_and_path,
                                   const char *body, int status)
{
    struct bed_client client;
    bed_client_ask(bed, &client, method_and_path, body);
    return bed_client_json(&client, status);
}

/* The member at a path of keys and numbers, "choices/0/message/content". */
static inline const json_t *bed_at(const json_t *value, const char *path)
{
    char key[64];
    while (value && *path) {
        size_t length = strcspn(path, "/");
        assert_true(length < sizeof(key));
        memcpy(key, path, length);
        key[length] = '\0';
        value = json_is_array(value) ? json_array_get(value, (size_t)(*key - '0'))
                                     : json_object_get(value, key);
        path += length + (path[length] == '/');
    }
    return value;
}

static inline void assert_text_at(const json_t *value, const char *path, const char *expected)
{
    const json_t *member = bed_at(value, path);
    if (!json_is_string(member))
        print_error("no text at %s\n", path);
    assert_true(json_is_string(member));
    assert_string_equal(json_string_value(member), expected);
}

static inline void assert_integer_at(const json_t *value, const char *path, json_int_t expected)
{
    const json_t *member = bed_at(value, path);
    if (!json_is_integer(member))
        print_error("no integer at %s\n", path);
    assert_true(json_is_integer(member));
    assert_int_equal(json_integer_value(member), expected);
}

/* The worker's side */

static inline bool gateway_bed_has_worker(void *argument)
{
    (void)argument;
    return manual != NULL;
}

static inline bool gateway_bed_has_sent(void *argument)
{
    return manual && manual->sent_count >= *(const size_t *)argument;
}

static inline bool gateway_bed_has_canceled(void *argument)
{
    return manual && manual->canceled_count >= *(const size_t *)argument;
}

/* The model that is asked for is loaded. */
static inline void gateway_bed_ready(struct gateway_bed *bed)
{
    assert_true(loop_until(bed->gateway.loop, GATEWAY_BED_WAIT_MS, gateway_bed_has_worker, NULL));
    manual_planned();
    manual_ready();
}

/* The worker has been sent so many requests in all. */
static inline void gateway_bed_sent(struct gateway_bed *bed, size_t count)
{
    assert_true(loop_until(bed->gateway.loop, GATEWAY_BED_WAIT_MS, gateway_bed_has_sent, &count));
}

static inline void gateway_bed_canceled(struct gateway_bed *bed, size_t count)
{
    assert_true(
        loop_until(bed->gateway.loop, GATEWAY_BED_WAIT_MS, gateway_bed_has_canceled, &count));
}

#endif
