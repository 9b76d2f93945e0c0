/* The steps of an install on the store: which rows it reads and writes. */
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "blob/blob.h"
#include "hearth/engine.h"
#include "registry/install_steps.h"
#include "registry/settings_fit.h"

#include <string.h>

/* The model's row, made or brought up to date with what the request says. */
static int put_model(struct hearth_installing *install, struct hearth_store *store)
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
    /* Members that the request does not name keep what they have. */
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
    if (is_absent) {
        rc = hearth_store_model_create(store, &model, now_ms, &install->model_id, install->error);
        install->made_model = rc == 0;
        return rc;
    }
    /* An update without a change would only make other programs read the model again. */
    bool is_changed = strcmp(model.task, there->task) != 0 ||
                      strcmp(model.description, there->description) != 0 ||
                      strcmp(model.tags_json, there->tags_json) != 0 ||
                      strcmp(model.device, there->device) != 0 ||
                      strcmp(model.settings_json, there->settings_json) != 0;
    return is_changed ? hearth_store_model_update(store, &model, now_ms, install->error) : 0;
}

/* "" equals no digest, so a path that is missing makes the files differ. */
static const char *digest_of(const struct hearth_version *version, const char *path)
{
    for (size_t i = 0; i < version->file_count; i++)
        if (strcmp(version->files[i].path, path) == 0)
            return version->files[i].sha256;
    return "";
}

static int64_t base_of(const struct hearth_installing *install)
{
    return install->base_version ? install->base_version->id : 0;
}

/* The same paths with the same digests, in whatever order. */
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
static bool may_take_up(const struct hearth_installing *install,
                        const struct hearth_version *version)
{
    bool is_unfinished = version->state == HEARTH_VERSION_FAILED ||
                         version->state == HEARTH_VERSION_INSTALLING ||
                         version->state == HEARTH_VERSION_REGISTERED;
    if (install->request->version_number)
        return version->number == install->request->version_number;
    return is_unfinished && strcmp(version->source, install->text) == 0 &&
           version->base_version_id == base_of(install);
}

static int read_version(struct hearth_installing *install, struct hearth_store *store,
                        int64_t number)
{
    return hearth_store_version_get(store, install->model_id, number, install->arena,
                                    &install->version, install->error);
}

/* The number is the store's to choose. */
static int put_version(struct hearth_installing *install, struct hearth_store *store)
{
    const struct hearth_install_request *request = install->request;
    int64_t id, number = 0;
    struct hearth_version fresh =
        hearth_version_fresh(install->model_id, request->label, install->text);
    fresh.base_version_id = base_of(install);
    int rc = hearth_store_version_create(store, &fresh, hearth_clock_wall_ms(), &id, &number,
                                         install->error);
    install->made_version = rc == 0;
    return rc ? rc : read_version(install, store, number);
}

/* Read again after each move: the next one needs the new revision. */
static int set_state(struct hearth_installing *install, struct hearth_store *store,
                     enum hearth_version_state state, const char *reason)
{
    struct hearth_version *version = install->version;
    int64_t number = version->number;
    /* What a killed process left is `installing` already, and there is nothing to write. */
    if (version->state == state && state == HEARTH_VERSION_INSTALLING)
        return 0;
    version->state = state;
    version->state_reason = reason;
    int rc = hearth_store_version_update(store, version, hearth_clock_wall_ms(), install->error);
    return rc ? rc : read_version(install, store, number);
}

static int begin_version(struct hearth_installing *install, struct hearth_store *store)
{
    int rc = install->version ? 0 : put_version(install, store);
    return rc ? rc : set_state(install, store, HEARTH_VERSION_INSTALLING, "");
}

/* A source that tells no digests may bring what is there already: then a row made now would only
 * use up a number. */
static bool may_be_the_same(const struct hearth_installing *install,
                            const struct hearth_version *versions, size_t count)
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

/* The newest unfinished version of the same source is taken up; without one a version is made,
 * unless the bytes may turn out to be there already. */
