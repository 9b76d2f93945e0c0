/* Reads a text as the answer to a chat whose template is a text of the test's, and keeps what is
 * told of it. */
#ifndef HEARTH_TEST_SUPPORT_REPLY_READER_H
#define HEARTH_TEST_SUPPORT_REPLY_READER_H

#include "chat/llama_chat.h"

#include <stdio.h>
#include <string.h>

enum { REPLY_CALLS = 16 };

struct reply_reader {
    struct hearth_llama_reply_listener listener; /* first */
    char content[1 << 16], reasoning[1 << 16], unread[1 << 16];
    struct {
        char name[256], arguments[4096], id[256];
    } calls[REPLY_CALLS];
    uint32_t call_count, pieces, unread_call;
    bool tools; /* as the end said */
};

static inline void reply_append(char *to, size_t size, const struct hearth_bytes *text)
{
    size_t length = strlen(to);
    snprintf(to + length, size - length, "%.*s", (int)text->length, text->bytes);
}

static inline void reply_tell(struct hearth_llama_reply_listener *listener,
                              const struct hearth_llama_reply_piece *piece)
{
    struct reply_reader *reader = (struct reply_reader *)listener;
    reader->pieces++;
    switch (piece->channel) {
    case HEARTH_CHANNEL_CONTENT:
        reply_append(reader->content, sizeof(reader->content), &piece->text);
        break;
    case HEARTH_CHANNEL_REASONING:
        reply_append(reader->reasoning, sizeof(reader->reasoning), &piece->text);
        break;
    case HEARTH_CHANNEL_CALL:
        if (piece->call != reader->call_count || piece->call >= REPLY_CALLS) {
            reader->call_count = REPLY_CALLS;
            break;
        }
        reader->call_count++;
        reply_append(reader->calls[piece->call].name, sizeof(reader->calls[0].name), &piece->text);
        reply_append(reader->calls[piece->call].id, sizeof(reader->calls[0].id), &piece->call_id);
        break;
    case HEARTH_CHANNEL_ARGUMENTS:
        reply_append(reader->calls[piece->call].arguments, sizeof(reader->calls[0].arguments),
                     &piece->text);
        break;
    case HEARTH_CHANNEL_UNREAD:
        reader->unread_call = piece->call;
        reply_append(reader->unread, sizeof(reader->unread), &piece->text);
        break;
    }
}

/* In pieces of `step` bytes; the texts of the tests are ASCII. */
static inline void reply_read(struct reply_reader *reader,
                              const struct hearth_llama_reply_form *form, const char *answer,
                              size_t length, size_t step)
{
    memset(reader, 0, sizeof(*reader));
    reader->listener.tell = reply_tell;
    struct hearth_llama_reply *reply = hearth_llama_reply_create(form);
    for (size_t at = 0; at < length; at += step)
        hearth_llama_reply_add(reply, answer + at, at + step < length ? step : length - at,
                               &reader->listener);
    reader->tools = hearth_llama_reply_end(reply, &reader->listener);
    hearth_llama_reply_destroy(reply);
}

#endif
