/* hearth_install: claim the name → resolve → rows → fetch → check → links → ready.
 *
 * The rows are written in steps, each one piece of work on the store; nothing is ready before its
 * bytes are verified blobs and its links lie in place. What a killed process leaves is an
 * `installing` version and partial blobs, and the next install of that source takes up both. */
#include "registry/install.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "blob/blob.h"
#include "config/lock.h"
#include "registry/registry_parts.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LEASE_MS 60000
#define RENEW_MS 15000

struct install {
    struct hearth_registry *registry;
    const struct hearth_install_request *request;
    struct hearth_fetch_progress *progress;
    struct hearth_arena *arena;
    struct hearth_source *source;
    const char *text; /* of the source */
    const char *name;
    char claim[128], owner[PATH_MAX + 96];
    int64_t fence;
    uint64_t claimed_ms;
    int64_t model_id;
    struct hearth_version *version; /* ours, as it stands in the store */
    struct hearth_file *files;      /* what came */
    const char *engine, *facts_json;
    int64_t same_number; /* a ready version with the same bytes, or 0 */
    int rc;              /* outcome of a step on the store */
    struct hearth_error *error;
};

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

static int step(struct install *install, void (*work)(struct hearth_store *store, void *argument))
{
    int rc = hearth_registry_on_store(install->registry, work, install, install->error);
    return rc ? rc : install->rc;
}

static int no_room(struct install *install)
{
    return hearth_error_set(install->error, HEARTH_ETOOLARGE, "the model has too many files");
}

/* Names in work within this process. The store's claim is taken in the name of the home, because a
 * home belongs to one process at a time: so the next one can go on at once after a kill. */
static pthread_mutex_t names_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct named {
    struct named *next;
    const char *claim;
    const struct hearth_store *store;
} * names;

static bool enter_name(struct named *own)
{
    bool is_free = true;
    pthread_mutex_lock(&names_mutex);
    for (struct named *other = names; other; other = other->next)
        if (other->store == own->store && strcmp(other->claim, own->claim) == 0)
            is_free = false;
    if (is_free) {
        own->next = names;
        names = own;
    }
    pthread_mutex_unlock(&names_mutex);
    return is_free;
}

static void leave_name(struct named *own)
{
    pthread_mutex_lock(&names_mutex);
    for (struct named **at = &names; *at; at = &(*at)->next)
        if (*at == own) {
            *at = own->next;
            break;
        }
    pthread_mutex_unlock(&names_mutex);
}

static void claim_on_store(struct hearth_store *store, void *argument)
{
    struct install *install = argument;
    install->rc = hearth_store_claim(store, install->claim, install->owner, LEASE_MS,
                                     hearth_clock_wall_ms(), &install->fence, install->error);
    install->claimed_ms = hearth_clock_monotonic_ms();
}

static void release_on_store(struct hearth_store *store, void *argument)
{
    struct install *install = argument;
    install->rc = hearth_store_release(store, install->claim, install->fence, NULL);
}

static int renew_claim(void *argument, struct hearth_error *error)
{
    struct install *install = argument;
    if (hearth_clock_monotonic_ms() - install->claimed_ms < RENEW_MS)
        return 0;
    struct hearth_error *outer = install->error;
    install->error = error;
    int rc = step(install, claim_on_store);
    install->error = outer;
    return rc;
}

/* What the lock says, as a source whose files are all here already; else NULL. */
static struct hearth_source *source_of_lock(struct install *install)
{
    const struct hearth_lock_entry *locked = install->request->locked;
    struct hearth_arena *arena = install->arena;
    struct hearth_source *source = hearth_arena_alloc(arena, sizeof(*source));
    struct hearth_source_file *files =
        hearth_arena_alloc(arena, locked->file_count * sizeof(*files));
    if (!source || !files)
        return NULL;
    for (size_t i = 0; i < locked->file_count; i++) {
        int64_t size;
        if (!hearth_blob_exists(install->registry->blobs, locked->files[i].sha256, &size))
            return NULL;
        files[i] = (struct hearth_source_file){.path = locked->files[i].path,
                                               .size = size,
                                               .sha256 = locked->files[i].sha256,
                                               .etag = "",
                                               .url = ""};
    }
    *source = (struct hearth_source){.scheme = "file",
                                     .text = locked->source,
                                     .revision = locked->revision,
                                     .name = locked->name,
                                     .files = files,
                                     .file_count = locked->file_count};
    return source;
}

