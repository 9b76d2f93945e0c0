/* install: one source, or everything that models/ defines or hearth.lock pins; through the
 * server where one runs, else under the home's lock. */
#include "base/error.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/local.h"
#include "cli/print_json.h"
#include "cli/progress.h"
#include "cli/quantized.h"
#include "config/lock.h"
#include "config/model_settings.h"
#include "registry/model_json.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* One install to be done. */
struct wanted {
    struct hearth_install_request request;
    int64_t number; /* the version that came of it */
    const char *name;
    const char *warning; /* why no engine serves it, or NULL */
    json_t *quantized;   /* what quantizing it has cost, or NULL */
};

struct install {
    struct hearth_invocation *invocation;
    struct hearth_client *client; /* NULL: here */
    struct wanted *wanted;
    size_t count;
};

/* A path that was typed is meant from the current folder, and a server has another one. A path
 * without a scheme is a file: source. */
static const char *absolute_source(struct hearth_arena *arena, const char *source)
{
    char path[PATH_MAX];
    size_t scheme = 0;
    if (strncmp(source, "file:", 5) == 0 || strncmp(source, "fake:", 5) == 0)
        scheme = 5;
    else if (strchr(source, ':') || access(source, F_OK))
        return source;
    if (!realpath(source + scheme, path)) {
        bool is_relative = strncmp(source, "file:", 5) == 0 && source[5] && source[5] != '/';
        if (!is_relative || !realpath(".", path))
            return source;
        const char *whole = hearth_arena_format(arena, "file:%s/%s", path, source + scheme);
        return whole ? whole : source; /* the server says that it is not there */
    }
    /* Both schemes have 5 letters with their colon, so the same cut serves for them. */
    return hearth_arena_format(arena, "%.*s%s", scheme ? 5 : 5, scheme ? source : "file:", path);
}

/* The pairs of an option as the text of a JSON object; NULL when there are none. */
static int text_of_pairs(const struct hearth_invocation *invocation, const char *option, bool typed,
                         const char **ret_text, struct hearth_error *error)
{
    json_t *object;
    *ret_text = NULL;
    int rc = hearth_invocation_pairs(invocation, option, typed, &object, error);
    if (rc)
        return rc;
    struct hearth_buf text;
    hearth_buf_init(&text, 1 << 20);
    if (json_object_size(object) && hearth_json_dump(&text, object) == 0)
        *ret_text = hearth_arena_strdup(invocation->arena, hearth_buf_cstr(&text));
    hearth_buf_finish(&text);
    json_decref(object);
    return 0;
}

/* A server checks them itself, and knows best what it has. */
static int settings_of_pairs(const struct install *install, const char **ret_text,
                             struct hearth_error *error)
{
    int rc = text_of_pairs(install->invocation, "set", true, ret_text, error);
    if (rc || install->client || !*ret_text)
        return rc;
    json_t *settings = hearth_json_parse(*ret_text, strlen(*ret_text), NULL);
    rc = hearth_model_settings_check(settings, install->invocation->arena, NULL, error);
    json_decref(settings);
    return rc;
}

/* One source from the command line, with what the options say of it. */
static int want_typed(struct install *install, struct hearth_error *error)
{
    struct hearth_invocation *invocation = install->invocation;
    install->wanted = hearth_arena_alloc(invocation->arena, sizeof(*install->wanted));
    install->count = 1;
    struct hearth_install_request *request = &install->wanted->request;
    request->source = invocation->arguments[0];
    /* A server that --url names may be on another machine, where this machine's paths mean nothing.
     */
    if (!install->client || !hearth_client_is_named(install->client))
        request->source = absolute_source(invocation->arena, request->source);
    request->name = hearth_invocation_option(invocation, "name");
    request->label = hearth_invocation_option(invocation, "label");
    request->base = hearth_invocation_option(invocation, "base");
    request->task = hearth_invocation_option(invocation, "task");
    request->description = hearth_invocation_option(invocation, "description");
    request->device = hearth_invocation_option(invocation, "device");
    if (request->name && !hearth_model_name_valid(request->name))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "a model's name must be " HEARTH_NAME_RULE ", but this is '%s'",
                                request->name);
    /* The server checks the same. Here a slip is told before anything is sent. */
    int rc = hearth_source_check(request->source, error);
    if (!rc)
        rc = hearth_quantize_options(invocation, &request->quantize, &request->perplexity_text,
                                     error);
    if (!rc && install->client)
        rc = hearth_source_check_remote(request->source, error);
    if (!rc)
        rc = text_of_pairs(invocation, "tag", false, &request->tags_json, error);
    return rc ? rc : settings_of_pairs(install, &request->settings_json, error);
}

