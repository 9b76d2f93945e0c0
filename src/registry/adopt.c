#include "registry/adopt.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "blob/blob.h"
#include "registry/base_version.h"
#include "registry/registry_parts.h"

#include <string.h>

/* A removal of another version with the same bytes may take a blob between our copy and our row.
 * Then the files are copied once more; that it happens again and again is not to be expected. */
enum { TRIES = 3 };

/* One adoption on its way. `rc` is the outcome of what runs on the store. */
struct adopting {
    struct hearth_registry *registry;
    const struct hearth_adoption *adoption;
    struct hearth_arena *arena;
    struct hearth_file *files;
    int64_t version_id, number;
    bool is_blob_missing; /* the row was not written, because a file's bytes have gone */
    int rc;
    struct hearth_error *error;
};

static int on_store(struct adopting *adopting,
                    void (*work)(struct hearth_store *store, void *argument))
{
    int rc = hearth_registry_on_store(adopting->registry, work, adopting, adopting->error);
    return rc ? rc : adopting->rc;
}

static int no_room(struct adopting *adopting)
{
    return hearth_error_set(adopting->error, HEARTH_ETOOLARGE, "the version has too many files");
}

static int check_base(struct adopting *adopting, struct hearth_store *store)
{
    struct hearth_model *model = NULL;
    struct hearth_version *version = NULL;
    int64_t id = adopting->adoption->base_version_id;
    if (!id)
        return 0;
    int rc =
        hearth_base_version_find(store, id, adopting->arena, &model, &version, adopting->error);
    return rc ? rc : hearth_base_version_check(model, version, adopting->error);
}

/* Before anything is copied, so that what cannot become a version costs nothing. */
static void check_rows(struct hearth_store *store, void *argument)
{
    struct adopting *adopting = argument;
    struct hearth_model *model = NULL;
    adopting->rc = hearth_store_model_get_id(store, adopting->adoption->model_id, adopting->arena,
                                             &model, adopting->error);
    if (!adopting->rc)
        adopting->rc = check_base(adopting, store);
}

/* A local file as a source has it, so that copying is the same as for an install: what an earlier
 * try has left is overwritten, a link is not followed, and the blob appears whole. */
static int copy_file(struct adopting *adopting, const char *path, struct hearth_file *ret_file)
{
    struct hearth_registry *registry = adopting->registry;
    const struct hearth_source_options none = {0};
    struct hearth_source_file file = {.path = path, .size = -1, .sha256 = "", .etag = ""};
    const struct hearth_source source = {
        .scheme = "file", .text = "", .revision = "", .files = &file, .file_count = 1};
    char *sha256 = hearth_arena_alloc(adopting->arena, 65);
    int rc = hearth_source_path_check(path, adopting->error);
    if (rc)
        return rc;
    file.url = hearth_arena_format(adopting->arena, "%s/%s", adopting->adoption->folder, path);
    if (!sha256 || !file.url)
        return no_room(adopting);
    *ret_file = (struct hearth_file){.path = path, .sha256 = sha256};
    return hearth_source_fetch(&source, &file, NULL, registry->sources ? registry->sources : &none,
                               registry->blobs, NULL, sha256, &ret_file->size, adopting->error);
}

static int copy_files(struct adopting *adopting)
{
    const struct hearth_adoption *adoption = adopting->adoption;
    int rc = 0;
    adopting->files =
        hearth_arena_alloc(adopting->arena, adoption->file_count * sizeof(*adopting->files));
    if (!adopting->files)
        return no_room(adopting);
    memset(adopting->files, 0, adoption->file_count * sizeof(*adopting->files));
    for (size_t i = 0; rc == 0 && i < adoption->file_count; i++) {
        rc = copy_file(adopting, adoption->files[i], &adopting->files[i]);
        if (rc)
            hearth_error_prefix(adopting->error, "%.200s", adoption->files[i]);
    }
    return rc;
}

