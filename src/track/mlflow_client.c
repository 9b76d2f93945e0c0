#include "track/mlflow_client.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "net/http_client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CONNECT_MS = 5000,
    IDLE_MS = 10000,
    ANSWER_MS = 20000,    /* for a whole answer in JSON */
    FILE_IDLE_MS = 60000, /* the server may write to slow places before it answers */
    FILE_MS = 6 * 3600000,
    ANSWER_MAX = 8 << 20,
    URL_MAX = 8192,
    SAID_MAX = 160,
};

struct hearth_mlflow {
    struct hearth_mlflow_options options;
    struct hearth_http_client *client;
    char *base;          /* without '/' at the end */
    char *authorization; /* a header, or NULL */
    uint64_t deadline_ms;
    int file; /* that is being sent */
};

/* What curl itself makes of the address is looked at when it connects. */
int hearth_mlflow_check(const char *uri, struct hearth_error *error)
{
    const char *host = strncmp(uri, "http://", 7) == 0    ? uri + 7
                       : strncmp(uri, "https://", 8) == 0 ? uri + 8
                                                          : NULL;
    bool is_plain = host && *host && *host != '/' && strlen(uri) < 1024;
    for (const char *at = uri; is_plain && *at; at++)
        is_plain = (unsigned char)*at > ' ' && *at != 0x7f && !strchr("?#@\\", *at);
    if (is_plain)
        return 0;
    return hearth_error_set(error, HEARTH_EINVAL,
                            "mlflow_tracking_uri (MLFLOW_TRACKING_URI) must be "
                            "http(s)://HOST[:PORT][/PREFIX] of a tracking server; its user and "
                            "password are settings of their own");
}

static char *basic(const char *username, const char *password)
{
    char *pair = hearth_format("%s:%s", username, password);
    struct hearth_buf line;
    hearth_buf_init(&line, 16 << 10);
    hearth_buf_text(&line, "Authorization: Basic ");
    hearth_base64_append(&line, pair, strlen(pair));
    hearth_free(pair);
    char *text = hearth_buf_take(&line);
    hearth_buf_finish(&line);
    return text;
}

struct hearth_mlflow *hearth_mlflow_create(const struct hearth_mlflow_options *options)
{
    struct hearth_mlflow *mlflow = hearth_calloc(1, sizeof(*mlflow));
    size_t length = strlen(options->uri);
    while (length && options->uri[length - 1] == '/')
        length--;
    mlflow->options = *options;
    mlflow->base = hearth_strndup(options->uri, length);
    mlflow->client = hearth_http_client_create();
    mlflow->file = -1;
    if (*options->username)
        mlflow->authorization = basic(options->username, options->password);
    return mlflow;
}

void hearth_mlflow_destroy(struct hearth_mlflow *mlflow)
{
    if (!mlflow)
        return;
    hearth_http_client_destroy(mlflow->client);
    hearth_free(mlflow->base);
    hearth_free(mlflow->authorization);
    hearth_free(mlflow);
}

void hearth_mlflow_reply_finish(struct hearth_mlflow_reply *reply)
{
    json_decref(reply->json);
    reply->json = NULL;
}

bool hearth_mlflow_is_missing(const struct hearth_mlflow_reply *reply)
{
    return reply->status == 404 && strcmp(reply->code, "RESOURCE_DOES_NOT_EXIST") == 0;
}

bool hearth_mlflow_is_taken(const struct hearth_mlflow_reply *reply)
{
    return strcmp(reply->code, "RESOURCE_ALREADY_EXISTS") == 0;
}

void hearth_mlflow_escape(struct hearth_buf *buf, const char *text, bool is_path)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-~";
    for (; *text; text++) {
        if (strchr(plain, *text) || (is_path && *text == '/'))
            hearth_buf_char(buf, *text);
        else
            hearth_buf_printf(buf, "%%%02X", (unsigned char)*text);
    }
}

/* A server may drip its answer for ever; each byte would count as a sign of life. */
static bool is_over(void *argument)
{
    const struct hearth_mlflow *mlflow = argument;
    return hearth_clock_monotonic_ms() > mlflow->deadline_ms ||
           mlflow->options.is_stopped(mlflow->options.argument);
}

/* Text of a stranger in a message of ours: short, in one line, whole characters. */
static void copy_said(const char *said, char *ret_text, size_t size)
{
    size_t length = strlen(said);
    if (length > size - 1)
        length = hearth_utf8_whole(said, size - 1);
    for (size_t i = 0; i < length; i++)
        ret_text[i] = (unsigned char)said[i] < ' ' || said[i] == 0x7f ? ' ' : said[i];
    ret_text[length] = '\0';
}

static void explain_status(const struct hearth_mlflow *mlflow, const char *said,
                           struct hearth_mlflow_reply *reply)
{
    const char *place = mlflow->base;
    char quoted[SAID_MAX];
    copy_said(said, quoted, sizeof(quoted));
    if (reply->status == 401 || reply->status == 403)
        snprintf(reply->reason, sizeof(reply->reason),
                 "MLflow at %.100s does not accept the credentials (%d); see "
                 "MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD and MLFLOW_TRACKING_TOKEN",
                 place, reply->status);
    else if (reply->status >= 300 && reply->status < 400)
        snprintf(reply->reason, sizeof(reply->reason),
                 "MLflow at %.100s redirects elsewhere (%d), which is not followed", place,
                 reply->status);
    else
        snprintf(reply->reason, sizeof(reply->reason), "MLflow at %.100s answered %d%s%s%s", place,
                 reply->status, *quoted ? ": \"" : "", quoted, *quoted ? "\"" : "");
}

/* What is no JSON object did not come from MLflow: a proxy's page, another program at that port.
 * Only files are answered with nothing. */
