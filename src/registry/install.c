/* hearth_install: claim the name → resolve → rows → fetch → check → links → ready.
 *
 * The rows are written in steps, each one piece of work on the store; nothing is ready before its
 * bytes are verified blobs and its links lie in place. What a killed process leaves is an
 * `installing` version and partial blobs, and the next install of that source takes up both. */
#include "registry/install.h"

#include "base/error.h"
#include "base/text.h"
#include "config/lock.h"
#include "registry/install_steps.h"
#include "registry/settings_fit.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int hearth_registry_on_store(struct hearth_registry *registry,
                             void (*work)(struct hearth_store *store, void *argument),
                             void *argument, struct hearth_error *error)
{
    if (!registry->on_store) {
        work(registry->store, argument);
        return 0;
    }
    int rc = registry->on_store(registry->on_store_argument, work, argument);
    return rc ? hearth_error_set(error, rc, "the registry's store: %s", hearth_error_row(rc)->text)
              : 0;
}

/* Two ways to fail: the work could not be run (rc), or it ran and failed (install->rc). */
int hearth_install_step(struct hearth_installing *install,
                        void (*work)(struct hearth_store *store, void *argument))
{
    int rc = hearth_registry_on_store(install->registry, work, install, install->error);
    return rc ? rc : install->rc;
}

int hearth_install_no_room(struct hearth_installing *install)
{
    return hearth_error_set(install->error, HEARTH_ETOOLARGE, "the model has too many files");
}

/* The claim is by name, so that two installs under one name exclude each other also before there is
 * a row. Its owner is host and home: one process at a time works on a home. */
static int choose_name(struct hearth_installing *install)
{
    install->name = install->request->name     ? install->request->name
                    : install->request->locked ? install->request->locked->name
                                               : install->source->name;
    if (!hearth_model_name_valid(install->name))
        return hearth_error_set(
            install->error, HEARTH_EINVAL,
            "a model's name must be " HEARTH_NAME_RULE ", but this is \"%.100s\"", install->name);
    snprintf(install->claim, sizeof(install->claim), "install:%s", install->name);
    char host[65] = "";
    gethostname(host, sizeof(host) - 1);
    snprintf(install->owner, sizeof(install->owner), "%s:%s", host,
             install->registry->home ? install->registry->home : "");
    return 0;
}