static bool blobs_are_present(const struct adopting *adopting)
{
    for (size_t i = 0; i < adopting->adoption->file_count; i++)
        if (!hearth_blob_exists(adopting->registry->blobs, adopting->files[i].sha256, NULL))
            return false;
    return true;
}

/* The base is looked at once more: it may have been deleted while the files were copied. From the
 * row on, the store refuses to delete it. */
static void put_version(struct hearth_store *store, void *argument)
{
    struct adopting *adopting = argument;
    const struct hearth_adoption *adoption = adopting->adoption;
    adopting->is_blob_missing = !blobs_are_present(adopting);
    adopting->rc = adopting->is_blob_missing
                       ? hearth_error_set(adopting->error, HEARTH_EIO,
                                          "a file of the new version was removed while it was "
                                          "being registered")
                       : check_base(adopting, store);
    if (adopting->rc)
        return;
    struct hearth_version version =
        hearth_version_fresh(adoption->model_id, adoption->label, adoption->source);
    version.state = HEARTH_VERSION_READY;
    version.engine = adoption->engine ? adoption->engine : "";
    version.metrics_json = adoption->metrics_json ? adoption->metrics_json : "{}";
    version.lineage_json = adoption->lineage_json ? adoption->lineage_json : "{}";
    version.facts_json = adoption->facts_json ? adoption->facts_json : "{}";
    version.base_version_id = adoption->base_version_id;
    version.files = adopting->files;
    version.file_count = adoption->file_count;
    adopting->rc =
        hearth_store_version_create(store, &version, hearth_clock_wall_ms(), &adopting->version_id,
                                    &adopting->number, adopting->error);
}

/* Of a failed adoption; files that were not copied have no digest. */
static void forget_blobs(struct hearth_store *store, void *argument)
{
    struct adopting *adopting = argument;
    for (size_t i = 0; i < adopting->adoption->file_count; i++)
        if (adopting->files[i].size > 0)
            hearth_registry_collect(store, adopting->registry->blobs, &adopting->files[i], 1);
    adopting->rc = 0;
}

static int bring(struct adopting *adopting)
{
    const char *engine;
    adopting->is_blob_missing = false;
    int rc = copy_files(adopting);
    if (!rc)
        rc = hearth_model_form_check(adopting->registry, adopting->files,
                                     adopting->adoption->file_count, &engine, adopting->error);
    return rc ? rc : on_store(adopting, put_version);
}

static int check_adoption(const struct hearth_adoption *adoption, struct hearth_error *error)
{
    if (!adoption->folder || *adoption->folder != '/')
        return hearth_error_set(error, HEARTH_EPATH, "the folder of a version must be absolute");
    if (adoption->file_count == 0 || adoption->file_count > HEARTH_ADOPTION_FILES_MAX)
        return hearth_error_set(error, HEARTH_EINVAL, "a version has 1 to %d files, not %zu",
                                HEARTH_ADOPTION_FILES_MAX, adoption->file_count);
    return 0;
}

int hearth_registry_adopt(struct hearth_registry *registry, const struct hearth_adoption *adoption,
                          int64_t *ret_version_id, int64_t *ret_number, struct hearth_error *error)
{
    struct hearth_error why = {0};
    struct adopting adopting = {.registry = registry, .adoption = adoption, .error = &why};
    int rc = check_adoption(adoption, error);
    if (rc)
        return rc;
    adopting.arena = hearth_arena_create(HEARTH_REGISTRY_ARENA_MAX);
    rc = on_store(&adopting, check_rows);
    for (int left = TRIES; rc == 0 && left > 0; left--) {
        rc = bring(&adopting);
        if (adopting.is_blob_missing && left > 1)
            rc = 0;
        else
            break;
    }
    if (!rc) {
        *ret_version_id = adopting.version_id;
        *ret_number = adopting.number;
    } else {
        hearth_error_set(error, rc, "%s", why.message);
        if (adopting.files)
            on_store(&adopting, forget_blobs);
    }
    hearth_arena_destroy(adopting.arena);
    return rc;
}