/* The source's files in the order of the lock, and no others. */
static int keep_locked_files(struct install *install)
{
    const struct hearth_lock_entry *locked = install->request->locked;
    struct hearth_source *source = install->source;
    struct hearth_source_file *kept =
        hearth_arena_alloc(install->arena, locked->file_count * sizeof(*kept));
    if (!kept)
        return no_room(install);
    for (size_t i = 0; i < locked->file_count; i++) {
        size_t at = 0;
        while (at < source->file_count &&
               strcmp(source->files[at].path, locked->files[i].path) != 0)
            at++;
        if (at == source->file_count)
            return hearth_error_set(install->error, HEARTH_EDIGEST,
                                    "hearth.lock has the file %.200s, but %.200s does not",
                                    locked->files[i].path, install->text);
        kept[i] = source->files[at];
        kept[i].sha256 = locked->files[i].sha256;
        if (kept[i].size >= 0 && kept[i].size != locked->files[i].size)
            return hearth_error_set(install->error, HEARTH_EDIGEST,
                                    "%.200s has %lld bytes at the source, %lld in hearth.lock",
                                    kept[i].path, (long long)kept[i].size,
                                    (long long)locked->files[i].size);
    }
    source->files = kept;
    source->file_count = locked->file_count;
    source->revision = locked->revision;
    return 0;
}

static int resolve(struct install *install)
{
    const struct hearth_lock_entry *locked = install->request->locked;
    install->text = locked ? locked->source : install->request->source;
    if (locked && (install->source = source_of_lock(install)))
        return 0;
    int rc = hearth_source_resolve(install->text, locked ? locked->revision : NULL,
                                   install->registry->sources, install->arena, &install->source,
                                   install->error);
    return rc || !locked ? rc : keep_locked_files(install);
}

static int choose_name(struct install *install)
{
    install->name = install->request->name     ? install->request->name
                    : install->request->locked ? install->request->locked->name
                                               : install->source->name;
    if (!hearth_model_name_valid(install->name))
        return hearth_error_set(install->error, HEARTH_EINVAL,
                                "\"%.100s\" is no name for a model: letters, digits, '.', '_' and "
                                "'-', at most 96, not only digits",
                                install->name);
    snprintf(install->claim, sizeof(install->claim), "install:%s", install->name);
    char host[65] = "";
    gethostname(host, sizeof(host) - 1);
    snprintf(install->owner, sizeof(install->owner), "%s:%s", host,
             install->registry->home ? install->registry->home : "");
    return 0;
}

/* The model's row, made or brought up to date with what the request says. */
static int put_model(struct install *install, struct hearth_store *store)
{
    const struct hearth_install_request *request = install->request;
    struct hearth_model *there = NULL;
    int rc = request->model_id ? hearth_store_model_get_id(store, request->model_id, install->arena,
                                                           &there, install->error)
                               : hearth_store_model_get(store, install->name, install->arena,
                                                        &there, install->error);
    bool is_absent = !request->model_id && (rc == HEARTH_ENOTFOUND || rc == HEARTH_ENOMODEL);
    if (rc && !is_absent)
        return rc;
    struct hearth_model model = {.name = install->name,
                                 .task = "",
                                 .description = "",
                                 .tags_json = "{}",
                                 .base_model = "",
                                 .device = "auto",
                                 .settings_json = "{}"};
    if (there)
        model = *there;
    if (request->task)
        model.task = request->task;
    if (request->description)
        model.description = request->description;
    if (request->tags_json)
        model.tags_json = request->tags_json;
    if (request->device)
        model.device = request->device;
    if (request->settings_json)
        model.settings_json = request->settings_json;
    int64_t now_ms = hearth_clock_wall_ms();
    install->model_id = model.id;
    if (is_absent)
        return hearth_store_model_create(store, &model, now_ms, &install->model_id, install->error);
    bool is_changed = strcmp(model.task, there->task) != 0 ||
                      strcmp(model.description, there->description) != 0 ||
                      strcmp(model.tags_json, there->tags_json) != 0 ||
                      strcmp(model.device, there->device) != 0 ||
                      strcmp(model.settings_json, there->settings_json) != 0;
    return is_changed ? hearth_store_model_update(store, &model, now_ms, install->error) : 0;
}

