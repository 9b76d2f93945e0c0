#include "task/structure.h"

#include "grammar/structure_grammar.h"

#include <string.h>

static bool asks(const char *member, const json_t *value)
{
    /* Clients that write every key they know say so that they do not use one. */
    bool off = json_is_false(value) || (json_is_string(value) && !json_string_length(value));
    if (!value || json_is_null(value) || off)
        return false;
    return strcmp(member, "response_format") != 0 ||
           strcmp(hearth_json_text(value, "type", ""), "text") != 0;
}

void hearth_structure_pass(const json_t *body, json_t *conversation)
{
    for (const char *const *member = hearth_structure_members; *member; member++) {
        json_t *value = json_object_get(body, *member);
        if (asks(*member, value))
            json_object_set(conversation, *member, value);
    }
}

int hearth_structure_read(const json_t *body, struct hearth_arena *arena,
                          struct hearth_sampling *sampling, struct hearth_error *error)
{
    struct hearth_buf text;
    json_t *members = json_object();
    int rc = 0;
    hearth_structure_pass(body, members);
    hearth_buf_init(&text, HEARTH_STRUCTURE_BYTES_MAX);
    if (json_object_size(members)) {
        rc = hearth_json_dump(&text, members);
        char *copy = rc ? NULL : hearth_arena_strndup(arena, text.bytes, text.length);
        if (copy)
            sampling->grammar = (struct hearth_bytes){copy, text.length};
        else
            rc = hearth_error_set(error, HEARTH_ETOOLARGE, "what the answer must be is too large");
    }
    json_decref(members);
    hearth_buf_finish(&text);
    return rc;
}