/* An empty text in a definition means that nothing was said, for which a request has NULL. */
static void want_definition(struct hearth_install_request *request,
                            const struct hearth_definition *definition)
{
    *request = (struct hearth_install_request){
        .source = definition->source,
        .name = definition->name,
        .label = *definition->label ? definition->label : NULL,
        .task = *definition->task ? definition->task : NULL,
        .description = *definition->description ? definition->description : NULL,
        .device = definition->device,
        .tags_json = definition->tags_json,
        .settings_json = definition->settings_json,
    };
}

/* Everything in models/, in the order of the files' names. */
static int want_defined(struct install *install, struct hearth_error *error)
{
    struct hearth_invocation *invocation = install->invocation;
    if (!invocation->origins.config_path)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "there is no hearth.yml here; name a source, for example: "
                                "hearth install file:model.gguf --name mine");
    const char *folder =
        hearth_arena_format(invocation->arena, "%s/models", invocation->origins.project_directory);
    struct hearth_definition *definitions = NULL;
    size_t count = 0;
    int rc = hearth_definitions_read(folder, invocation->arena, &definitions, &count,
                                     &invocation->faults, error);
    if (rc)
        return rc;
    if (count == 0)
        return hearth_error_set(error, HEARTH_EINVAL, "there are no definitions in %s", folder);
    install->wanted = hearth_arena_alloc(invocation->arena, count * sizeof(*install->wanted));
    if (!install->wanted)
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory");
    install->count = count;
    for (size_t i = 0; i < count; i++)
        want_definition(&install->wanted[i].request, &definitions[i]);
    return 0;
}

static int read_lock(struct hearth_invocation *invocation, struct hearth_lock **ret_lock,
                     struct hearth_error *error)
{
    const char *path = hearth_arena_format(invocation->arena, "%s/hearth.lock",
                                           invocation->origins.project_directory);
    return hearth_lock_read(path, invocation->arena, ret_lock, error);
}

/* Without definitions, and nothing typed: what the lock itself says. */
static int want_locked(struct install *install, const struct hearth_lock *lock,
                       struct hearth_error *error)
{
    install->wanted =
        hearth_arena_alloc(install->invocation->arena, lock->count * sizeof(*install->wanted));
    if (!install->wanted)
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory");
    install->count = lock->count;
    for (size_t i = 0; i < lock->count; i++)
        install->wanted[i].request = (struct hearth_install_request){
            .source = lock->entries[i].source,
            .name = lock->entries[i].name,
        };
    return 0;
}

/* With --locked, what is installed is exactly what the lock says, whatever the definitions say. */
static int pin(struct install *install, struct hearth_error *error)
{
    struct hearth_lock *lock = NULL;
    int rc = read_lock(install->invocation, &lock, error);
    if (rc)
        return rc;
    if (install->count == 0)
        rc = want_locked(install, lock, error);
    if (rc)
        return rc;
    for (size_t i = 0; i < install->count; i++) {
        struct hearth_install_request *request = &install->wanted[i].request;
        /* The lock knows models by name, so a source that was typed needs one to be looked up by.
         */
        if (!request->name)
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "--locked needs --name, to find the model in hearth.lock");
        request->locked = hearth_lock_find(lock, request->name);
        if (!request->locked)
            return hearth_error_set(error, HEARTH_ENOTFOUND,
                                    "hearth.lock has no model '%s'; run `hearth lock` where it "
                                    "is installed",
                                    request->name);
    }
    return 0;
}