static const char *digest_of(const struct hearth_version *version, const char *path)
{
    for (size_t i = 0; i < version->file_count; i++)
        if (strcmp(version->files[i].path, path) == 0)
            return version->files[i].sha256;
    return "";
}

static bool has_same_files(const struct hearth_version *version, const struct hearth_file *files,
                           size_t count)
{
    bool is_whole =
        version->state == HEARTH_VERSION_READY || version->state == HEARTH_VERSION_DEPRECATED;
    if (!is_whole || version->file_count != count || count == 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(digest_of(version, files[i].path), files[i].sha256) != 0)
            return false;
    return true;
}

/* A version that an earlier install of the same source has left unfinished. */
static bool may_take_up(const struct install *install, const struct hearth_version *version)
{
    bool is_unfinished = version->state == HEARTH_VERSION_FAILED ||
                         version->state == HEARTH_VERSION_INSTALLING ||
                         version->state == HEARTH_VERSION_REGISTERED;
    if (install->request->version_number)
        return version->number == install->request->version_number;
    return is_unfinished && strcmp(version->source, install->text) == 0;
}

static int read_version(struct install *install, struct hearth_store *store, int64_t number)
{
    return hearth_store_version_get(store, install->model_id, number, install->arena,
                                    &install->version, install->error);
}

static int put_version(struct install *install, struct hearth_store *store)
{
    const struct hearth_install_request *request = install->request;
    int64_t id, number = 0;
    const struct hearth_version fresh = {.model_id = install->model_id,
                                         .label = request->label ? request->label : "",
                                         .source = install->text,
                                         .source_revision = "",
                                         .engine = "",
                                         .state = HEARTH_VERSION_REGISTERED,
                                         .state_reason = "",
                                         .metrics_json = "{}",
                                         .lineage_json = "{}",
                                         .facts_json = "{}"};
    int rc = hearth_store_version_create(store, &fresh, hearth_clock_wall_ms(), &id, &number,
                                         install->error);
    return rc ? rc : read_version(install, store, number);
}

static int set_state(struct install *install, struct hearth_store *store,
                     enum hearth_version_state state, const char *reason)
{
    struct hearth_version *version = install->version;
    int64_t number = version->number;
    if (version->state == state && state == HEARTH_VERSION_INSTALLING)
        return 0;
    version->state = state;
    version->state_reason = reason;
    int rc = hearth_store_version_update(store, version, hearth_clock_wall_ms(), install->error);
    return rc ? rc : read_version(install, store, number);
}

static int begin_version(struct install *install, struct hearth_store *store)
{
    int rc = install->version ? 0 : put_version(install, store);
    return rc ? rc : set_state(install, store, HEARTH_VERSION_INSTALLING, "");
}

/* A source that tells no digests may bring what is there already: then a row made now would only
 * use up a number. */
static bool may_be_the_same(const struct install *install, const struct hearth_version *versions,
                            size_t count)
{
    for (size_t i = 0; i < install->source->file_count; i++)
        if (*install->source->files[i].sha256)
            return false;
    for (size_t i = 0; i < count; i++)
        if (versions[i].state == HEARTH_VERSION_READY ||
            versions[i].state == HEARTH_VERSION_DEPRECATED)
            return true;
    return false;
}

static void begin_on_store(struct hearth_store *store, void *argument)
{
    struct install *install = argument;
    struct hearth_version *versions = NULL;
    size_t count = 0;
    install->rc = put_model(install, store);
    if (!install->rc)
        install->rc = hearth_store_version_list(store, install->model_id, install->arena, &versions,
                                                &count, install->error);
    for (size_t i = 0; !install->rc && i < count; i++)
        if (may_take_up(install, &versions[i]))
            install->version = &versions[i];
    if (install->rc)
        return;
    if (!install->version && install->request->version_number)
        install->rc = hearth_error_set(install->error, HEARTH_ENOTFOUND, "%s has no version %lld",
                                       install->name, (long long)install->request->version_number);
    else if (install->version || !may_be_the_same(install, versions, count))
        install->rc = begin_version(install, store);
}

static void begin_version_on_store(struct hearth_store *store, void *argument)
{
    struct install *install = argument;
    install->rc = begin_version(install, store);
}

