/* A body in, the conversation that the worker would get out: for the readers of an API. Texts in
 * tests have ' where JSON has ". */
#ifndef HEARTH_TEST_SUPPORT_READ_BODY_H
#define HEARTH_TEST_SUPPORT_READ_BODY_H

#include "base/arena.h"
#include "base/json.h"
#include "task/generation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What a reader is given and what it makes; set_up and tear_down are those of a group of tests. */
static struct hearth_arena *arena;
static struct hearth_buf conversation;
static struct hearth_generation_request request;
static struct hearth_error error;

static inline int set_up(void **state)
{
    (void)state;
    arena = hearth_arena_create(1 << 20);
    hearth_buf_init(&conversation, 1 << 20);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    hearth_buf_finish(&conversation);
    hearth_arena_destroy(arena);
    return 0;
}

static inline json_t *body_of(const char *text)
{
    char json[4096];
    snprintf(json, sizeof(json), "%s", text);
    for (char *at = json; *at; at++)
        if (*at == '\'')
            *at = '"';
    json_t *body = hearth_json_parse(json, strlen(json), &error);
    if (!body)
        fail_msg("%s: %s", text, error.message);
    return body;
}

/* The member of the conversation, as it is written out, is the same as this. */
static inline void assert_member(const struct hearth_buf *given, const char *key,
                                 const char *wanted)
{
    json_t *read = hearth_json_parse(given->bytes, given->length, &error);
    json_t *expected = body_of(wanted);
    assert_non_null(read);
    if (!json_equal(json_object_get(read, key), expected))
        fail_msg("%s is not %s in %.*s", key, wanted, (int)given->length, given->bytes);
    json_decref(read);
    json_decref(expected);
}

#endif
