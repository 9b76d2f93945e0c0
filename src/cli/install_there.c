/* The half of `install` that a server does: it is asked, and followed by its progress. */
#include "cli/install_there.h"

#include "base/error.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/quantized.h"
#include "source/source.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* A file of this machine is read whole before the server answers. */
enum { READING_MS = 60 * 60 * 1000 };

/* The reason is copied, since it belongs to JSON or to a row that is freed before the end. */
void hearth_cli_warn(const struct hearth_cli_installs *install, struct hearth_cli_wanted *wanted,
                     const char *reason)
{
    wanted->warning =
        reason && *reason ? hearth_arena_strdup(install->invocation->arena, reason) : NULL;
}

/* A member is left out rather than sent as null, so that the server's default holds. */
static void put_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_string(text));
}

/* The texts come from this program's own writer of JSON; one that is none counts as absent. */
static void put_object(json_t *object, const char *key, const char *text)
{
    json_t *value = text ? hearth_json_parse(text, strlen(text), NULL) : NULL;
    if (value)
        json_object_set_new(object, key, value);
}

static json_t *request_json(const struct hearth_install_request *request)
{
    json_t *body = json_object();
    put_text(body, "source", request->source);
    put_text(body, "name", request->name);
    put_text(body, "version", request->label);
    put_text(body, "base", request->base);
    put_text(body, "quantize", request->quantize);
    put_text(body, "perplexity_text", request->perplexity_text);
    put_text(body, "task", request->task);
    put_text(body, "description", request->description);
    put_text(body, "device", request->device);
    put_object(body, "tags", request->tags_json);
    put_object(body, "settings", request->settings_json);
    return body;
}

/* By number, whatever the order of the answer. */
static const json_t *newest_version(const json_t *model)
{
    const json_t *newest = NULL, *version;
    size_t index;
    json_array_foreach(json_object_get(model, "versions"), index, version)
    {
        if (!newest ||
            hearth_json_integer(version, "version", 0) > hearth_json_integer(newest, "version", 0))
            newest = version;
    }
    return newest;
}

/* What Ctrl-C asks for. Only what is not installed yet: HEARTH_ECONFLICT when it has come to its
 * end before. */
static int cancel(const struct hearth_cli_installs *install, const struct hearth_cli_wanted *wanted,
                  struct hearth_error *error)
{
    struct hearth_arena *arena = install->invocation->arena;
    const char *tail =
        hearth_arena_format(arena, "/versions/%lld?unfinished=true", (long long)wanted->number);
    const struct hearth_client_call call = {
        .method = "DELETE", .path = hearth_client_path(arena, "/models/", wanted->name, tail)};
    int rc = hearth_client_run(install->client, &call, NULL, error);
    if (!rc || rc == HEARTH_ENOTFOUND)
        return hearth_error_set(error, HEARTH_ECANCELED, "canceled; %s:%lld is not installed",
                                wanted->name, (long long)wanted->number);
    if (rc == HEARTH_ECONFLICT)
        hearth_interrupt_forget();
    else
        hearth_error_prefix(error, "%s:%lld could not be canceled, and the server goes on",
                            wanted->name, (long long)wanted->number);
    return rc;
}

static void show_progress(struct hearth_progress *progress, const json_t *version)
{
    const json_t *fetched = json_object_get(version, "progress");
    if (fetched)
        hearth_progress_show(progress, hearth_json_integer(fetched, "bytes_done", 0),
                             hearth_json_integer(fetched, "bytes_total", -1));
}

static void finished(struct hearth_cli_installs *install, struct hearth_cli_wanted *wanted,
                     const json_t *version)
{
    hearth_cli_warn(install, wanted, hearth_json_text(version, "reason", NULL));
    wanted->quantized = hearth_quantized_json(version);
}

static int failed(const struct hearth_cli_wanted *wanted, const json_t *version,
                  struct hearth_error *error)
{
    int rc = hearth_error_set(error, HEARTH_EMODEL, "%s",
                              hearth_json_text(version, "reason", "the install failed"));
    if (!wanted->request.quantize)
        hearth_install_name_source(&wanted->request, error);
    return rc;
}

/* Follows what the server fetches until the version is ready, has failed, or was canceled. */
static int follow(struct hearth_cli_installs *install, struct hearth_cli_wanted *wanted,
                  struct hearth_error *error)
{
    struct hearth_progress progress;
    struct hearth_arena *arena = install->invocation->arena;
    const char *tail = hearth_arena_format(arena, "/versions/%lld", (long long)wanted->number);
    const struct hearth_client_call call = {
        .path = hearth_client_path(arena, "/models/", wanted->name, tail)};
    hearth_progress_begin(&progress, wanted->name);
    int rc = 0;
    for (bool done = false; !rc && !done;) {
        json_t *version = NULL;
        rc = hearth_client_run(install->client, &call, &version, error);
        const char *state = hearth_json_text(version, "state", "");
        show_progress(&progress, version);
        done = strcmp(state, "ready") == 0;
        if (done)
            finished(install, wanted, version);
        else if (!rc && strcmp(state, "failed") == 0)
            rc = failed(wanted, version, error);
        else if (!rc && hearth_interrupted() &&
                 (rc = cancel(install, wanted, error)) == HEARTH_ECONFLICT)
            rc = 0; /* it is ready: the next look tells it */
        json_decref(version);
        if (!rc && !done)
            nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL);
    }
    hearth_progress_end(&progress);
    return rc;
}