/* The version with the same bytes, unless another was asked for by number. */
static void find_same_on_store(struct hearth_store *store, void *argument)
{
    struct install *install = argument;
    struct hearth_version *versions = NULL;
    struct hearth_model *model = NULL;
    size_t count = 0;
    install->rc = 0;
    if (install->request->version_number)
        return;
    int rc = hearth_store_model_get(store, install->name, install->arena, &model, NULL);
    if (rc) /* a model that is not there yet has no versions */
        return;
    install->model_id = model->id;
    install->rc = hearth_store_version_list(store, model->id, install->arena, &versions, &count,
                                            install->error);
    for (size_t i = 0; !install->rc && i < count; i++)
        if (has_same_files(&versions[i], install->files, install->source->file_count))
            install->same_number = versions[i].number;
}

static void update_model_on_store(struct hearth_store *store, void *argument)
{
    struct install *install = argument;
    install->rc = put_model(install, store);
}

/* When the source tells all digests, the bytes need not come to be compared. */
static int find_same_before(struct install *install)
{
    const struct hearth_source *source = install->source;
    install->files =
        hearth_arena_alloc(install->arena, source->file_count * sizeof(*install->files));
    if (!install->files)
        return no_room(install);
    for (size_t i = 0; i < source->file_count; i++) {
        if (!*source->files[i].sha256)
            return 0;
        install->files[i] = (struct hearth_file){.path = source->files[i].path,
                                                 .sha256 = source->files[i].sha256,
                                                 .size = source->files[i].size};
    }
    return step(install, find_same_on_store);
}

static void drop_own_on_store(struct hearth_store *store, void *argument)
{
    struct install *install = argument;
    install->rc =
        install->version
            ? hearth_store_version_delete(store, install->model_id, install->version->number,
                                          hearth_clock_wall_ms(), install->error)
            : 0;
}

static bool blobs_are_there(struct install *install)
{
    for (size_t i = 0; i < install->source->file_count; i++) {
        int64_t size;
        if (!hearth_blob_exists(install->registry->blobs, install->files[i].sha256, &size))
            return false;
    }
    return true;
}

static void finish_on_store(struct hearth_store *store, void *argument)
{
    struct install *install = argument;
    struct hearth_version *version = install->version;
    /* A removal of another model with the same file, which ran on this lane before us, saw no user
     * of its blob. */
    if (!blobs_are_there(install)) {
        install->rc = hearth_error_set(install->error, HEARTH_EIO,
                                       "a file was removed meanwhile; install again");
        return;
    }
    version->files = install->files;
    version->file_count = install->source->file_count;
    version->source_revision = install->source->revision;
    version->engine = install->engine;
    version->facts_json = install->facts_json;
    install->rc = set_state(install, store, HEARTH_VERSION_READY, "");
}

static void fail_on_store(struct hearth_store *store, void *argument)
{
    struct install *install = argument;
    struct hearth_error *error = install->error, why = *error, ignored = {0};
    /* Read again, because the row may have moved on when the failure was a conflict. */
    install->error = &ignored;
    if (!install->version)
        begin_version(install, store);
    if (install->version && read_version(install, store, install->version->number) == 0)
        set_state(install, store, HEARTH_VERSION_FAILED, why.message);
    /* A file that is whole but no model is of no use to another try. */
    bool is_useless = why.code == HEARTH_EMODEL || why.code == HEARTH_ENOTIMPL;
    if (is_useless && install->files)
        hearth_registry_collect(store, install->registry->blobs, install->files,
                                install->source->file_count);
    install->error = error;
    install->rc = 0;
}

/* A version that was registered to be filled, and whose source cannot be found. */
static void fail_registered_on_store(struct hearth_store *store, void *argument)
{
    struct install *install = argument;
    struct hearth_error why = *install->error, ignored = {0};
    struct hearth_error *error = install->error;
    install->error = &ignored;
    install->model_id = install->request->model_id;
    if (read_version(install, store, install->request->version_number) == 0 &&
        set_state(install, store, HEARTH_VERSION_INSTALLING, "") == 0)
        set_state(install, store, HEARTH_VERSION_FAILED, why.message);
    install->error = error;
    install->rc = 0;
}

static void read_name_on_store(struct hearth_store *store, void *argument)
{
    struct install *install = argument;
    struct hearth_model *model = NULL;
    install->rc = hearth_store_model_get_id(store, install->request->model_id, install->arena,
                                            &model, install->error);
    install->name = install->rc ? NULL : model->name;
}

