/* install: one source, or everything that models/ defines or hearth.lock pins; through the
 * server where one runs, else under the home's lock. */
#include "base/error.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/install_there.h"
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
#include <unistd.h>

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
static int settings_of_pairs(const struct hearth_cli_installs *install, const char **ret_text,
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
static int want_typed(struct hearth_cli_installs *install, struct hearth_error *error)
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
static int want_defined(struct hearth_cli_installs *install, struct hearth_error *error)
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
static int want_locked(struct hearth_cli_installs *install, const struct hearth_lock *lock,
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
static int pin(struct hearth_cli_installs *install, struct hearth_error *error)
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
static int collect(struct hearth_cli_installs *install, struct hearth_error *error)
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

/* A model that no engine serves is installed all the same, which is worth a warning but no failure.
 * So a store that cannot be asked is passed over. */
static void warn_here(struct hearth_cli_installs *install, struct hearth_store *store,
                      int64_t model_id, struct hearth_cli_wanted *wanted)
{
    struct hearth_version *version = NULL;
    struct hearth_error ignored;
    if (hearth_store_version_get(store, model_id, wanted->number, install->invocation->arena,
                                 &version, &ignored))
        return;
    hearth_cli_warn(install, wanted, version->state_reason);
    json_t *json = hearth_version_json(version);
    wanted->quantized = hearth_quantized_json(json);
    json_decref(json);
}

/* The first failure ends it; what was installed before that stays. */
static int install_here(struct hearth_cli_installs *install, struct hearth_error *error)
{
    struct hearth_storage local;
    int rc = hearth_local_open(install->invocation, true, &local, error);
    if (rc)
        return rc;
    for (size_t i = 0; !rc && i < install->count; i++) {
        struct hearth_cli_wanted *wanted = &install->wanted[i];
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

/* The warning goes to standard error, so that a script that reads the names is not disturbed. */
static void tell_one(const struct hearth_cli_wanted *wanted)
{
    printf("installed %s:%lld\n", wanted->name, (long long)wanted->number);
    hearth_quantized_print(wanted->quantized);
    if (wanted->warning)
        fprintf(stderr, "hearth: warning: %s:%lld cannot be served: %s\n", wanted->name,
                (long long)wanted->number, wanted->warning);
}

static int tell(const struct hearth_cli_installs *install, struct hearth_error *error)
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
    struct hearth_cli_installs install = {.invocation = invocation};
    int rc = hearth_client_find(invocation, &install.client, error);
    if (!rc)
        rc = collect(&install, error);
    if (!rc) {
        /* From here on the first Ctrl-C asks the work to stop, which keeps what was fetched for a
         * later try; before, it ends the program. */
        hearth_interrupt_watch();
        rc = install.client ? hearth_cli_install_there(&install, error)
                            : install_here(&install, error);
    }
    hearth_client_destroy(install.client);
    if (!rc)
        rc = tell(&install, error);
    for (size_t i = 0; i < install.count; i++)
        json_decref(install.wanted[i].quantized);
    return rc;
}
