#include "store/row_check.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Bytes: for names and labels, and for what a query or a claim names. */
enum { SHORT_TEXT_MAX = 256, LONGER_TEXT_MAX = 1024 };

/* Lengths are bytes, of which a person is told too. */
static int check_text(const char *what, const char *text, size_t max, struct hearth_error *error)
{
    /* Looks no further than one byte past the limit, however long the text is. */
    size_t length = strnlen(text, max + 1);
    if (length > max)
        return hearth_error_set(error, HEARTH_EINVAL, "%s is longer than %zu bytes", what, max);
    if (!hearth_utf8_valid(text, length))
        return hearth_error_set(error, HEARTH_EINVAL, "%s is not UTF-8", what);
    return 0;
}

/* The text is stored as it came, but only when it parses: whoever reads it later need not ask
 * again. */
static int check_object(const char *what, const char *text, bool only_texts,
                        struct hearth_error *error)
{
    int rc = check_text(what, text, HEARTH_STORE_TEXT_MAX, error);
    if (rc)
        return rc;
    /* NULL when it does not parse, which json_is_object refuses as it does any other value. */
    json_t *object = hearth_json_parse(text, strlen(text), NULL);
    bool right = json_is_object(object);
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        right = right && (!only_texts || json_is_string(value));
    }
    json_decref(object);
    if (!right)
        return hearth_error_set(error, HEARTH_EINVAL, "%s must be a JSON object%s", what,
                                only_texts ? " of texts" : "");
    return 0;
}

/* One member of a row: its name for errors, where it is, what stands in for NULL, and what it must
 * be. */
struct text_member {
    const char *what;
    const char **text;
    const char *fallback;
    size_t max;
    enum { PLAIN, OBJECT, OBJECT_OF_TEXTS } form;
};

/* Rows come with NULL for what was not given; behind this check no text is NULL. */
static int check_members(const struct text_member *members, size_t count,
                         struct hearth_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const struct text_member *member = &members[i];
        if (!*member->text)
            *member->text = member->fallback;
        int rc = member->form == PLAIN ? check_text(member->what, *member->text, member->max, error)
                                       : check_object(member->what, *member->text,
                                                      member->form == OBJECT_OF_TEXTS, error);
        if (rc)
            return rc;
    }
    return 0;
}

/* The rule for names is the same wherever a name is typed (base/text.h). */
int hearth_model_check(struct hearth_model *model, struct hearth_error *error)
{
    if (!model->name || !hearth_model_name_valid(model->name))
        return hearth_error_set(error, HEARTH_EINVAL, "a model's name must be " HEARTH_NAME_RULE);
    const struct text_member members[] = {
        {"task", &model->task, "", SHORT_TEXT_MAX, PLAIN},
        {"description", &model->description, "", HEARTH_STORE_TEXT_MAX, PLAIN},
        {"tags", &model->tags_json, "{}", 0, OBJECT_OF_TEXTS},
        {"base_model", &model->base_model, "", SHORT_TEXT_MAX, PLAIN},
        {"device", &model->device, "auto", SHORT_TEXT_MAX, PLAIN},
        {"settings", &model->settings_json, "{}", 0, OBJECT},
    };
    return check_members(members, sizeof(members) / sizeof(members[0]), error);
}

int hearth_sha256_check(const char *sha256, struct hearth_error *error)
{
    if (sha256 && hearth_sha256_valid(sha256))
        return 0;
    return hearth_error_set(error, HEARTH_EINVAL, "a digest must be 64 hexadecimal digits");
}

/* The path becomes part of a path on disk, so it must not lead out of the model's folder. */
static int check_file(const struct hearth_file *file, struct hearth_error *error)
{
    if (!file->path || !hearth_inner_path_valid(file->path))
        return hearth_error_set(error, HEARTH_EPATH,
                                "the path of a file must be relative and without `..`");
    if (file->size < 0)
        return hearth_error_set(error, HEARTH_EINVAL, "the size of %s is negative", file->path);
    return hearth_sha256_check(file->sha256, error);
}

/* Sorted, so that two equal paths stand side by side: n log n for the thousands of files a model
 * may have. */
static int check_files(const struct hearth_version *version, struct hearth_error *error)
{
    if (version->file_count > HEARTH_STORE_FILES_MAX)
        return hearth_error_set(error, HEARTH_EINVAL, "a version may have at most %d files",
                                HEARTH_STORE_FILES_MAX);
    /* The caller's list keeps its order, which is the order of the files in the model. */
    const char **paths = hearth_calloc(version->file_count, sizeof(*paths));
    int rc = 0;
    for (size_t i = 0; !rc && i < version->file_count; i++) {
        rc = check_file(&version->files[i], error);
        paths[i] = version->files[i].path;
    }
    if (!rc)
        qsort(paths, version->file_count, sizeof(*paths), hearth_text_order);
    for (size_t i = 1; !rc && i < version->file_count; i++)
        if (strcmp(paths[i - 1], paths[i]) == 0)
            rc =
                hearth_error_set(error, HEARTH_EINVAL, "the file %.200s is listed twice", paths[i]);
    hearth_free(paths);
    return rc;
}