/* What is to be installed: the source that was typed, else the definitions, else with --locked what
 * the lock names. */
static int collect(struct install *install, struct hearth_error *error)
{
    bool locked = install->invocation->settings->locked;
    if (locked && install->client)
        return hearth_error_set(error, HEARTH_EINUSE,
                                "a server runs on this home; stop it before `install --locked`");
    int rc = 0;
    if (install->invocation->argument_count)
        rc = want_typed(install, error);
    else if (!locked)
        rc = want_defined(install, error);
    else if (want_defined(install, error))
        install->count = 0; /* the lock alone is enough */
    return rc || !locked ? rc : pin(install, error);
}

/* The reason is copied, since it belongs to JSON or to a row that is freed before the end. */
static void warn(struct install *install, struct wanted *wanted, const char *reason)
{
    wanted->warning =
        reason && *reason ? hearth_arena_strdup(install->invocation->arena, reason) : NULL;
}

/* A model that no engine serves is installed all the same, which is worth a warning but no failure.
 * So a store that cannot be asked is passed over. */
static void warn_here(struct install *install, struct hearth_store *store, int64_t model_id,
                      struct wanted *wanted)
{
    struct hearth_version *version = NULL;
    struct hearth_error ignored;
    if (hearth_store_version_get(store, model_id, wanted->number, install->invocation->arena,
                                 &version, &ignored))
        return;
    warn(install, wanted, version->state_reason);
    json_t *json = hearth_version_json(version);
    wanted->quantized = hearth_quantized_json(json);
    json_decref(json);
}

