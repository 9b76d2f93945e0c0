/* Any bytes as sentencepiece's precompiled map of characters: what it makes of a text ends, is
 * bounded, and a broken map is refused in words.
 *
 * The bytes become the map of a tokenizer.json, in base64; their second half, two bytes for a code
 * point, is also the text. */
#include "base/error.h"
#include "base/memory.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { INPUT_MAX = 1 << 16, POINTS_MAX = 512 };

static void append_base64(struct hearth_buf *json, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t word = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < length; i++) {
        word = word << 8 | bytes[i];
        for (bits += 8; bits >= 6; bits -= 6)
            hearth_buf_char(json, digits[word >> (bits - 6) & 63]);
    }
    if (bits)
        hearth_buf_char(json, digits[word << (6 - bits) & 63]);
}

/* Metaspace with "first" asks which tokens come out of the beginning of a text, so the map's steps
 * are counted too. */
static struct hearth_tokenizer *open_map(const uint8_t *bytes, size_t length)
{
    static const char before[] =
        "{\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":"
        "\"",
                      behind[] =
                          "\"},\"pre_tokenizer\":{\"type\":\"Metaspace\",\"prepend_scheme\":"
                          "\"first\"},\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":"
                          "[[\"<unk>\",0],[\"a\",-1],[\"\xe2\x96\x81\",-2]]},"
                          "\"added_tokens\":[{\"id\":1,\"content\":\"a\",\"normalized\":"
                          "true}]}";
    struct hearth_tokenizer *tokenizer = NULL;
    struct hearth_error error = {0};
    struct hearth_buf json;
    hearth_buf_init(&json, 2 * INPUT_MAX);
    hearth_buf_text(&json, before);
    append_base64(&json, bytes, length);
    hearth_buf_text(&json, behind);
    assert(!json.failed);
    int rc = hearth_tokenizer_parse(json.bytes, json.length, &tokenizer, &error);
    hearth_buf_finish(&json);
    assert(rc == 0 || *error.message);
    return tokenizer;
}

static size_t text_of(const uint8_t *bytes, size_t length, char text[3 * POINTS_MAX])
{
    size_t written = 0;
    for (size_t i = 0; i + 1 < length && i < 2 * (size_t)POINTS_MAX; i += 2) {
        uint32_t c = (uint32_t)bytes[i] << 8 | bytes[i + 1];
        if (c < 0xd800 || c >= 0xe000)
            written += hearth_rune_to_utf8(c, text + written);
    }
    return written;
}

static void encode(const struct hearth_tokenizer *tokenizer, const char *text, size_t length)
{
    struct hearth_tokens tokens = {0};
    struct hearth_error error = {0};
    int rc = hearth_tokenizer_encode(tokenizer, text, length, NULL, 0, true, &tokens, &error);
    assert(rc == 0 || rc == HEARTH_ETOOLARGE);
    hearth_tokens_finish(&tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char fixed[] = "\xef\xbc\xa1"
                                "a\xcc\x81 \xea\xb0\x80\xe1\x86\xa8\xe2\x91\xa0\n";
    char text[3 * POINTS_MAX];
    if (length > INPUT_MAX)
        return 0;
    struct hearth_tokenizer *tokenizer = open_map(bytes, length);
    if (!tokenizer)
        return 0;
    encode(tokenizer, fixed, sizeof(fixed) - 1);
    encode(tokenizer, text, text_of(bytes + length / 2, length - length / 2, text));
    hearth_tokenizer_close(tokenizer);
    return 0;
}