static int probe(struct install *install, const char *path)
{
    struct hearth_registry *registry = install->registry;
    char engine[64] = "";
    struct hearth_buf facts;
    hearth_buf_init(&facts, 64 * 1024);
    int rc = registry->probe(registry->probe_argument, path, engine, sizeof(engine), &facts,
                             install->error);
    if (rc == HEARTH_ENOTIMPL) {
        install->engine = "";
        rc = 0;
    } else if (rc) {
        if (!strstr(install->error->message, strrchr(path, '/')))
            hearth_error_prefix(install->error, "%.200s", strrchr(path, '/') + 1);
    } else {
        install->engine = hearth_arena_strdup(install->arena, engine);
        if (facts.length)
            install->facts_json = hearth_arena_strndup(install->arena, facts.bytes, facts.length);
        if (!install->engine || !install->facts_json)
            rc = no_room(install);
    }
    hearth_buf_finish(&facts);
    return rc;
}

static int check_model(struct install *install)
{
    char path[PATH_MAX];
    install->facts_json = "{}";
    int rc = hearth_model_form_check(install->registry, install->files, install->source->file_count,
                                     &install->engine, install->error);
    if (!rc)
        rc = hearth_active_links_make(install->registry, install->name, install->version->number,
                                      install->files, install->source->file_count, path,
                                      sizeof(path), install->error);
    return rc || !install->registry->probe ? rc : probe(install, path);
}

static int bring(struct install *install)
{
    const struct hearth_fetch_plan plan = {.source = install->source,
                                           .locked = install->request->locked,
                                           .progress = install->progress,
                                           .parallel = install->request->parallel,
                                           .on_tick = renew_claim,
                                           .argument = install};
    struct hearth_file *files =
        hearth_arena_alloc(install->arena, install->source->file_count * sizeof(*files));
    if (!files)
        return no_room(install);
    install->files = NULL;
    int rc =
        hearth_registry_fetch_all(install->registry, &plan, install->arena, files, install->error);
    if (rc)
        return rc;
    install->files = files;
    rc = step(install, find_same_on_store);
    if (rc || install->same_number)
        return rc ? rc : step(install, drop_own_on_store);
    rc = step(install, begin_version_on_store);
    if (!rc)
        rc = check_model(install);
    return rc ? rc : step(install, finish_on_store);
}

/* Under the claim. */
static int run(struct install *install)
{
    int rc = find_same_before(install);
    if (!rc && install->same_number)
        return step(install, update_model_on_store);
    if (!rc)
        rc = step(install, begin_on_store);
    if (rc)
        return rc;
    rc = bring(install);
    if (rc) {
        if (install->version)
            hearth_active_links_remove(install->registry, install->name, install->version->number);
        step(install, fail_on_store);
    }
    return rc;
}

static int run_claimed(struct install *install)
{
    struct named own = {.claim = install->claim, .store = install->registry->store};
    if (!enter_name(&own))
        return hearth_error_set(install->error, HEARTH_EINUSE, "%s is being installed already",
                                install->name);
    int rc = step(install, claim_on_store);
    if (!rc) {
        rc = run(install);
        step(install, release_on_store);
    }
    leave_name(&own);
    return rc;
}

int hearth_install(struct hearth_registry *registry, const struct hearth_install_request *request,
                   struct hearth_fetch_progress *progress, int64_t *ret_model_id,
                   int64_t *ret_number, struct hearth_error *error)
{
    struct hearth_error why = {0};
    struct install install = {.registry = registry,
                              .request = request,
                              .progress = progress,
                              .arena = hearth_arena_create(HEARTH_REGISTRY_ARENA_MAX),
                              .error = &why};
    int rc = 0;
    if (!request->source && !request->locked)
        rc = hearth_error_set(&why, HEARTH_EINVAL, "there is no source to install from");
    if (!rc && request->model_id)
        rc = step(&install, read_name_on_store);
    if (!rc) {
        rc = resolve(&install);
        if (rc && request->model_id && request->version_number)
            step(&install, fail_registered_on_store);
    }
    if (!rc)
        rc = choose_name(&install);
    if (!rc)
        rc = run_claimed(&install);
    if (!rc) {
        *ret_model_id = install.model_id;
        *ret_number = install.same_number ? install.same_number : install.version->number;
    } else {
        hearth_error_set(error, rc, "%s", why.message);
    }
    hearth_arena_destroy(install.arena);
    return rc;
}
