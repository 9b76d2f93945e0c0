#include "cli/client.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/small_file.h"
#include "base/text.h"
#include "net/http_client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { SMALL_FILE_MAX = 64 * 1024 };

struct hearth_client {
    struct hearth_http_client *http;
    char *base; /* "http://127.0.0.1:8080" or "unix:/path:" */
    const char *api_key;
    bool is_named;
};

/* Takes `base` over. A slash at its end goes, since paths begin with one. */
static struct hearth_client *client_create(const struct hearth_invocation *invocation, char *base)
{
    struct hearth_client *client = hearth_calloc(1, sizeof(*client));
    size_t length = strlen(base);
    while (length && base[length - 1] == '/')
        base[--length] = '\0';
    client->base = base;
    client->http = hearth_http_client_create();
    client->api_key = invocation->settings->api_key;
    return client;
}

void hearth_client_destroy(struct hearth_client *client)
{
    if (!client)
        return;
    hearth_http_client_destroy(client->http);
    hearth_free(client->base);
    hearth_free(client);
}

bool hearth_client_is_named(const struct hearth_client *client)
{
    return client->is_named;
}

/* The process that holds the lock file; 0 when nobody does. */
/* The server holds flock(2) on its lock file for as long as it lives, so a lock that cannot be had
 * is the proof that it runs; the kernel drops it with the process, whatever ends it. The number in
 * the file counts only then: one that a crash left behind may belong to any program by now. */
static int64_t lock_holder(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return 0;
    int64_t pid = 0;
    char text[32] = "";
    if (flock(descriptor, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK &&
        read(descriptor, text, sizeof(text) - 1) > 0) {
        text[strcspn(text, "\n")] = '\0';
        if (hearth_parse_int(text, 1, INT32_MAX, &pid))
            pid = 0;
    }
    close(descriptor);
    return pid;
}

/* The base of the server that runs on the home, or NULL. */
static char *running_server(const struct hearth_invocation *invocation)
{
    const char *home = invocation->settings->home;
    const char *lock = hearth_arena_format(invocation->arena, "%s/run/server.lock", home);
    const char *path = hearth_arena_format(invocation->arena, "%s/run/server.json", home);
    int64_t holder = lock ? lock_holder(lock) : 0;
    struct hearth_buf text;
    hearth_buf_init(&text, SMALL_FILE_MAX);
    char *base = NULL;
    if (holder && path && hearth_small_file_read(path, &text, NULL) == 0) {
        json_t *about = hearth_json_parse(text.bytes ? text.bytes : "", text.length, NULL);
        const char *socket = hearth_json_text(about, "unix", "");
        const char *url = hearth_json_text(about, "url", "");
        /* A command that writes holds the lock too, and server.json may be what a dead server left:
         * only where both name the same process does the server run. */
        if (hearth_json_integer(about, "pid", 0) != holder)
            base = NULL;
        else if (*socket)
            base = hearth_format("unix:%s:", socket);
        else if (*url)
            base = hearth_strdup(url);
        json_decref(about);
    }
    hearth_buf_finish(&text);
    return base;
}

/* Only an address that was given is an error when it is none; no server is no error. */
int hearth_client_find(const struct hearth_invocation *invocation,
                       struct hearth_client **ret_client, struct hearth_error *error)
{
    const char *url = invocation->settings->url;
    *ret_client = NULL;
    if (!*url) {
        char *base = running_server(invocation);
        if (base)
            *ret_client = client_create(invocation, base);
        return 0;
    }
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0 &&
        strncmp(url, "unix:", 5) != 0)
        return hearth_error_set(
            error, HEARTH_EINVAL,
            "--url must be an address such as http://127.0.0.1:8080, but it is %s", url);
    bool is_socket = strncmp(url, "unix:", 5) == 0 && !strchr(url + 5, ':');
    *ret_client = client_create(invocation, hearth_format("%s%s", url, is_socket ? ":" : ""));
    (*ret_client)->is_named = true;
    return 0;
}

int hearth_client_need(const struct hearth_invocation *invocation,
                       struct hearth_client **ret_client, struct hearth_error *error)
{
    int rc = hearth_client_find(invocation, ret_client, error);
    if (rc || *ret_client)
        return rc;
    return hearth_error_set(error, HEARTH_ENETWORK,
                            "no server runs on %s; start one with `hearth serve`, or name one with "
                            "--url",
                            invocation->settings->home);
}

/* Percent-encodes all but RFC 3986's unreserved characters and : @, which names with versions and
 * aliases have. */
const char *hearth_client_path(struct hearth_arena *arena, const char *head, const char *name,
                               const char *tail)
{
    struct hearth_buf path;
    hearth_buf_init(&path, 16 * 1024);
    hearth_buf_text(&path, head);
    /* What a version or an alias adds (":3", "@default") stays readable in the path; everything
     * else is encoded byte by byte, so UTF-8 needs no case of its own. */
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     strchr("-._~:@", c);
        if (plain)
            hearth_buf_char(&path, *name);
        else
            hearth_buf_printf(&path, "%%%02X", c);
    }
    hearth_buf_text(&path, tail);
    const char *text = hearth_buf_cstr(&path);
    text = text ? hearth_arena_strdup(arena, text) : NULL;
    hearth_buf_finish(&path);
    return text ? text : head;
}