/* When the source tells all digests, the bytes need not come to be compared. */
static int find_same_before(struct hearth_installing *install)
{
    const struct hearth_source *source = install->source;
    /* Only filled in when the source tells every digest; a step that finds the same version needs
     * all of them. */
    install->files =
        hearth_arena_alloc(install->arena, source->file_count * sizeof(*install->files));
    if (!install->files)
        return hearth_install_no_room(install);
    for (size_t i = 0; i < source->file_count; i++) {
        if (!*source->files[i].sha256)
            return 0;
        install->files[i] = (struct hearth_file){.path = source->files[i].path,
                                                 .sha256 = source->files[i].sha256,
                                                 .size = source->files[i].size};
    }
    return hearth_install_step(install, hearth_install_find_same);
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* An engine that does not know this model (HEARTH_ENOTIMPL) is no reason to refuse it: another
 * build may. All other faults are the file's. */
static int probe(struct hearth_installing *install, const char *path, const char *adapter)
{
    struct hearth_registry *registry = install->registry;
    char engine[64] = "";
    struct hearth_buf facts;
    hearth_buf_init(&facts, 64 * 1024);
    int rc = registry->probe(registry->probe_argument, path, adapter, engine, sizeof(engine),
                             &facts, install->error);
    if (rc && adapter) {
        hearth_error_prefix(install->error, "%s:%lld does not fit its base %s:%lld", install->name,
                            (long long)install->version->number, install->base_model->name,
                            (long long)install->base_version->number);
        rc = rc == HEARTH_ENOTIMPL ? HEARTH_EMODEL : rc;
    } else if (rc == HEARTH_ENOTIMPL) {
        install->engine = "";
        install->reason = hearth_arena_strdup(install->arena, install->error->message);
        rc = install->reason ? 0 : hearth_install_no_room(install);
    } else if (rc) {
        /* Of a folder, the error names the file in it; its own name is only the version's number.
         */
        if (!is_folder(path) && !strstr(install->error->message, strrchr(path, '/')))
            hearth_error_prefix(install->error, "%.200s", strrchr(path, '/') + 1);
    } else {
        install->engine = hearth_arena_strdup(install->arena, engine);
        if (facts.length)
            install->facts_json = hearth_arena_strndup(install->arena, facts.bytes, facts.length);
        if (!install->engine || !install->facts_json)
            rc = hearth_install_no_room(install);
    }
    hearth_buf_finish(&facts);
    return rc;
}

/* An adapter is read beside its base, so that names, shapes and ranks are known to fit. Its rows
 * are not written yet, so the files are the install's. */
static int check_adapter(struct hearth_installing *install)
{
    char path[PATH_MAX], base[PATH_MAX];
    const struct hearth_model model = {.name = install->name};
    const struct hearth_version version = {.number = install->version->number,
                                           .state = HEARTH_VERSION_READY,
                                           .files = install->files,
                                           .file_count = install->source->file_count};
    int rc = hearth_registry_adapter_path(install->registry, &model, &version, path, sizeof(path),
                                          install->error);
    if (!rc)
        rc = hearth_registry_path(install->registry, install->base_model, install->base_version,
                                  base, sizeof(base), install->error);
    install->engine = install->base_version->engine;
    if (rc || !install->registry->probe)
        return rc;
    rc = probe(install, base, path);
    return rc ? rc : hearth_install_step(install, hearth_install_check_settings);
}

/* The header is read in a sandboxed worker, through the links that an engine will be given. */
static int check_model(struct hearth_installing *install)
{
    char path[PATH_MAX];
    install->facts_json = "{}";
    install->reason = "";
    int rc = hearth_model_form_check(install->registry, install->files, install->source->file_count,
                                     &install->engine, install->error);
    if (!rc)
        rc = hearth_active_links_make(install->registry, install->name, install->version->number,
                                      install->files, install->source->file_count, path,
                                      sizeof(path), install->error);
    if (!rc && install->base_version)
        return check_adapter(install);
    if (rc || !install->registry->probe)
        return rc;
    rc = probe(install, path, NULL);
    return rc ? rc : hearth_install_step(install, hearth_install_check_settings);
}

/* `files` stays NULL until all have come: the rows that are written after a failure must not name
 * bytes that are not there. */
static int fetch(struct hearth_installing *install)
{
    const struct hearth_fetch_plan plan = {.source = install->source,
                                           .locked = install->request->locked,
                                           .progress = install->progress,
                                           .parallel = install->request->parallel,
                                           .on_tick = hearth_install_renew_claim,
                                           .argument = install,
                                           .ret_bytes_came = &install->bytes_came};
    struct hearth_file *files =
        hearth_arena_alloc(install->arena, install->source->file_count * sizeof(*files));
    if (!files)
        return hearth_install_no_room(install);
    size_t count = 0;
    install->files = NULL;
    int rc = hearth_registry_fetch_all(install->registry, &plan, install->arena, files, &count,
                                       install->error);
    if (!rc) {
        install->files = files;
    } else if (rc == HEARTH_ECANCELED && hearth_fetch_is_unwanted(install->progress)) {
        install->unwanted = files;
        install->unwanted_count = count;
        hearth_install_step(install, hearth_install_forget_bytes);
    }
    return rc;
}

/* The version is there. Its bytes may not be any more: those that are missing come again. */
static int mend(struct hearth_installing *install)
{
    char path[PATH_MAX];
    int rc = hearth_install_blobs_present(install) ? 0 : fetch(install);
    if (!rc)
        rc = hearth_active_links_make(install->registry, install->name, install->same_number,
                                      install->files, install->source->file_count, path,
                                      sizeof(path), install->error);
    return rc ? rc : hearth_install_step(install, hearth_install_put_model);
}

/* Only after the bytes came is it known whether they are a version that is there already; then the
 * row made for them goes. */
static int bring(struct hearth_installing *install)
{
    int rc = install->make ? install->make(install) : 0;
    if (!rc)
        rc = fetch(install);
    if (!rc)
        rc = hearth_install_step(install, hearth_install_find_same);
    if (rc || install->same_number)
        return rc ? rc : hearth_install_step(install, hearth_install_drop_version);
    rc = hearth_install_step(install, hearth_install_put_version);
    if (!rc)
        rc = check_model(install);
    return rc ? rc : hearth_install_step(install, hearth_install_finish_rows);
}

int hearth_install_run(struct hearth_installing *install)
{
    int rc = find_same_before(install);
    if (!rc && install->same_number)
        return mend(install);
    if (!rc)
        rc = hearth_install_step(install, hearth_install_put_rows);
    if (rc)
        return rc;
    rc = bring(install);
    if (rc) {
        /* Links are made before the model is tried, so they may be there already. */
        if (install->version)
            hearth_active_links_remove(install->registry, install->name, install->version->number);
        hearth_install_step(install, hearth_install_fail_rows);
    }
    return rc;
}

/* Released whatever happened; after a kill the lease ends by itself, or the home's next process
 * takes it over. */
static int run_claimed(struct hearth_installing *install)
{
    int rc = hearth_install_claim(install);
    if (rc)
        return rc;
    rc = hearth_install_run(install);
    if (!rc && install->request->quantize)
        rc = hearth_install_quantize(install);
    hearth_install_unclaim(install);
    return rc;
}

/* What the source is called in an error: a file without its folders, an address without what stands
 * behind '?', which may be secret. */
static const char *title_of(const struct hearth_install_request *request, int *ret_length)
{
    const char *title = request->source ? request->source : request->locked->source;
    if (strncmp(title, "file:", 5) == 0) {
        const char *slash = strrchr(title, '/');
        title = slash && slash[1] ? slash + 1 : title;
    }
    *ret_length = (int)strcspn(title, "?");
    return title;
}

/* Says which model could not be installed where the fault lies with it or with where it comes from;
 * other errors (no room, a store that is locked) speak for themselves. What the message begins with
 * is not said twice. */
void hearth_install_name_source(const struct hearth_install_request *request,
                                struct hearth_error *error)
{
    static const int faults_of_model[] = {HEARTH_ENETWORK,  HEARTH_ETIMEOUT, HEARTH_EFORBIDDEN,
                                          HEARTH_EMODEL,    HEARTH_ENOTIMPL, HEARTH_EPATH,
                                          HEARTH_ENOTFOUND, HEARTH_EPARSE,   HEARTH_ETOOLARGE};
    bool is_fault = false;
    for (size_t i = 0; i < sizeof(faults_of_model) / sizeof(faults_of_model[0]); i++)
        is_fault = is_fault || faults_of_model[i] == error->code;
    if (!is_fault || (!request->source && !request->locked))
        return;
    int length;
    const char *title = title_of(request, &length);
    /* A copy, since the message is written anew out of itself. */
    const struct hearth_error plain = *error;
    const char *reason = plain.message;
    if (strncmp(reason, title, (size_t)length) == 0 && strncmp(reason + length, ": ", 2) == 0)
        reason += length + 2;
    hearth_error_set(error, plain.code, "%.*s cannot be installed: %s", length > 300 ? 300 : length,
                     title, reason);
}

/* Up to the claim: what is to come, under which name, and whether it can be done at all. */
static int prepare(struct hearth_installing *install)
{
    const struct hearth_install_request *request = install->request;
    int rc = 0;
    if (!request->source && !request->locked)
        rc = hearth_error_set(install->error, HEARTH_EINVAL, "there is no source to install from");
    if (!rc && request->settings_json)
        rc = hearth_settings_fit(request->settings_json, "{}", install->error);
    /* A registered version has its name from its model, whatever the source would call it. */
    if (!rc && request->model_id)
        rc = hearth_install_step(install, hearth_install_read_name);
    if (rc)
        return rc;
    rc = hearth_install_resolve(install);
    if (!rc && request->quantize)
        rc = hearth_install_quantize_check(install);
    if (rc && request->model_id && request->version_number)
        hearth_install_step(install, hearth_install_fail_registered);
    if (!rc && (request->base || request->version_number))
        rc = hearth_install_step(install, hearth_install_find_base);
    return rc ? rc : choose_name(install);
}

static int64_t number_of(const struct hearth_installing *install)
{
    if (install->quantized_number)
        return install->quantized_number;
    return install->same_number ? install->same_number : install->version->number;
}

int hearth_install(struct hearth_registry *registry, const struct hearth_install_request *request,
                   struct hearth_fetch_progress *progress, int64_t *ret_model_id,
                   int64_t *ret_number, struct hearth_error *error)
{
    struct hearth_error why = {0};
    struct hearth_installing install = {.registry = registry,
                                        .request = request,
                                        .progress = progress,
                                        .arena = hearth_arena_create(HEARTH_REGISTRY_ARENA_MAX),
                                        .error = &why};
    int rc = prepare(&install);
    if (!rc)
        rc = run_claimed(&install);
    if (rc && request->quantized_number)
        hearth_install_quantize_give_up(&install);
    if (!rc) {
        *ret_model_id = install.model_id;
        *ret_number = number_of(&install);
    } else {
        why.code = rc;
        if (!install.is_there)
            hearth_install_name_source(request, &why);
        hearth_error_set(error, rc, "%s", why.message);
    }
    hearth_arena_destroy(install.arena);
    return rc;
}
