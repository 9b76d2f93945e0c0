#include "gateway/etag.h"

#include <string.h>

/* The digest is made on the loop thread, so its work is bounded; a larger request has no tag. */
enum { DIGESTED_MAX = 1 << 20, DEPTH_MAX = 4 }; /* bytes of texts; levels of lists */

struct digesting {
    struct hearth_sha256 *sha;
    size_t left;
    bool failed;
};

/* Every part goes in with its kind and length, so that no two requests look the same. */
static void put(struct digesting *digesting, char kind, const void *bytes, size_t length)
{
    char head[9] = {kind};
    for (int i = 0; i < 8; i++)
        head[1 + i] = (char)((uint64_t)length >> (8 * i));
    if (length + sizeof(head) > digesting->left) {
        digesting->failed = true;
        return;
    }
    digesting->left -= length + sizeof(head);
    hearth_sha256_update(digesting->sha, head, sizeof(head));
    hearth_sha256_update(digesting->sha, bytes, length);
}

static void put_text(struct digesting *digesting, const char *text)
{
    put(digesting, 's', text, strlen(text));
}

/* Numbers are compared by value, so that 1 and 1.0 are the same request. A list has an end mark:
 * without it [[a],b] and [[a,b]] would be the same bytes. Objects have no order and are not
 * digested. */
static void put_value(struct digesting *digesting, const json_t *value, int depth)
{
    double number = json_number_value(value);
    if (digesting->failed || depth > DEPTH_MAX || json_is_object(value)) {
        digesting->failed = true;
    } else if (json_is_string(value)) {
        put(digesting, 's', json_string_value(value), json_string_length(value));
    } else if (json_is_number(value)) {
        put(digesting, 'n', &number, sizeof(number));
    } else if (json_is_array(value)) {
        put(digesting, 'a', "", 0);
        for (size_t i = 0; i < json_array_size(value); i++)
            put_value(digesting, json_array_get(value, i), depth + 1);
        put(digesting, 'e', "", 0);
    } else {
        put(digesting, json_is_true(value) ? 't' : json_is_false(value) ? 'f' : '0', "", 0);
    }
}

bool hearth_etag_digest(const json_t *body, const char *const *keys,
                        char ret_digest[HEARTH_SHA256_HEX])
{
    struct digesting digesting = {.sha = hearth_sha256_create(), .left = DIGESTED_MAX};
    for (; *keys; keys++)
        put_value(&digesting, json_object_get(body, *keys), 0);
    hearth_sha256_hex(digesting.sha, ret_digest);
    hearth_sha256_destroy(digesting.sha);
    return !digesting.failed;
}

/* The server's version is part of it: a new release may compute or write the same vector
 * differently. */
void hearth_etag_make(const char *digest, const struct hearth_vector_digest *maker,
                      char ret_tag[HEARTH_ETAG_MAX])
{
    struct digesting digesting = {.sha = hearth_sha256_create(), .left = DIGESTED_MAX};
    put_text(&digesting, HEARTH_VERSION);
    put(&digesting, 'k', maker->digits, sizeof(maker->digits));
    put_text(&digesting, digest);
    ret_tag[0] = '"';
    hearth_sha256_hex(digesting.sha, ret_tag + 1);
    memcpy(ret_tag + HEARTH_SHA256_HEX, "\"", 2);
    hearth_sha256_destroy(digesting.sha);
}

/* A compressed answer carries the tag with "-gzip" before the closing quote (answer.c in net), and
 * any variant counts as the same. W/ is ignored: If-None-Match compares weakly. */
bool hearth_etag_matches(const char *if_none_match, const char *tag)
{
    const char *at = if_none_match ? if_none_match : "";
    size_t length = strlen(tag) - 1; /* without the closing quote */
    while (*at) {
        at += strspn(at, ", \t");
        if (strncmp(at, "W/", 2) == 0)
            at += 2;
        if (*at != '"')
            return false;
        const char *end = strchr(at + 1, '"');
        if (!end)
            return false;
        size_t given = (size_t)(end - at);
        if (given >= length && memcmp(at, tag, length) == 0 &&
            (at[length] == '"' || at[length] == '-'))
            return true;
        at = end + 1;
    }
    return false;
}
