#include "task/generation_collect.h"

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "hearth/error.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 16 << 20, NAME_MAX_BYTES = 1024 };

void hearth_choice_init(struct hearth_choice *choice, struct hearth_generation *generation,
                        uint32_t index, const void *kept)
{
    *choice = (struct hearth_choice){.generation = generation, .index = index};
    hearth_buf_init(&choice->text, TEXT_MAX);
    hearth_buf_init(&choice->reasoning, TEXT_MAX);
    choice->kept = hearth_calloc(1, generation->shape->kept_size + 1);
    if (kept)
        memcpy(choice->kept, kept, generation->shape->kept_size);
}

void hearth_choice_finish(struct hearth_choice *choice)
{
    if (choice->generation && choice->generation->shape->forget)
        choice->generation->shape->forget(choice);
    for (uint32_t i = 0; i < choice->call_count; i++) {
        hearth_buf_finish(&choice->calls[i].name);
        hearth_buf_finish(&choice->calls[i].arguments);
    }
    hearth_free(choice->calls);
    hearth_buf_finish(&choice->text);
    hearth_buf_finish(&choice->reasoning);
    hearth_free(choice->kept);
}

void hearth_generation_make_id(char *id, size_t size, const char *prefix)
{
    unsigned char random[12];
    char hex[2 * sizeof(random) + 1];
    hearth_random_bytes(random, sizeof(random));
    hearth_hex(random, sizeof(random), hex);
    snprintf(id, size, "%s%s", prefix, hex);
}

/* An id comes from the model's text: only one that is a plain word is handed on. */
static bool is_plain(const struct hearth_bytes *id, size_t size)
{
    if (id->length == 0 || id->length >= size)
        return false;
    for (size_t i = 0; i < id->length; i++) {
        unsigned char c = (unsigned char)id->bytes[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\')
            return false;
    }
    return true;
}

static void set_id(struct hearth_generated_call *call, const struct hearth_generation *generation,
                   const struct hearth_bytes *id)
{
    const char *prefix = generation->shape->call_prefix;
    if (is_plain(id, sizeof(call->id)))
        snprintf(call->id, sizeof(call->id), "%.*s", (int)id->length, id->bytes);
    else
        hearth_generation_make_id(call->id, sizeof(call->id), prefix ? prefix : "call_");
}

static struct hearth_generated_call *add_call(struct hearth_choice *choice)
{
    if (choice->call_count == HEARTH_GENERATED_CALLS_MAX)
        return NULL;
    if (choice->call_count == choice->call_capacity) {
        choice->call_capacity = choice->call_capacity * 2 + 2;
        choice->calls =
            hearth_realloc(choice->calls, choice->call_capacity * sizeof(*choice->calls));
    }
    struct hearth_generated_call *call = &choice->calls[choice->call_count++];
    *call = (struct hearth_generated_call){0};
    hearth_buf_init(&call->name, NAME_MAX_BYTES);
    hearth_buf_init(&call->arguments, TEXT_MAX);
    return call;
}

static void drop_call(struct hearth_choice *choice)
{
    struct hearth_generated_call *call = &choice->calls[--choice->call_count];
    hearth_buf_finish(&call->name);
    hearth_buf_finish(&call->arguments);
}

bool hearth_choice_take_unread(struct hearth_choice *choice, struct hearth_event *event)
{
    if (event->channel != HEARTH_CHANNEL_UNREAD)
        return true;
    choice->unread = true;
    if (choice->generation->stream && choice->call_count > event->call)
        return false;
    while (choice->call_count > event->call)
        drop_call(choice);
    event->channel = HEARTH_CHANNEL_CONTENT;
    return true;
}

void hearth_choice_note_call(struct hearth_choice *choice, const struct hearth_event *event)
{
    if (event->channel != HEARTH_CHANNEL_CALL)
        return;
    struct hearth_generated_call *call = add_call(choice);
    if (!call) {
        choice->failed = HEARTH_ETOOLARGE;
        return;
    }
    set_id(call, choice->generation, &event->call_id);
    hearth_buf_append(&call->name, event->bytes.bytes, event->bytes.length);
}

/* Arguments belong to the call that began last. */
static struct hearth_buf *place_of(struct hearth_choice *choice, enum hearth_text_channel channel)
{
    switch (channel) {
    case HEARTH_CHANNEL_CONTENT:
        return &choice->text;
    case HEARTH_CHANNEL_REASONING:
        return &choice->reasoning;
    case HEARTH_CHANNEL_ARGUMENTS:
        return choice->call_count ? &choice->calls[choice->call_count - 1].arguments : NULL;
    case HEARTH_CHANNEL_CALL:
    case HEARTH_CHANNEL_UNREAD:
        break;
    }
    return NULL;
}

void hearth_choice_collect(struct hearth_choice *choice, const struct hearth_event *event)
{
    const struct hearth_generation *g = choice->generation;
    struct hearth_buf *place = place_of(choice, event->channel);
    if (place && (!g->stream || g->shape->collects))
        hearth_buf_append(place, event->bytes.bytes, event->bytes.length);
    /* Text is counted in characters because completions' `text_offset` is; engines send whole ones.
     */
    if (event->channel == HEARTH_CHANNEL_CONTENT)
        choice->characters += hearth_character_count(event->bytes.bytes, event->bytes.length);
    else if (event->channel == HEARTH_CHANNEL_REASONING)
        choice->reasoning_tokens += event->token_count;
}

/* A text that was cut off for its length would be a wrong answer. */
int hearth_choice_failure(const struct hearth_choice *choice)
{
    int failed = choice->failed ? choice->failed : choice->text.failed;
    if (!failed)
        failed = choice->reasoning.failed;
    for (uint32_t i = 0; !failed && i < choice->call_count; i++)
        failed = choice->calls[i].name.failed ? choice->calls[i].name.failed
                                              : choice->calls[i].arguments.failed;
    return failed;
}
