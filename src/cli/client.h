/* Finds the server that a command talks to, and sends requests to it. It is the server that --url
 * or HEARTH_URL names, else the one that runs on this home: HOME/run/server.json has its address,
 * and counts only while the process that it names holds HOME/run/server.lock. Blocking; main thread
 * only. */
#ifndef HEARTH_CLI_CLIENT_H
#define HEARTH_CLI_CLIENT_H

#include "base/json.h"
#include "cli/command.h"

#include <stdbool.h>

struct hearth_client;

/* Without a server HEARTH_OK and a NULL client. */
int hearth_client_find(const struct hearth_invocation *invocation,
                       struct hearth_client **ret_client, struct hearth_error *error);
/* The same, but a server must be there. */
int hearth_client_need(const struct hearth_invocation *invocation,
                       struct hearth_client **ret_client, struct hearth_error *error);
void hearth_client_destroy(struct hearth_client *client); /* NULL is allowed */
/* Is it the server of --url, maybe on another machine? */
bool hearth_client_is_named(const struct hearth_client *client);

struct hearth_client_call {
    const char *method; /* "GET" when NULL */
    /* The path, with what came from outside put in by hearth_client_path. */
    const char *path;
    const json_t *body; /* or NULL */
    const char *header; /* one more, "Name: value"; or NULL */
    /* Instead of `body`: the next bytes, of `body_length` in all, of this type (net/http_client.h).
     */
    int64_t (*read_body)(void *argument, char *bytes, size_t size);
    size_t body_length;
    const char *body_type;
    uint32_t idle_timeout_ms;
    /* For streams: the answer piece by piece; both may be NULL. */
    int (*on_body)(void *argument, const char *bytes, size_t length);
    bool (*is_canceled)(void *argument);
    void *argument;
};

/* An answer of 400 and above becomes the error that it carries; with HEARTH_EUNTOLD what was asked
 * for is done, and answered as without it. `ret_answer` (may be NULL) is NULL
 * when the answer is no JSON; the caller frees it (json_decref). */
int hearth_client_run(struct hearth_client *client, const struct hearth_client_call *call,
                      json_t **ret_answer, struct hearth_error *error);
/* One call to the server that must be there. */
int hearth_client_ask(const struct hearth_invocation *invocation,
                      const struct hearth_client_call *call, json_t **ret_answer,
                      struct hearth_error *error);
/* "/models/" + name + tail, the name percent-encoded; in the arena. */
const char *hearth_client_path(struct hearth_arena *arena, const char *head, const char *name,
                               const char *tail);

#endif