int hearth_version_check(struct hearth_version *version, struct hearth_error *error)
{
    /* The same members as in the table `version` and in hearth_version_json. */
    const struct text_member members[] = {
        {"label", &version->label, "", SHORT_TEXT_MAX, PLAIN},
        {"source", &version->source, "", HEARTH_STORE_TEXT_MAX, PLAIN},
        {"source_revision", &version->source_revision, "", HEARTH_STORE_TEXT_MAX, PLAIN},
        {"engine", &version->engine, "", SHORT_TEXT_MAX, PLAIN},
        {"state_reason", &version->state_reason, "", HEARTH_STORE_TEXT_MAX, PLAIN},
        {"metrics", &version->metrics_json, "{}", 0, OBJECT},
        {"lineage", &version->lineage_json, "{}", 0, OBJECT},
        {"facts", &version->facts_json, "{}", 0, OBJECT},
    };
    int rc = check_members(members, sizeof(members) / sizeof(members[0]), error);
    /* Only that there is such a state: whether it may follow the last one, an update asks. */
    if (!rc && !hearth_version_state_name(version->state))
        rc = hearth_error_set(error, HEARTH_EINVAL, "a version has no state %d",
                              (int)version->state);
    if (!rc && version->number < 0)
        rc = hearth_error_set(error, HEARTH_EINVAL, "the number of a version must be positive");
    return rc ? rc : check_files(version, error);
}

/* `latest` is computed when it is asked for, so no row may bear that name. */
int hearth_alias_check(const char *alias, struct hearth_error *error)
{
    if (alias && strcmp(alias, "latest") == 0)
        return hearth_error_set(
            error, HEARTH_EINVAL,
            "the alias `latest` cannot be set: it always means the newest ready version");
    if (!alias || !hearth_model_name_valid(alias))
        return hearth_error_set(error, HEARTH_EINVAL, "an alias must be " HEARTH_NAME_RULE);
    return 0;
}

/* A filter comes from a query string; what it cannot match is an error rather than an empty list.
 */
int hearth_filter_check(const struct hearth_model_filter *filter, struct hearth_error *error)
{
    /* "-created" sorts by created, the newest first. */
    const char *sort = filter->sort ? filter->sort : "name";
    sort += *sort == '-';
    if (strcmp(sort, "name") != 0 && strcmp(sort, "created") != 0 && strcmp(sort, "updated") != 0)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "models are sorted by name, created or updated, not by \"%.64s\"",
                                sort);
    if (filter->state && hearth_version_state_parse(filter->state) < 0)
        return hearth_error_set(error, HEARTH_EINVAL, "there is no state \"%.64s\"", filter->state);
    if (filter->offset < 0 || filter->limit < 0)
        return hearth_error_set(error, HEARTH_EINVAL, "offset and limit must not be negative");
    const char *const texts[] = {filter->task, filter->tag, filter->device, filter->name};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int rc = texts[i] ? check_text("a filter", texts[i], LONGER_TEXT_MAX, error) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

/* The time of a lease is the caller's clock, so only its length can be checked here. */
int hearth_claim_check(const char *work, const char *owner, int64_t lease_ms,
                       struct hearth_error *error)
{
    if (!work || !*work || !owner || !*owner)
        return hearth_error_set(error, HEARTH_EINVAL, "a claim must name its work and its owner");
    int rc = check_text("the work", work, LONGER_TEXT_MAX, error);
    if (!rc)
        rc = check_text("the owner", owner, LONGER_TEXT_MAX, error);
    if (!rc && lease_ms <= 0)
        rc = hearth_error_set(error, HEARTH_EINVAL, "a lease must last longer than 0 ms");
    return rc;
}

/* Bodies are bytes of whatever kind; only how many there are is looked at. */
int hearth_record_check(struct hearth_record *record, struct hearth_error *error)
{
    const struct text_member members[] = {
        {"kind", &record->kind, "", SHORT_TEXT_MAX, PLAIN},
        {"id", &record->id, "", LONGER_TEXT_MAX, PLAIN},
        {"principal", &record->principal, "", SHORT_TEXT_MAX, PLAIN},
        {"label", &record->label, "", SHORT_TEXT_MAX, PLAIN},
        {"facts", &record->facts_json, "{}", 0, OBJECT},
    };
    int rc = check_members(members, sizeof(members) / sizeof(members[0]), error);
    if (!rc && (!*record->kind || !*record->id))
        rc = hearth_error_set(error, HEARTH_EINVAL, "a record must have a kind and an id");
    if (!rc && record->body_length > HEARTH_RECORD_BODY_MAX)
        rc = hearth_error_set(error, HEARTH_EINVAL, "a record's body is larger than %d bytes",
                              HEARTH_RECORD_BODY_MAX);
    if (!rc && (record->size < 0 || record->expires_ms < 0))
        rc = hearth_error_set(error, HEARTH_EINVAL,
                              "the size and the end of a record must not be negative");
    return rc;
}
