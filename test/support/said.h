/* A choice that says what a test wants, for the writers of an API: text, thoughts and tool calls
 * come as an engine tells them, into a stream or a whole answer. */
#ifndef HEARTH_TEST_SUPPORT_SAID_H
#define HEARTH_TEST_SUPPORT_SAID_H

#include "base/json.h"
#include "base/memory.h"
#include "task/generation.h"
#include "task/generation_collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct said {
    struct hearth_generation *generation;
    struct hearth_choice *choice;
    struct hearth_buf out;
};

static inline void said_init(struct said *said, const struct hearth_generation_shape *shape,
                             bool stream)
{
    said->generation = hearth_calloc(1, sizeof(*said->generation) + sizeof(struct hearth_choice));
    said->generation->shape = shape;
    snprintf(said->generation->id, sizeof(said->generation->id), "%s0a", shape->id_prefix);
    said->generation->model = "m";
    said->generation->created_s = 5;
    said->generation->stream = stream;
    said->generation->choice_count = said->generation->n = 1;
    said->choice = &said->generation->choices[0];
    hearth_choice_init(said->choice, said->generation, 0, NULL);
    said->choice->done = (struct hearth_inference_done){.finish = HEARTH_FINISH_STOP,
                                                        .prompt_tokens = 7,
                                                        .cached_tokens = 3,
                                                        .completion_tokens = 4};
    hearth_buf_init(&said->out, 1 << 20);
}

static inline void said_finish(struct said *said)
{
    hearth_choice_finish(said->choice);
    hearth_buf_finish(&said->out);
    hearth_free(said->generation);
}

/* As task/generation.c hands an event on. */
static inline void say(struct said *said, enum hearth_text_channel channel, const char *text)
{
    const struct hearth_event event = {
        .kind = HEARTH_EVENT_TEXT, .channel = channel, .bytes = {text, strlen(text)}};
    const struct hearth_generation_shape *shape = said->generation->shape;
    hearth_choice_note_call(said->choice, &event);
    /* Ids are random; the test knows them. */
    if (channel == HEARTH_CHANNEL_CALL)
        snprintf(said->choice->calls[said->choice->call_count - 1].id,
                 sizeof(said->choice->calls[0].id), "call%u", said->choice->call_count);
    if (said->generation->stream)
        shape->write_delta(said->choice, &event, &said->out);
    else if (shape->keep)
        shape->keep(said->choice, &event);
    hearth_choice_collect(said->choice, &event);
}

/* Thoughts, a text in two pieces, and two calls. */
static inline void say_everything(struct said *said)
{
    say(said, HEARTH_CHANNEL_REASONING, "hm");
    say(said, HEARTH_CHANNEL_CONTENT, "let ");
    say(said, HEARTH_CHANNEL_CONTENT, "me");
    say(said, HEARTH_CHANNEL_CALL, "f");
    say(said, HEARTH_CHANNEL_ARGUMENTS, "{\"a\":");
    say(said, HEARTH_CHANNEL_ARGUMENTS, "1}");
    say(said, HEARTH_CHANNEL_CALL, "g");
    said->choice->done.finish = HEARTH_FINISH_TOOLS;
}

/* The names of the stream's events, a space behind each; every body is JSON of that type. */
static inline const char *said_events(struct said *said)
{
    static char names[4096];
    char *at = names;
    const char *text = hearth_buf_cstr(&said->out);
    while (strncmp(text, "event: ", 7) == 0) {
        const char *line = strchr(text, '\n'), *end = strstr(text, "\n\n");
        struct hearth_error error;
        assert_non_null(end);
        assert_memory_equal(line, "\ndata: ", 7);
        json_t *body = hearth_json_parse(line + 7, (size_t)(end - line - 7), &error);
        const char *type = hearth_json_text(body, "type", "");
        assert_int_equal(strlen(type), line - text - 7);
        assert_memory_equal(type, text + 7, strlen(type));
        at += snprintf(at, (size_t)(names + sizeof(names) - at), "%s ", type);
        json_decref(body);
        text = end + 2;
    }
    assert_string_equal(text, "");
    return names;
}

static inline void assert_said(struct said *said, const char *piece)
{
    if (!strstr(hearth_buf_cstr(&said->out), piece))
        fail_msg("%s is not in %s", piece, hearth_buf_cstr(&said->out));
}

#endif
