#include "registry/model_json.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "config/model_settings.h"

#include <string.h>

int hearth_model_find(struct hearth_store *store, const char *reference, struct hearth_arena *arena,
                      struct hearth_model **ret_model, struct hearth_error *error)
{
    int64_t id;
    /* A name is never all digits, so a text is either a name or an id. */
    int rc = hearth_parse_int(reference, 1, INT64_MAX, &id) == 0
                 ? hearth_store_model_get_id(store, id, arena, ret_model, error)
                 : hearth_store_model_get(store, reference, arena, ret_model, error);
    if (rc == HEARTH_ENOTFOUND || rc == HEARTH_ENOMODEL)
        return hearth_error_set(error, HEARTH_ENOMODEL, "there is no model '%.100s'", reference);
    return rc;
}

/* A stored object; one that cannot be read, which would be our fault, becomes {}. */
static json_t *stored(const char *text)
{
    struct hearth_error ignored;
    json_t *value = text && *text ? hearth_json_parse(text, strlen(text), &ignored) : NULL;
    return value ? value : json_object();
}

static json_t *time_text(int64_t ms)
{
    char text[25];
    hearth_clock_iso8601(ms, text);
    return json_string(text);
}

/* Without memory, or for a text that is not UTF-8, jansson gives NULL; the key is there all the
 * same. */
static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value ? value : json_null());
}

static json_t *files_json(const struct hearth_version *version, int64_t *ret_size)
{
    json_t *files = json_array();
    *ret_size = 0;
    for (size_t i = 0; i < version->file_count; i++) {
        const struct hearth_file *file = &version->files[i];
        *ret_size += file->size;
        json_array_append_new(files, json_pack("{s:s, s:I, s:s}", "path", file->path, "size",
                                               (json_int_t)file->size, "sha256", file->sha256));
    }
    return files;
}

json_t *hearth_version_json(const struct hearth_version *version)
{
    json_t *object = json_object();
    int64_t size;
    json_t *files = files_json(version, &size);
    const char *state = hearth_version_state_name(version->state);
    set(object, "id", json_integer(version->id));
    set(object, "model_id", json_integer(version->model_id));
    set(object, "version", json_integer(version->number));
    set(object, "label", json_string(version->label));
    set(object, "state", json_string(state));
    /* The same under the name that clients of other hubs read, as task_type below. */
    set(object, "status", json_string(state));
    set(object, "reason", json_string(version->state_reason));
    set(object, "source", json_string(version->source));
    set(object, "source_revision", json_string(version->source_revision));
    set(object, "engine", json_string(version->engine));
    if (version->base_version_id)
        set(object, "base_version_id", json_integer(version->base_version_id));
    set(object, "size", json_integer(size));
    set(object, "files", files);
    set(object, "metrics", stored(version->metrics_json));
    set(object, "lineage", stored(version->lineage_json));
    set(object, "facts", stored(version->facts_json));
    set(object, "revision", json_integer(version->revision));
    set(object, "created_at", time_text(version->created_ms));
    set(object, "updated_at", time_text(version->updated_ms));
    return object;
}

json_t *hearth_alias_json(const struct hearth_alias *alias)
{
    return json_pack("{s:s, s:I, s:I}", "alias", alias->name, "version", (json_int_t)alias->number,
                     "revision", (json_int_t)alias->revision);
}

static json_t *row_json(const struct hearth_model *model)
{
    json_t *object = json_object();
    set(object, "id", json_integer(model->id));
    set(object, "name", json_string(model->name));
    set(object, "task", json_string(model->task));
    set(object, "task_type", json_string(model->task));
    set(object, "description", json_string(model->description));
    set(object, "tags", stored(model->tags_json));
    set(object, "base_model", json_string(model->base_model));
    set(object, "device", json_string(model->device));
    set(object, "settings", stored(model->settings_json));
    set(object, "revision", json_integer(model->revision));
    set(object, "created_at", time_text(model->created_ms));
    set(object, "updated_at", time_text(model->updated_ms));
    return object;
}

/* The state of what the bare name means, else of the newest version. */
static const char *state_of(const struct hearth_version *versions, size_t count, int64_t meant)
{
    if (count == 0)
        return "registered";
    enum hearth_version_state state = versions[count - 1].state;
    for (size_t i = 0; i < count; i++)
        if (versions[i].number == meant)
            state = versions[i].state;
    return hearth_version_state_name(state);
}

/* What would compute it is told with the model's settings, which decide it too; how tools are told
 * to it comes from its files alone. */
static json_t *version_of_model(const struct hearth_version *row, const json_t *model)
{
    json_t *version = hearth_version_json(row);
    const char *found = hearth_json_text(json_object_get(version, "facts"), "compute", "");
    const char *compute = hearth_model_settings_compute(json_object_get(model, "settings"), found);
    set(version, "compute", *compute ? json_string(compute) : json_null());
    const char *tools = hearth_json_text(json_object_get(version, "facts"), "tools", "");
    set(version, "tools", *tools ? json_string(tools) : json_null());
    return version;
}

int hearth_model_json(struct hearth_store *store, const struct hearth_model *model,
                      struct hearth_arena *arena, json_t **ret_json, struct hearth_error *error)
{
    struct hearth_version *versions;
    struct hearth_alias *aliases;
    size_t version_count, alias_count;
    int rc = hearth_store_version_list(store, model->id, arena, &versions, &version_count, error);
    if (rc)
        return rc;
    rc = hearth_store_alias_list(store, model->id, arena, &aliases, &alias_count, error);
    if (rc)
        return rc;
    json_t *object = row_json(model), *list = json_array(), *names = json_object();
    /* Versions come in order of number, so `latest` is the last ready one. */
    int64_t latest = 0, chosen = 0;
    for (size_t i = 0; i < version_count; i++) {
        json_array_append_new(list, version_of_model(&versions[i], object));
        if (versions[i].state == HEARTH_VERSION_READY)
            latest = versions[i].number;
    }
    for (size_t i = 0; i < alias_count; i++) {
        set(names, aliases[i].name, json_integer(aliases[i].number));
        if (strcmp(aliases[i].name, "default") == 0)
            chosen = aliases[i].number;
    }
    set(object, "state", json_string(state_of(versions, version_count, chosen ? chosen : latest)));
    set(object, "default_version", chosen ? json_integer(chosen) : json_null());
    set(object, "latest_version", latest ? json_integer(latest) : json_null());
    set(object, "aliases", names);
    set(object, "versions", list);
    *ret_json = object;
    return 0;
}
