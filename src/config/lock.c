#include "config/lock.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "config/text_file.h"

#include <stdlib.h>
#include <string.h>

/* FORMAT is the "version" of the file. It changes when an older program could no longer read the
 * file rightly; a program refuses every other format instead of guessing. */
enum { FORMAT = 1, LOCK_BYTES_MAX = 16 << 20, ENTRIES_MAX = 4096 };

/* The file comes out of somebody's repository: every member is checked as if a stranger had written
 * it. */
static int read_file_row(const json_t *row, struct hearth_arena *arena,
                         struct hearth_lock_file *ret_file)
{
    const char *path = hearth_json_text(row, "path", "");
    const char *sha256 = hearth_json_text(row, "sha256", "");
    int64_t size = hearth_json_integer(row, "size", -1);
    /* The files are written below a folder of ours: nothing may lead out of it. */
    if (!hearth_inner_path_valid(path) || !hearth_sha256_valid(sha256) || size < 0)
        return HEARTH_EPARSE;
    *ret_file = (struct hearth_lock_file){
        .path = hearth_arena_strdup(arena, path),
        .sha256 = hearth_arena_strdup(arena, sha256),
        .size = size,
    };
    return ret_file->path && ret_file->sha256 ? 0 : HEARTH_ENOMEM;
}

static int read_entry(const json_t *row, struct hearth_arena *arena,
                      struct hearth_lock_entry *ret_entry)
{
    const char *name = hearth_json_text(row, "name", "");
    const char *source = hearth_json_text(row, "source", "");
    const json_t *files = json_object_get(row, "files");
    int64_t version = hearth_json_integer(row, "version", 0);
    /* HEARTH_EPARSE for whatever is missing or of a wrong type, and the caller names the entry. */
    if (!hearth_model_name_valid(name) || !*source || !json_is_array(files) || version < 1)
        return HEARTH_EPARSE;
    size_t count = json_array_size(files);
    *ret_entry = (struct hearth_lock_entry){
        .name = hearth_arena_strdup(arena, name),
        .source = hearth_arena_strdup(arena, source),
        .revision = hearth_arena_strdup(arena, hearth_json_text(row, "revision", "")),
        .version = version,
        .files = hearth_arena_alloc(arena, count * sizeof(*ret_entry->files)),
        .file_count = count,
    };
    if (!ret_entry->name || !ret_entry->source || !ret_entry->revision || !ret_entry->files)
        return HEARTH_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        int rc = read_file_row(json_array_get(files, i), arena, &ret_entry->files[i]);
        if (rc)
            return rc;
    }
    return 0;
}

static int read_entries(const char *path, const json_t *root, struct hearth_arena *arena,
                        struct hearth_lock **ret_lock, struct hearth_error *error)
{
    const json_t *models = json_object_get(root, "models");
    if (hearth_json_integer(root, "version", 0) != FORMAT || !json_is_array(models))
        return hearth_error_set(
            error, HEARTH_EPARSE,
            "%s is not a lock file of version %d; `hearth lock` makes a new one", path, FORMAT);
    size_t count = json_array_size(models);
    if (count > ENTRIES_MAX)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "%s has more than %d models", path,
                                ENTRIES_MAX);
    struct hearth_lock *lock = hearth_arena_alloc(arena, sizeof(*lock));
    if (!lock || !(lock->entries = hearth_arena_alloc(arena, count * sizeof(*lock->entries))))
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory to read %s",
                                path);
    /* `lock->count` counts what has been read, so that a second entry of one name is found among
     * those before it. */
    for (; lock->count < count; lock->count++) {
        const json_t *row = json_array_get(models, lock->count);
        int rc = read_entry(row, arena, &lock->entries[lock->count]);
        if (!rc && hearth_lock_find(lock, lock->entries[lock->count].name))
            rc = HEARTH_EPARSE;
        if (rc)
            return hearth_error_set(error, rc, "%s: entry %zu (%.96s) is not valid", path,
                                    lock->count + 1, hearth_json_text(row, "name", "no name"));
    }
    *ret_lock = lock;
    return 0;
}

