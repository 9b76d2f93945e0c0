/* Tokenizes what comes on standard input, for the comparison with the reference library:
 *
 *     encode_texts DIRECTORY < frames > frames
 *
 * In: u32 length and a text, again and again; out: u32 count and i32 ids, or UINT32_MAX for a text
 * that was refused. With "decode" behind the directory it is the other way round: in u32 count and
 * ids, out u32 length and the text. Native byte order. */
#include "base/memory.h"
#include "text/tokenizer.h"

#include <stdio.h>
#include <string.h>

static void decode(const struct hearth_tokenizer *tokenizer)
{
    uint32_t count;
    int32_t *ids = NULL;
    while (fread(&count, sizeof(count), 1, stdin) == 1) {
        struct hearth_buf text;
        hearth_buf_init(&text, 64u << 20);
        ids = hearth_realloc(ids, (count + 1) * sizeof(*ids));
        int rc = fread(ids, sizeof(*ids), count, stdin) != count ||
                 hearth_tokenizer_decode(tokenizer, ids, count, false, &text, NULL);
        uint32_t length = rc ? UINT32_MAX : (uint32_t)text.length;
        fwrite(&length, sizeof(length), 1, stdout);
        if (!rc && length)
            fwrite(text.bytes, 1, length, stdout);
        hearth_buf_finish(&text);
    }
    hearth_free(ids);
}

int main(int argc, char **argv)
{
    struct hearth_tokenizer *tokenizer;
    struct hearth_error error = {0};
    if (argc < 2 || hearth_tokenizer_open(argv[1], &tokenizer, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    uint32_t length;
    char *text = NULL;
    if (argc > 2)
        decode(tokenizer);
    while (argc == 2 && fread(&length, sizeof(length), 1, stdin) == 1) {
        text = hearth_realloc(text, length);
        if (fread(text, 1, length, stdin) != length)
            return 1;
        struct hearth_tokens tokens = {0};
        int rc = hearth_tokenizer_encode(tokenizer, text, length, NULL, 0, true, &tokens, &error);
        uint32_t count = rc ? UINT32_MAX : (uint32_t)tokens.count;
        fwrite(&count, sizeof(count), 1, stdout);
        if (tokens.count)
            fwrite(tokens.ids, sizeof(*tokens.ids), tokens.count, stdout);
        hearth_tokens_finish(&tokens);
    }
    hearth_free(text);
    hearth_tokenizer_close(tokenizer);
    return 0;
}