static void read_answer(const struct hearth_mlflow *mlflow, const struct hearth_http_answer *answer,
                        struct hearth_mlflow_reply *reply)
{
    struct hearth_error ignored;
    json_t *json = hearth_json_parse(answer->body.bytes, answer->body.length, &ignored);
    bool is_object = json_is_object(json);
    reply->verdict = hearth_outbox_judge(0, reply->status);
    bool is_empty = mlflow->file >= 0 && answer->body.length == 0;
    if (reply->verdict == HEARTH_OUTBOX_TOLD && (is_object || is_empty)) {
        reply->json = json;
        return;
    }
    copy_said(hearth_json_text(json, "error_code", ""), reply->code, sizeof(reply->code));
    bool is_strange = reply->verdict == HEARTH_OUTBOX_TOLD ||
                      (!*reply->code && (reply->status == 404 || reply->status == 405));
    if (is_strange) {
        reply->verdict = HEARTH_OUTBOX_AWAY;
        snprintf(reply->reason, sizeof(reply->reason),
                 "what answers at %.100s is no MLflow tracking server (status %d)", mlflow->base,
                 reply->status);
    } else {
        explain_status(mlflow, hearth_json_text(json, "message", ""), reply);
    }
    json_decref(json);
}

static void run(struct hearth_mlflow *mlflow, struct hearth_http_request *request,
                struct hearth_mlflow_reply *reply)
{
    const char *headers[3] = {"Content-Type: application/json"};
    size_t count = 1;
    struct hearth_http_answer answer;
    struct hearth_error error;
    if (mlflow->authorization)
        headers[count++] = mlflow->authorization;
    else if (*mlflow->options.token)
        request->bearer = mlflow->options.token;
    if (request->read_body)
        headers[0] = "Content-Type: application/octet-stream";
    request->headers = headers;
    request->connect_timeout_ms = CONNECT_MS;
    request->body_max = ANSWER_MAX;
    request->no_redirects = true;
    request->is_canceled = is_over;
    request->argument = mlflow;
    int rc = hearth_http_client_run(mlflow->client, request, &answer, &error);
    if (rc) {
        reply->verdict = hearth_outbox_judge(rc, 0);
        bool late = hearth_clock_monotonic_ms() > mlflow->deadline_ms;
        snprintf(reply->reason, sizeof(reply->reason), "MLflow: %.280s",
                 late ? "no whole answer came in time" : error.message);
    } else {
        reply->status = answer.status;
        read_answer(mlflow, &answer, reply);
    }
    hearth_http_answer_finish(&answer);
}

enum hearth_outbox_verdict hearth_mlflow_ask(struct hearth_mlflow *mlflow, const char *method,
                                             const char *path, const json_t *body,
                                             struct hearth_mlflow_reply *ret_reply)
{
    struct hearth_buf text;
    *ret_reply = (struct hearth_mlflow_reply){.verdict = HEARTH_OUTBOX_REFUSED};
    hearth_buf_init(&text, 4 << 20);
    if (body && hearth_json_dump(&text, body)) {
        snprintf(ret_reply->reason, sizeof(ret_reply->reason), "what is to be told is too large");
        hearth_buf_finish(&text);
        return ret_reply->verdict;
    }
    char *url = hearth_format("%s/api/2.0/mlflow/%s", mlflow->base, path);
    struct hearth_http_request request = {
        .method = method,
        .url = url,
        .body = body ? text.bytes : NULL,
        .body_length = body ? text.length : 0,
        .idle_timeout_ms = IDLE_MS,
    };
    mlflow->deadline_ms = hearth_clock_monotonic_ms() + ANSWER_MS;
    run(mlflow, &request, ret_reply);
    hearth_free(url);
    hearth_buf_finish(&text);
    return ret_reply->verdict;
}

static int64_t read_file(void *argument, char *bytes, size_t size)
{
    const struct hearth_mlflow *mlflow = argument;
    ssize_t length;
    do
        length = read(mlflow->file, bytes, size);
    while (length < 0 && errno == EINTR);
    return length;
}

static void send_file(struct hearth_mlflow *mlflow, size_t size, const char *place,
                      struct hearth_mlflow_reply *reply)
{
    struct hearth_buf url;
    hearth_buf_init(&url, URL_MAX);
    hearth_buf_printf(&url, "%s/api/2.0/mlflow-artifacts/artifacts/", mlflow->base);
    hearth_mlflow_escape(&url, place, true);
    const char *address = hearth_buf_cstr(&url);
    struct hearth_http_request request = {
        .method = "PUT",
        .url = address,
        .body_length = size,
        .read_body = read_file,
        .idle_timeout_ms = FILE_IDLE_MS,
    };
    mlflow->deadline_ms = hearth_clock_monotonic_ms() + FILE_MS;
    if (address)
        run(mlflow, &request, reply);
    else
        snprintf(reply->reason, sizeof(reply->reason), "the name of %.200s is too long", place);
    hearth_buf_finish(&url);
}

enum hearth_outbox_verdict hearth_mlflow_put_file(struct hearth_mlflow *mlflow, const char *file,
                                                  const char *place,
                                                  struct hearth_mlflow_reply *ret_reply)
{
    struct stat facts;
    *ret_reply = (struct hearth_mlflow_reply){.verdict = HEARTH_OUTBOX_REFUSED};
    mlflow->file = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (mlflow->file < 0 || fstat(mlflow->file, &facts) || !S_ISREG(facts.st_mode))
        snprintf(ret_reply->reason, sizeof(ret_reply->reason), "%.200s cannot be read", file);
    else
        send_file(mlflow, (size_t)facts.st_size, place, ret_reply);
    if (mlflow->file >= 0)
        close(mlflow->file);
    mlflow->file = -1;
    return ret_reply->verdict;
}