/* The first failure ends it; what was installed before that stays. */
static int install_here(struct install *install, struct hearth_error *error)
{
    struct hearth_storage local;
    int rc = hearth_local_open(install->invocation, true, &local, error);
    if (rc)
        return rc;
    for (size_t i = 0; !rc && i < install->count; i++) {
        struct wanted *wanted = &install->wanted[i];
        struct hearth_progress progress;
        int64_t id = 0;
        /* Somebody is watching: a failure is told here, so its row need not stay to tell it later.
         */
        wanted->request.forget_failed = true;
        wanted->request.parallel = (unsigned)install->invocation->settings->download_parallel;
        hearth_progress_begin(&progress,
                              wanted->request.name ? wanted->request.name : wanted->request.source);
        rc = hearth_install(&local.registry, &wanted->request, &progress.fetch, &id,
                            &wanted->number, error);
        hearth_progress_end(&progress);
        if (rc)
            break;
        struct hearth_model *model = NULL;
        rc = hearth_store_model_get_id(local.store, id, install->invocation->arena, &model, error);
        wanted->name = rc ? NULL : model->name;
        if (!rc)
            warn_here(install, local.store, id, wanted);
    }
    hearth_storage_close(&local);
    return rc;
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

/* Follows what the server fetches until the version is ready or has failed. */
static int follow(struct install *install, struct wanted *wanted, struct hearth_error *error)
{
    const char *name = wanted->name;
    int64_t number = wanted->number;
    struct hearth_progress progress;
    struct hearth_arena *arena = install->invocation->arena;
    const char *tail = hearth_arena_format(arena, "/versions/%lld", (long long)number);
    const struct hearth_client_call call = {.path =
                                                hearth_client_path(arena, "/models/", name, tail)};
    hearth_progress_begin(&progress, name);
    int rc = 0;
    for (bool done = false; !rc && !done;) {
        json_t *version = NULL;
        rc = hearth_client_run(install->client, &call, &version, error);
        const char *state = hearth_json_text(version, "state", "");
        const json_t *fetched = json_object_get(version, "progress");
        if (fetched)
            hearth_progress_show(&progress, hearth_json_integer(fetched, "bytes_done", 0),
                                 hearth_json_integer(fetched, "bytes_total", -1));
        done = strcmp(state, "ready") == 0;
        if (done) {
            warn(install, wanted, hearth_json_text(version, "reason", NULL));
            wanted->quantized = hearth_quantized_json(version);
        }
        if (!rc && strcmp(state, "failed") == 0) {
            rc = hearth_error_set(error, HEARTH_EMODEL, "%s",
                                  hearth_json_text(version, "reason", "the install failed"));
            if (!wanted->request.quantize)
                hearth_install_name_source(&wanted->request, error);
        }
        /* The first Ctrl-C stops only the watching: the server's install belongs to no client. */
        if (!rc && !done && hearth_interrupted())
            rc = hearth_error_set(error, HEARTH_ECANCELED,
                                  "stopped watching; the server goes on fetching %s", name);
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

/* POST /models makes a model. A conflict says that the name is taken: then the source becomes
 * another version of that model, as it would without a server. */
static int register_there(struct install *install, const struct hearth_install_request *request,
                          json_t **ret_model, struct hearth_error *error)
{
    json_t *body = request_json(request);
    struct hearth_client_call call = {.method = "POST", .path = "/models", .body = body};
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

/* One after the other: the server would fetch them side by side, but then no progress could be
 * shown. */
static int install_there(struct install *install, struct hearth_error *error)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < install->count; i++) {
        struct wanted *wanted = &install->wanted[i];
        json_t *model = NULL;
        rc = register_there(install, &wanted->request, &model, error);
        const char *name = hearth_json_text(model, "name", NULL);
        if (!rc && !name)
            rc = hearth_error_set(
                error, HEARTH_ENETWORK,
                "the server's answer cannot be understood; is it a Hearth server?");
        if (!rc) {
            wanted->name = hearth_arena_strdup(install->invocation->arena, name);
            /* The newest version is the one that was just made, unless somebody else installs the
             * same model. */
            wanted->number = hearth_json_integer(newest_version(model), "version", 1);
            rc = follow(install, wanted, error);
        }
        json_decref(model);
    }
    return rc;
}

/* The warning goes to standard error, so that a script that reads the names is not disturbed. */
static void tell_one(const struct wanted *wanted)
{
    printf("installed %s:%lld\n", wanted->name, (long long)wanted->number);
    hearth_quantized_print(wanted->quantized);
    if (wanted->warning)
        fprintf(stderr, "hearth: warning: %s:%lld cannot be served: %s\n", wanted->name,
                (long long)wanted->number, wanted->warning);
}

static int tell(const struct install *install, struct hearth_error *error)
{
    json_t *list = json_array();
    for (size_t i = 0; i < install->count; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:I, s:s*, s:o*}", "name", install->wanted[i].name,
                                        "version", (json_int_t)install->wanted[i].number, "warning",
                                        install->wanted[i].warning, "quantized",
                                        json_incref(install->wanted[i].quantized)));
    if (install->invocation->json)
        return hearth_print_json(json_pack("{s:o}", "installed", list), error);
    json_decref(list);
    for (size_t i = 0; i < install->count; i++)
        tell_one(&install->wanted[i]);
    return 0;
}

int hearth_cli_install(struct hearth_invocation *invocation, struct hearth_error *error)
{
    struct install install = {.invocation = invocation};
    int rc = hearth_client_find(invocation, &install.client, error);
    if (!rc)
        rc = collect(&install, error);
    if (!rc) {
        /* From here on the first Ctrl-C asks the work to stop, which keeps what was fetched for a
         * later try; before, it ends the program. */
        hearth_interrupt_watch();
        rc = install.client ? install_there(&install, error) : install_here(&install, error);
    }
    hearth_client_destroy(install.client);
    if (!rc)
        rc = tell(&install, error);
    for (size_t i = 0; i < install.count; i++)
        json_decref(install.wanted[i].quantized);
    return rc;
}