/* The model is there; what the server's tracking server does not know yet is worth a warning. */
static int or_untold(int rc, const struct hearth_error *error)
{
    if (rc != HEARTH_EUNTOLD)
        return rc;
    fprintf(stderr, "hearth: warning: %s\n", error->message);
    return 0;
}

static bool interrupted(void *argument)
{
    (void)argument;
    return hearth_interrupted();
}

/* POST /models makes a model. A conflict says that the name is taken: then the source becomes
 * another version of that model, as it would without a server. */
static int register_there(struct hearth_cli_installs *install,
                          const struct hearth_install_request *request, json_t **ret_model,
                          struct hearth_error *error)
{
    json_t *body = request_json(request);
    struct hearth_client_call call = {.method = "POST",
                                      .path = "/models",
                                      .body = body,
                                      .idle_timeout_ms = READING_MS,
                                      .is_canceled = interrupted};
    int rc = hearth_client_run(install->client, &call, ret_model, error);
    json_decref(body);
    if (rc != HEARTH_ECONFLICT || !request->name)
        return or_untold(rc, error);
    /* A version has no task or description of its own: those stay as the model has them. */
    body = json_object();
    put_text(body, "source", request->source);
    put_text(body, "label", request->label);
    put_text(body, "base", request->base);
    put_text(body, "quantize", request->quantize);
    put_text(body, "perplexity_text", request->perplexity_text);
    call.path =
        hearth_client_path(install->invocation->arena, "/models/", request->name, "/versions");
    call.body = body;
    rc = hearth_client_run(install->client, &call, ret_model, error);
    json_decref(body);
    return or_untold(rc, error);
}

/* The version that the request has made: unfinished, and of this source. 0: there is none. */
static int64_t unfinished_number(const json_t *model, const char *source)
{
    const json_t *version;
    size_t index;
    int64_t number = 0;
    json_array_foreach(json_object_get(model, "versions"), index, version)
    {
        const char *state = hearth_json_text(version, "state", "");
        bool is_unfinished = strcmp(state, "registered") == 0 || strcmp(state, "installing") == 0;
        if (is_unfinished && strcmp(hearth_json_text(version, "source", ""), source) == 0)
            number = hearth_json_integer(version, "version", 0);
    }
    return number;
}

/* Ctrl-C before the server has answered: it does so for a local file when that is installed. To go
 * away would not end it, so the rows that it has made by now are looked for. */
static int cancel_unanswered(struct hearth_cli_installs *install, struct hearth_cli_wanted *wanted,
                             struct hearth_error *error)
{
    const struct hearth_install_request *request = &wanted->request;
    struct hearth_arena *arena = install->invocation->arena;
    const char *path = request->source + strcspn(request->source, ":");
    json_t *model = NULL;
    wanted->name = request->name ? request->name : hearth_source_name(arena, path + (*path == ':'));
    wanted->number = 0;
    const struct hearth_client_call call = {
        .path = hearth_client_path(arena, "/models/", wanted->name ? wanted->name : "", "")};
    int rc = wanted->name ? hearth_client_run(install->client, &call, &model, error) : 0;
    if (!rc)
        wanted->number = unfinished_number(model, request->source);
    json_decref(model);
    rc = wanted->number
             ? cancel(install, wanted, error)
             : hearth_error_set(error, HEARTH_ECANCELED, "stopped before the server had begun");
    return rc == HEARTH_ECONFLICT ? follow(install, wanted, error) : rc;
}

static int one_there(struct hearth_cli_installs *install, struct hearth_cli_wanted *wanted,
                     struct hearth_error *error)
{
    json_t *model = NULL;
    int rc = register_there(install, &wanted->request, &model, error);
    if (rc == HEARTH_ECANCELED && hearth_interrupted())
        return cancel_unanswered(install, wanted, error);
    const char *name = hearth_json_text(model, "name", NULL);
    if (!rc && !name)
        rc = hearth_error_set(error, HEARTH_ENETWORK,
                              "the server's answer cannot be understood; is it a Hearth server?");
    if (!rc) {
        wanted->name = hearth_arena_strdup(install->invocation->arena, name);
        /* The newest version is the one that was just made, unless somebody else installs the same
         * model. */
        wanted->number = hearth_json_integer(newest_version(model), "version", 1);
        rc = follow(install, wanted, error);
    }
    json_decref(model);
    return rc;
}

/* One after the other: the server would fetch them side by side, but then no progress could be
 * shown. */
int hearth_cli_install_there(struct hearth_cli_installs *install, struct hearth_error *error)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < install->count; i++)
        rc = one_there(install, &install->wanted[i], error);
    return rc;
}
