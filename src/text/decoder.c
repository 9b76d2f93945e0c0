/* Token ids back into text, as the library's decode with the model's decoder. Tokens are appended
 * one by one, and each knows only whether it is the first. */
#include "base/text.h"
#include "text/tokenizer_parts.h"

#include <stdio.h>
#include <string.h>

/* The replacements of WordPiece's cleanup, in their order. */
static void clean_up(struct hearth_buf *text, size_t from)
{
    static const char *const replacements[][2] = {
        {" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
        {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
        {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    /* The library cleans each token up by itself, so what stands before `from` is done with. */
    for (size_t i = 0; i < sizeof(replacements) / sizeof(replacements[0]); i++) {
        const char *old = replacements[i][0], *new = replacements[i][1];
        size_t old_length = strlen(old), new_length = strlen(new);
        for (size_t at = from; at + old_length <= text->length; at++)
            if (memcmp(text->bytes + at, old, old_length) == 0) {
                memcpy(text->bytes + at, new, new_length);
                memmove(text->bytes + at + new_length, text->bytes + at + old_length,
                        text->length - at - old_length);
                text->length -= old_length - new_length;
                at += new_length - 1;
            }
    }
}

/* A token with the prefix goes on a word; any other one begins a new word, after a space. */
static void append_wordpiece(const struct decoder *decoder, const char *token, size_t length,
                             bool first, struct hearth_buf *text)
{
    size_t prefix = strlen(decoder->prefix), from = text->length;
    if (!first && length >= prefix && memcmp(token, decoder->prefix, prefix) == 0) {
        token += prefix;
        length -= prefix;
    } else if (!first) {
        hearth_buf_char(text, ' ');
    }
    hearth_buf_append(text, token, length);
    if (decoder->cleanup && !text->failed)
        clean_up(text, from);
}

/* All or nothing: of a token that is partly mapped it is not known what is meant. */
static bool is_mapped(const struct hearth_runes *runes)
{
    bool mapped = true;
    for (size_t i = 0; i < runes->count && mapped; i++)
        mapped = byte_level_byte(runes->at[i]) >= 0;
    return mapped;
}

bool is_byte_level(const char *token, size_t length)
{
    struct hearth_runes runes = {0};
    hearth_runes_append_utf8(&runes, token, length);
    bool mapped = is_mapped(&runes);
    hearth_runes_finish(&runes);
    return mapped;
}

/* Each character stands for one byte of UTF-8; a character of the text may lie in two tokens. */
static void append_byte_level(const char *token, size_t length, struct hearth_buf *text)
{
    struct hearth_runes runes = {0};
    hearth_runes_append_utf8(&runes, token, length);
    bool mapped = is_mapped(&runes);
    for (size_t i = 0; i < runes.count && mapped; i++)
        hearth_buf_char(text, (char)byte_level_byte(runes.at[i]));
    if (!mapped) /* an added token stands as it is */
        hearth_buf_append(text, token, length);
    hearth_runes_finish(&runes);
}

/* Spaces for the replacement; the one that was put before the text goes. */
static void append_metaspace(const struct decoder *decoder, const char *token, size_t length,
                             bool first, struct hearth_buf *text)
{
    const char *mark = decoder->prefix;
    size_t width = strlen(mark);
    for (size_t i = 0; i < length;) {
        /* The very first mark was put before the text by the pre-tokenizer and is no space of it.
         */
        if (width && length - i >= width && memcmp(token + i, mark, width) == 0) {
            if (!first || i > 0 || decoder->keeps_first)
                hearth_buf_char(text, ' ');
            i += width;
        } else {
            hearth_buf_char(text, token[i++]);
        }
    }
}

int decoder_byte(const struct decoder *decoder, const char *token, size_t length)
{
    static const char digits[] = "0123456789ABCDEF";
    if (!decoder->byte_fallback || length != 6 || memcmp(token, "<0x", 3) != 0 || token[5] != '>')
        return -1;
    const char *high = memchr(digits, token[3], 16), *low = memchr(digits, token[4], 16);
    return high && low ? (int)(16 * (high - digits) + (low - digits)) : -1;
}

void decoder_append(const struct decoder *decoder, const char *token, size_t length, bool first,
                    struct hearth_buf *text)
{
    switch (decoder->kind) {
    case DECODE_WORDPIECE:
        append_wordpiece(decoder, token, length, first, text);
        break;
    case DECODE_BYTE_LEVEL:
        append_byte_level(token, length, text);
        break;
    case DECODE_METASPACE:
        append_metaspace(decoder, token, length, first, text);
        break;
    /* A model that names no decoder: the library puts spaces between the tokens. */
    case DECODE_SPACES:
        if (!first)
            hearth_buf_char(text, ' ');
        hearth_buf_append(text, token, length);
        break;
    }
}

/* sentencepiece's decoder as tokenizer.json has it: [Replace "▁" by " ", ByteFallback, Fuse, Strip
 * one space from the left]. Without the last one the first mark is a space. */
static void read_replace(const json_t *json, struct decoder *decoder)
{
    const char *pattern = hearth_json_text(json_object_get(json, "pattern"), "String", "");
    if (strcmp(hearth_json_text(json, "content", ""), " ") != 0 ||
        strlen(pattern) >= sizeof(decoder->prefix))
        return;
    decoder->kind = DECODE_METASPACE;
    decoder->keeps_first = true;
    snprintf(decoder->prefix, sizeof(decoder->prefix), "%s", pattern);
}

/* A sequence of decoders counts as those of them that are known here. */
void decoder_read(const json_t *json, struct decoder *decoder)
{
    const char *type = hearth_json_text(json, "type", "");
    if (strcmp(type, "Sequence") == 0) {
        const json_t *parts = json_object_get(json, "decoders");
        for (size_t i = 0; i < json_array_size(parts); i++)
            decoder_read(json_array_get(parts, i), decoder);
    } else if (strcmp(type, "WordPiece") == 0) {
        decoder->kind = DECODE_WORDPIECE;
        decoder->cleanup = hearth_json_truth(json, "cleanup", true);
        snprintf(decoder->prefix, sizeof(decoder->prefix), "%s",
                 hearth_json_text(json, "prefix", "##"));
    } else if (strcmp(type, "ByteLevel") == 0) {
        decoder->kind = DECODE_BYTE_LEVEL;
    } else if (strcmp(type, "Replace") == 0) {
        read_replace(json, decoder);
    } else if (strcmp(type, "ByteFallback") == 0) {
        decoder->byte_fallback = true;
    } else if (strcmp(type, "Strip") == 0) {
        if (hearth_json_integer(json, "start", 0) == 1 &&
            strcmp(hearth_json_text(json, "content", " "), " ") == 0)
            decoder->strips_first = true;
    } else if (strcmp(type, "Metaspace") == 0) {
        decoder->kind = DECODE_METASPACE;
        decoder->keeps_first =
            strcmp(hearth_json_text(json, "prepend_scheme", "always"), "never") == 0;
        snprintf(decoder->prefix, sizeof(decoder->prefix), "%s",
                 hearth_json_text(json, "replacement", "\xe2\x96\x81"));
    }
}