void hearth_install_put_rows(struct hearth_store *store, void *argument)
{
    struct hearth_installing *install = argument;
    struct hearth_version *versions = NULL;
    size_t count = 0;
    install->rc = put_model(install, store);
    if (!install->rc)
        install->rc = hearth_store_version_list(store, install->model_id, install->arena, &versions,
                                                &count, install->error);
    /* Versions come in order of number, so the newest that fits is the one that stays. */
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

/* The bytes have come and are new: now there is reason for a row. */
void hearth_install_put_version(struct hearth_store *store, void *argument)
{
    struct hearth_installing *install = argument;
    install->rc = begin_version(install, store);
}

/* The version with the same bytes, unless another was asked for by number. */
void hearth_install_find_same(struct hearth_store *store, void *argument)
{
    struct hearth_installing *install = argument;
    struct hearth_version *versions = NULL;
    struct hearth_model *model = NULL;
    size_t count = 0;
    install->rc = 0;
    /* The bytes go to the version that was asked for, even if another has the same. */
    if (install->request->version_number)
        return;
    int rc = hearth_store_model_get(store, install->name, install->arena, &model, NULL);
    if (rc) /* a model that is not there yet has no versions */
        return;
    install->model_id = model->id;
    install->rc = hearth_store_version_list(store, model->id, install->arena, &versions, &count,
                                            install->error);
    for (size_t i = 0; !install->rc && i < count; i++)
        if (versions[i].base_version_id == base_of(install) &&
            has_same_files(&versions[i], install->files, install->source->file_count))
            install->same_number = versions[i].number;
}

void hearth_install_put_model(struct hearth_store *store, void *argument)
{
    struct hearth_installing *install = argument;
    install->rc = put_model(install, store);
}

/* There may be no row: put_rows makes none when the bytes may be the same. */
void hearth_install_drop_version(struct hearth_store *store, void *argument)
{
    struct hearth_installing *install = argument;
    install->rc =
        install->version
            ? hearth_store_version_delete(store, install->model_id, install->version->number,
                                          hearth_clock_wall_ms(), install->error)
            : 0;
}

bool hearth_install_blobs_present(const struct hearth_installing *install)
{
    for (size_t i = 0; i < install->source->file_count; i++) {
        int64_t size;
        if (!hearth_blob_exists(install->registry->blobs, install->files[i].sha256, &size) ||
            (install->files[i].size >= 0 && size != install->files[i].size))
            return false;
    }
    return true;
}

/* What a model is for, by what its engine says of it; "" when that leaves it open. */
static const char *task_of(const char *engine, const json_t *facts)
{
    json_int_t tasks = hearth_json_integer(facts, "tasks", 0);
    /* The fake engine plays whatever its script says; nothing can be concluded from it. */
    if (strcmp(engine, "llama") != 0 && strcmp(engine, "encoder") != 0)
        return "";
    if (tasks & HEARTH_TASK_GENERATE)
        return hearth_json_truth(facts, "has_chat_template", false) ? "chat" : "completion";
    if (tasks & HEARTH_TASK_EMBED)
        return "embedding";
    if (tasks & HEARTH_TASK_SCORE)
        return hearth_json_integer(facts, "embedding_length", 1) > 1 ? "classification" : "rerank";
    return "";
}

/* A task that somebody has chosen stays, also when the files seem to tell another. */
static int put_task(struct hearth_installing *install, struct hearth_store *store)
{
    struct hearth_model *model = NULL;
    int rc =
        hearth_store_model_get_id(store, install->model_id, install->arena, &model, install->error);
    if (rc || *model->task)
        return rc;
    json_t *facts = hearth_json_parse(install->facts_json, strlen(install->facts_json), NULL);
    model->task = task_of(install->engine, facts);
    json_decref(facts);
    return *model->task
               ? hearth_store_model_update(store, model, hearth_clock_wall_ms(), install->error)
               : 0;
}

/* Only now is it known what the model was trained with. */
void hearth_install_check_settings(struct hearth_store *store, void *argument)
{
    struct hearth_installing *install = argument;
    struct hearth_model *model;
    install->rc =
        hearth_store_model_get(store, install->name, install->arena, &model, install->error);
    if (!install->rc)
        install->rc =
            hearth_settings_fit(model->settings_json, install->facts_json, install->error);
}

void hearth_install_finish_rows(struct hearth_store *store, void *argument)
{
    struct hearth_installing *install = argument;
    struct hearth_version *version = install->version;
    /* A removal of another model with the same file, which ran on this lane before us, saw no user
     * of its blob. */
    if (!hearth_install_blobs_present(install)) {
        install->rc = hearth_error_set(
            install->error, HEARTH_EIO,
            "a file of the model was removed while it was being installed; install it again");
        return;
    }
    version->files = install->files;
    version->file_count = install->source->file_count;
    version->source_revision = install->source->revision;
    version->engine = install->engine;
    version->facts_json = install->facts_json;
    if (install->lineage_json)
        version->lineage_json = install->lineage_json;
    if (install->metrics_json)
        version->metrics_json = install->metrics_json;
    install->rc =
        set_state(install, store, HEARTH_VERSION_READY, install->reason ? install->reason : "");
    if (!install->rc)
        install->rc = put_task(install, store);
}

void hearth_install_forget_bytes(struct hearth_store *store, void *argument)
{
    struct hearth_installing *install = argument;
    hearth_registry_collect(store, install->registry->blobs, install->unwanted,
                            install->unwanted_count);
    install->rc = 0;
}

/* With a new model goes everything; of a model that was there only the version. */
static void forget_rows(struct hearth_installing *install, struct hearth_store *store)
{
    int64_t now_ms = hearth_clock_wall_ms();
    if (install->made_model)
        hearth_store_model_delete(store, install->model_id, now_ms, install->error);
    else if (install->made_version)
        hearth_store_version_delete(store, install->model_id, install->version->number, now_ms,
                                    install->error);
}

void hearth_install_fail_rows(struct hearth_store *store, void *argument)
{
    struct hearth_installing *install = argument;
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
    bool is_unwanted = why.code == HEARTH_ECANCELED && hearth_fetch_is_unwanted(install->progress);
    if (is_unwanted || (install->request->forget_failed && (is_useless || !install->bytes_came)))
        forget_rows(install, store);
    install->error = error;
    install->rc = 0;
}

/* A version that was registered to be filled, and whose source cannot be found. */
void hearth_install_fail_registered(struct hearth_store *store, void *argument)
{
    struct hearth_installing *install = argument;
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

void hearth_install_read_name(struct hearth_store *store, void *argument)
{
    struct hearth_installing *install = argument;
    struct hearth_model *model = NULL;
    install->rc = hearth_store_model_get_id(store, install->request->model_id, install->arena,
                                            &model, install->error);
    install->name = install->rc ? NULL : model->name;
}