/* For answers without a body of ours, as those of a proxy in between. */
static int code_of_status(int status)
{
    static const struct {
        int status, code;
    } rows[] = {
        {400, HEARTH_EINVAL},    {401, HEARTH_EAUTH},     {403, HEARTH_EFORBIDDEN},
        {404, HEARTH_ENOTFOUND}, {409, HEARTH_ECONFLICT}, {413, HEARTH_ETOOLARGE},
        {422, HEARTH_EFIELDS},   {429, HEARTH_ERATE},     {501, HEARTH_ENOTIMPL},
        {503, HEARTH_EDRAINING}, {504, HEARTH_ETIMEOUT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].status == status)
            return rows[i].code;
    return HEARTH_EINTERNAL;
}

/* Where several fields are faulty, all of them in place of the message, one a line. */
static void list_fields(const json_t *answer, struct hearth_error *error)
{
    const json_t *fields = json_object_get(answer, "fields"), *field;
    size_t index;
    if (json_array_size(fields) < 2)
        return;
    snprintf(error->message, sizeof(error->message),
             "the server found %zu faults in the request:", json_array_size(fields));
    json_array_foreach(fields, index, field)
    {
        size_t used = strlen(error->message);
        snprintf(error->message + used, sizeof(error->message) - used, "\n  %s",
                 hearth_json_text(field, "message", "?"));
    }
}

/* Both shapes: {"error", "detail", "code"} and OpenAI's {"error": {"message", "code"}}. */
static int fault_of_answer(int status, const json_t *answer, struct hearth_error *error)
{
    const json_t *inner = json_object_get(answer, "error");
    const json_t *from = json_is_object(inner) ? inner : answer;
    const struct hearth_error_row *row =
        hearth_error_row_by_code(hearth_json_text(from, "code", ""));
    const char *message =
        hearth_json_text(from, json_is_object(inner) ? "message" : "detail", NULL);
    /* Hearth's own codes say more than a status, of which several codes share one. */
    int code = row ? row->number : code_of_status(status);
    if (message)
        hearth_error_set(error, code, "%s", message);
    else
        hearth_error_set(error, code, "the server answered with status %d", status);
    /* After the message, since the list takes its place. */
    if (error)
        list_fields(answer, error);
    /* The server says that a key is missing; how it is given to this program, only this program
     * knows. */
    if (code == HEARTH_EAUTH && error)
        hearth_error_set(error, code,
                         "the server asks for an API key; give it with --api-key or "
                         "HEARTH_API_KEY");
    return code;
}

/* The caller owns the JSON only when it asked for it and nothing failed here. */
static int read_answer(const struct hearth_http_answer *got, json_t **ret_answer,
                       struct hearth_error *error)
{
    json_t *answer =
        got->body.length ? hearth_json_parse(got->body.bytes, got->body.length, NULL) : NULL;
    int rc = got->status >= 400 ? fault_of_answer(got->status, answer, error) : 0;
    if ((rc && rc != HEARTH_EUNTOLD) || !ret_answer)
        json_decref(answer);
    else
        *ret_answer = answer;
    return rc;
}

/* The key goes along with every request; an address that a server leads on to never gets it,
 * because redirects are not followed. */
int hearth_client_run(struct hearth_client *client, const struct hearth_client_call *call,
                      json_t **ret_answer, struct hearth_error *error)
{
    char type[160];
    const char *headers[3] = {NULL};
    size_t count = 0;
    struct hearth_buf body;
    if (call->body || call->read_body) {
        snprintf(type, sizeof(type), "Content-Type: %s",
                 call->body_type ? call->body_type : "application/json");
        headers[count++] = type;
    }
    if (call->header)
        headers[count++] = call->header;
    /* Room for prompts and files in `data:` URLs. */
    hearth_buf_init(&body, 64u << 20);
    if (ret_answer)
        *ret_answer = NULL;
    if (call->body && hearth_json_dump(&body, call->body)) {
        hearth_buf_finish(&body);
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the request is too large");
    }
    char *url = hearth_format("%s%s", client->base, call->path);
    struct hearth_http_request request = {
        .method = call->method,
        .url = url,
        .headers = headers,
        .bearer = *client->api_key ? client->api_key : NULL,
        .body = body.bytes,
        .body_length = call->read_body ? call->body_length : body.length,
        .read_body = call->read_body,
        .connect_timeout_ms = 5000,
        .idle_timeout_ms = call->idle_timeout_ms,
        /* No redirects: a bearer key must not follow an address that an answer chose. */
        .no_redirects = true,
        .on_body = call->on_body,
        .is_canceled = call->is_canceled,
        .argument = call->argument,
    };
    struct hearth_http_answer answer = {.status = 0};
    int rc = hearth_http_client_run(client->http, &request, &answer, error);
    if (rc == 0)
        rc = read_answer(&answer, ret_answer, error);
    hearth_http_answer_finish(&answer);
    hearth_free(url);
    hearth_buf_finish(&body);
    return rc;
}

int hearth_client_ask(const struct hearth_invocation *invocation,
                      const struct hearth_client_call *call, json_t **ret_answer,
                      struct hearth_error *error)
{
    struct hearth_client *client;
    int rc = hearth_client_need(invocation, &client, error);
    if (rc)
        return rc;
    rc = hearth_client_run(client, call, ret_answer, error);
    hearth_client_destroy(client);
    return rc;
}
