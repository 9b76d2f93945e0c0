/* `response_fields`: a client that wants a few members of an answer is not sent the rest. */
#include "base/error.h"
#include "routes/native/native_read.h"
#include "routes/native/native_write.h"

#include <string.h>

int hearth_native_fields_read(const json_t *body, struct hearth_arena *arena,
                              struct hearth_native_asked *asked, struct hearth_error *error)
{
    const json_t *list = json_object_get(body, "response_fields");
    size_t count = json_array_size(list);
    if (!count)
        return 0;
    const char **fields = hearth_arena_alloc(arena, (count + 1) * sizeof(*fields));
    for (size_t i = 0; fields && i < count; i++) {
        fields[i] = hearth_arena_strdup(arena, json_string_value(json_array_get(list, i)));
        if (!fields[i])
            fields = NULL;
    }
    if (!fields)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the request is too large");
    fields[count] = NULL;
    asked->fields = fields;
    return 0;
}

/* A slash leads into a member; NULL where the path leads nowhere. */
static json_t *find(json_t *value, const char *path)
{
    for (const char *end; value && (end = strchr(path, '/')) != NULL; path = end + 1)
        value = json_object_getn(value, path, (size_t)(end - path));
    return json_object_get(value, path);
}

void hearth_native_fields_write(const char *const *fields, const struct hearth_buf *whole,
                                struct hearth_buf *buf)
{
    json_t *answer = hearth_json_parse_any_text(whole->bytes, whole->length, NULL);
    json_t *shown = json_object();
    for (; *fields; fields++)
        json_object_set(shown, *fields, find(answer, *fields)); /* nothing for NULL */
    hearth_json_dump(buf, shown);
    json_decref(shown);
    json_decref(answer);
}