int hearth_lock_read(const char *path, struct hearth_arena *arena, struct hearth_lock **ret_lock,
                     struct hearth_error *error)
{
    const char *text;
    size_t length;
    int rc = hearth_text_file_read(path, LOCK_BYTES_MAX, arena, &text, &length, error);
    if (rc)
        return rc;
    json_t *root = hearth_json_parse(text, length, error);
    if (!root) {
        /* The parser tells line and column, but does not know whose. */
        hearth_error_prefix(error, "%s", path);
        return HEARTH_EPARSE;
    }
    rc = read_entries(path, root, arena, ret_lock, error);
    json_decref(root);
    return rc;
}

/* Written by hand and not by the JSON library, whose layout would put every member on a line of its
 * own. */
static void write_text_member(struct hearth_buf *out, const char *key, const char *value)
{
    hearth_buf_printf(out, "\"%s\": ", key);
    hearth_json_write_text(out, value);
}

static int file_by_path(const void *a, const void *b)
{
    const struct hearth_lock_file *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static int entry_by_name(const void *a, const void *b)
{
    const struct hearth_lock_entry *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* One line a file, so that a change is one line in version control too. */
static void write_entry(struct hearth_buf *out, const struct hearth_lock_entry *entry,
                        struct hearth_arena *scratch)
{
    hearth_buf_text(out, "    {\n      ");
    write_text_member(out, "name", entry->name);
    hearth_buf_printf(out, ",\n      \"version\": %lld,\n      ", (long long)entry->version);
    write_text_member(out, "source", entry->source);
    hearth_buf_text(out, ",\n      ");
    write_text_member(out, "revision", entry->revision);
    hearth_buf_text(out, ",\n      \"files\": [");
    /* Sorted in a copy: the caller's entries stay as they are. */
    struct hearth_lock_file *files =
        hearth_arena_alloc(scratch, entry->file_count * sizeof(*files));
    if (!files) {
        out->failed = HEARTH_ENOMEM;
        return;
    }
    if (entry->file_count)
        memcpy(files, entry->files, entry->file_count * sizeof(*files));
    qsort(files, entry->file_count, sizeof(*files), file_by_path);
    for (size_t i = 0; i < entry->file_count; i++) {
        hearth_buf_text(out, i ? ",\n        {" : "\n        {");
        write_text_member(out, "path", files[i].path);
        hearth_buf_printf(out, ", \"size\": %lld, ", (long long)files[i].size);
        write_text_member(out, "sha256", files[i].sha256);
        hearth_buf_char(out, '}');
    }
    hearth_buf_text(out, entry->file_count ? "\n      ]\n    }" : "]\n    }");
}

static void write_lock(struct hearth_buf *out, const struct hearth_lock *lock,
                       struct hearth_arena *scratch)
{
    struct hearth_lock_entry *entries = hearth_arena_alloc(scratch, lock->count * sizeof(*entries));
    if (!entries) {
        out->failed = HEARTH_ENOMEM;
        return;
    }
    if (lock->count)
        memcpy(entries, lock->entries, lock->count * sizeof(*entries));
    /* Sorted, so that the same models always give the same bytes, whatever order they were
     * installed in. */
    qsort(entries, lock->count, sizeof(*entries), entry_by_name);
    hearth_buf_printf(out, "{\n  \"version\": %d,\n  \"models\": [", FORMAT);
    for (size_t i = 0; i < lock->count; i++) {
        hearth_buf_text(out, i ? ",\n" : "\n");
        write_entry(out, &entries[i], scratch);
    }
    hearth_buf_text(out, lock->count ? "\n  ]\n}\n" : "]\n}\n");
}

int hearth_lock_write(const char *path, const struct hearth_lock *lock, struct hearth_error *error)
{
    /* For the sorted copies, which are smaller than the text that is made of them. */
    struct hearth_arena *scratch = hearth_arena_create(LOCK_BYTES_MAX);
    struct hearth_buf out;
    hearth_buf_init(&out, LOCK_BYTES_MAX);
    write_lock(&out, lock, scratch);
    int rc = out.failed ? hearth_error_set(error, out.failed, "%s would be too large", path)
                        : hearth_text_file_write(path, out.bytes, out.length, error);
    hearth_buf_finish(&out);
    hearth_arena_destroy(scratch);
    return rc;
}

const struct hearth_lock_entry *hearth_lock_find(const struct hearth_lock *lock, const char *name)
{
    for (size_t i = 0; i < lock->count; i++)
        if (strcmp(lock->entries[i].name, name) == 0)
            return &lock->entries[i];
    return NULL;
}
