/* Any bytes as a tokenizer.json: refused in words, or read, and then every text gets ids that the
 * tokenizer has said it may give. The file itself is one of the texts, so that the fuzzer writes
 * texts too. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "text/tokenizer.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Spaces of several kinds, contractions, digits, marks to compose, ideographs, an emoji of several
 * code points, added tokens' usual names. */
static const char *const texts[] = {
    "",
    " ",
    "Hello, World!  it's 2026\n\tdon't",
    "na\xc3\xafve e\xcc\x81 \xe4\xb8\xad\xe6\x96\x87 \xea\xb0\x80\xe1\x86\xa8 \xef\xac\x81",
    "[CLS] a [MASK] b</s><pad> <unk>",
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb\xe2\x96\x81\xe3\x80\x80\xc2\xa0\xef\xbf\xbd",
    "aaaaaaaaaaaaaaaabbbbbbbbabababab",
};

static void check_ids(const struct hearth_tokenizer *tokenizer, bool pair,
                      const struct hearth_tokens *tokens)
{
    size_t vocabulary = hearth_tokenizer_vocabulary(tokenizer);
    unsigned segments = hearth_tokenizer_segments(tokenizer, pair);
    for (size_t i = 0; i < tokens->count; i++) {
        assert(tokens->ids[i] >= 0 && (size_t)tokens->ids[i] < vocabulary);
        assert(tokens->types[i] < segments);
    }
    size_t opening = hearth_tokenizer_opening(tokenizer, tokens->ids, tokens->count);
    size_t closing = hearth_tokenizer_closing(tokenizer, pair, tokens->ids, tokens->count);
    assert(opening <= tokens->count && closing <= tokens->count);
}

static void decode(const struct hearth_tokenizer *tokenizer, const struct hearth_tokens *tokens)
{
    struct hearth_buf text;
    struct hearth_error error;
    for (int skip = 0; skip < 2; skip++) {
        hearth_buf_init(&text, 1 << 20);
        hearth_tokenizer_decode(tokenizer, tokens->ids, tokens->count, skip, &text, &error);
        hearth_buf_finish(&text);
    }
}

static void encode(const struct hearth_tokenizer *tokenizer, const char *text, size_t length)
{
    static const char pair[] = "second Text";
    struct hearth_error error;
    for (int kind = 0; kind < 3; kind++) {
        struct hearth_tokens tokens = {0};
        bool paired = kind == 2;
        int rc = hearth_tokenizer_encode(tokenizer, text, length, paired ? pair : NULL,
                                         paired ? sizeof(pair) - 1 : 0, kind > 0, &tokens, &error);
        assert(rc == 0 || *error.message);
        if (!rc) {
            check_ids(tokenizer, paired, &tokens);
            decode(tokenizer, &tokens);
        }
        hearth_tokens_finish(&tokens);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    enum { OWN_TEXT_MAX = 2048 };
    struct hearth_tokenizer *tokenizer = NULL;
    struct hearth_error error = {0};
    char *copy = hearth_alloc(length + 1); /* it may be written to */
    if (length)
        memcpy(copy, bytes, length);
    int rc = hearth_tokenizer_parse(copy, length, &tokenizer, &error);
    hearth_free(copy);
    assert(rc == 0 || *error.message);
    if (rc)
        return 0;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        encode(tokenizer, texts[i], strlen(texts[i]));
    encode(tokenizer, (const char *)bytes, length < OWN_TEXT_MAX ? length : OWN_TEXT_MAX);
    if (!hearth_tokenizer_lower(tokenizer, &error))
        encode(tokenizer, texts[2], strlen(texts[2]));
    hearth_tokenizer_close(tokenizer);
    return 0;
}
