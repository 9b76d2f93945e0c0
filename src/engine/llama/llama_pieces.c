/* Prompts that are put together of pieces: texts and ids behind each other, and a gap between two
 * texts, with the vocabulary's own tokens for that (llama-server's format_prompt_infill; the form
 * of a repository is https://arxiv.org/pdf/2409.12186, section 3). */
#include "base/error.h"
#include "base/input_error.h"
#include "base/json.h"
#include "base/memory.h"
#include "engine/llama/llama_engine.h"
#include "engine/llama/llama_trial.h"

#include <inttypes.h>
#include <string.h>

enum {
    IDS_MAX = 64 << 20,    /* bytes */
    WINDOW_MAX = 2048,     /* tokens around the gap: llama-server's batch */
    EXTRA_FILES_MAX = 256, /* the gateway's schema has the same */
    MARKS_MAX = 8          /* tokens around and in the gap beside those of the texts */
};

/* Ids, as the bytes of a buffer. */
static size_t count_of(const struct hearth_buf *ids)
{
    return ids->length / sizeof(int32_t);
}

static void add_id(struct hearth_buf *ids, int32_t id)
{
    hearth_buf_append(ids, &id, sizeof(id));
}

/* The first ones, or the last. */
static void add_some(struct hearth_buf *ids, const struct hearth_buf *from, size_t most, bool last)
{
    size_t count = count_of(from) < most ? count_of(from) : most;
    size_t skipped = last ? count_of(from) - count : 0;
    if (count)
        hearth_buf_append(ids, from->bytes + skipped * sizeof(int32_t), count * sizeof(int32_t));
}

struct encoding {
    struct hearth_engine *engine;
    const struct hearth_input *input;
    struct hearth_error *error;
    int rc; /* the first fault; then nothing is added any more */
};

static void add_text(struct encoding *encoding, struct hearth_buf *ids, const char *text,
                     size_t length, bool add_special, bool parse_special)
{
    int32_t *tokens = NULL;
    uint32_t count = 0;
    if (encoding->rc != 0)
        return;
    /* A folder's tokenizer cannot do without. */
    bool parses = parse_special || encoding->engine->tokenizer != NULL;
    encoding->rc = hearth_llama_encode(encoding->engine, text, length, add_special, parses,
                                       encoding->input->canceled, &tokens, &count, encoding->error);
    if (encoding->rc == 0)
        hearth_buf_append(ids, tokens, count * sizeof(*tokens));
    hearth_free(tokens);
}

static void add_member(struct encoding *encoding, struct hearth_buf *ids, const json_t *object,
                       const char *key, bool parse_special)
{
    const json_t *text = json_object_get(object, key);
    if (json_string_length(text) > 0)
        add_text(encoding, ids, json_string_value(text), json_string_length(text), false,
                 parse_special);
}

static void add_plain(struct encoding *encoding, struct hearth_buf *ids, const char *text)
{
    add_text(encoding, ids, text, strlen(text), false, false);
}

/* Files beside the one with the gap, each behind its name; where the vocabulary has no token for
 * that, behind a line that parts them. */
static void add_files(struct encoding *encoding, struct hearth_buf *ids, const json_t *files)
{
    const struct llama_vocab *vocab = encoding->engine->vocab;
    int32_t separator = llama_vocab_fim_sep(vocab);
    for (size_t i = 0; i < json_array_size(files) && i < EXTRA_FILES_MAX; i++) {
        const json_t *file = json_array_get(files, i);
        if (separator != LLAMA_TOKEN_NULL) {
            add_id(ids, separator);
            add_plain(encoding, ids, hearth_json_text(file, "filename", "tmp"));
            add_plain(encoding, ids, "\n");
        } else {
            add_plain(encoding, ids, "\n\n--- snippet ---\n\n");
        }
        add_member(encoding, ids, file, "text", false);
    }
}

static void add_repository(struct encoding *encoding, struct hearth_buf *ids, const json_t *files)
{
    const struct llama_vocab *vocab = encoding->engine->vocab;
    if (llama_vocab_fim_rep(vocab) != LLAMA_TOKEN_NULL) {
        add_id(ids, llama_vocab_fim_rep(vocab));
        add_plain(encoding, ids, "myproject\n");
    }
    add_files(encoding, ids, files);
    if (llama_vocab_fim_sep(vocab) != LLAMA_TOKEN_NULL) {
        add_id(ids, llama_vocab_fim_sep(vocab));
        add_plain(encoding, ids, "filename\n");
    }
}

/* The parts of a gap, tokenized. */
enum { PREFIX, SUFFIX, PROMPT, EXTRA, PARTS };

/* Other files take what the context has beside the window and room for the answer. Three quarters
 * of the window, as far as it fits into the context with the answer, are for what stands before the
 * gap. */
static void join(const struct encoding *encoding, const struct hearth_buf *parts,
                 struct hearth_buf *ids)
{
    const struct hearth_engine *engine = encoding->engine;
    const struct llama_vocab *vocab = engine->vocab;
    const struct hearth_sampling *sampling = encoding->input->sampling;
    size_t context = engine->plan.context, predicted = sampling ? sampling->max_tokens : 0;
    size_t window = context < WINDOW_MAX ? context : WINDOW_MAX;
    size_t behind = 2 + count_of(&parts[PROMPT]);
    size_t taken = window + 2 * predicted, needed = MARKS_MAX + (predicted ? predicted : 1);
    size_t around = context > needed ? context - needed : 0;
    if (around > window)
        around = window;
    add_some(ids, &parts[EXTRA], context > taken ? context - taken : 0, true);
    if (llama_vocab_get_add_bos(vocab) && llama_vocab_bos(vocab) != LLAMA_TOKEN_NULL)
        add_id(ids, llama_vocab_bos(vocab));
    add_id(ids, llama_vocab_fim_pre(vocab));
    add_some(ids, &parts[PREFIX], 3 * (around / 4), true);
    add_some(ids, &parts[PROMPT], SIZE_MAX, false);
    add_id(ids, llama_vocab_fim_suf(vocab));
    add_some(ids, &parts[SUFFIX], around / 4 > behind ? around / 4 - behind : 0, false);
    add_id(ids, llama_vocab_fim_mid(vocab));
}

static void fill_gap(struct encoding *encoding, const json_t *given, struct hearth_buf *ids)
{
    const struct llama_vocab *vocab = encoding->engine->vocab;
    struct hearth_buf parts[PARTS];
    if (!hearth_llama_fills_gaps(vocab)) {
        encoding->rc =
            hearth_error_set(encoding->error, HEARTH_ENOTIMPL,
                             "this model cannot fill a gap: its vocabulary has no tokens "
                             "for the text before, behind and in it");
        return;
    }
    for (int part = 0; part < PARTS; part++)
        hearth_buf_init(&parts[part], IDS_MAX);
    add_member(encoding, &parts[PREFIX], given, "prefix", false);
    add_member(encoding, &parts[SUFFIX], given, "suffix", false);
    add_member(encoding, &parts[PROMPT], given, "prompt", true);
    add_repository(encoding, &parts[EXTRA], json_object_get(given, "extra"));
    join(encoding, parts, ids);
    for (int part = 0; part < PARTS; part++) {
        if (parts[part].failed)
            ids->failed = parts[part].failed;
        hearth_buf_finish(&parts[part]);
    }
}

/* What cannot fit is not tokenized, as of other texts: that takes many times the memory of a text.
 */
static bool may_fit(struct encoding *encoding, size_t length)
{
    const struct hearth_engine *engine = encoding->engine;
    bool counts = encoding->input->task == HEARTH_TASK_TOKENIZE || engine->token_bytes == 0;
    size_t least = counts ? 0 : length / engine->token_bytes;
    if (least <= engine->plan.context)
        return true;
    encoding->rc =
        hearth_input_error_length(encoding->error, encoding->input, least, engine->plan.context);
    return false;
}

/* What a tokenizer puts around a text goes around the first piece, if that is a text. */
static void add_pieces(struct encoding *encoding, const json_t *list, struct hearth_buf *ids)
{
    bool special = !encoding->input->no_special_tokens;
    uint32_t words = encoding->engine->facts.vocabulary_length;
    for (size_t i = 0; encoding->rc == 0 && i < json_array_size(list); i++) {
        const json_t *piece = json_array_get(list, i);
        json_int_t id = json_integer_value(piece);
        if (json_is_string(piece) && may_fit(encoding, json_string_length(piece)))
            add_text(encoding, ids, json_string_value(piece), json_string_length(piece),
                     special && i == 0, true);
        else if (json_is_integer(piece) && id >= 0 && id < (json_int_t)words)
            add_id(ids, (int32_t)id);
        else if (encoding->rc == 0)
            encoding->rc = hearth_error_set(encoding->error, HEARTH_EINVAL,
                                            "prompt[%zu] is neither a text nor a token of this "
                                            "model's vocabulary of %" PRIu32,
                                            i, words);
    }
}

int hearth_llama_make_pieces(struct hearth_engine *engine, const struct hearth_input *input,
                             struct hearth_llama_input *made, struct hearth_error *error)
{
    struct encoding encoding = {.engine = engine, .input = input, .error = error};
    struct hearth_buf ids;
    json_t *given = hearth_json_parse(input->bytes, input->length, error);
    if (given == NULL)
        return HEARTH_EPARSE;
    hearth_buf_init(&ids, IDS_MAX);
    if (input->kind == HEARTH_INPUT_INFILL)
        fill_gap(&encoding, given, &ids);
    else
        add_pieces(&encoding, given, &ids);
    json_decref(given);
    if (encoding.rc == 0 && ids.failed)
        encoding.rc = hearth_error_set(error, ids.failed, "the prompt is too long");
    size_t count = count_of(&ids);
    if (encoding.rc == 0)
        made->tokens = hearth_try_calloc(count + 1, sizeof(*made->tokens));
    if (encoding.rc == 0 && made->tokens == NULL)
        encoding.rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory for %zu tokens", count);
    if (encoding.rc == 0 && count > 0)
        memcpy(made->tokens, ids.bytes, ids.length);
    made->head.token_count = encoding.rc == 0 ? (uint32_t)count : 0;
    hearth_buf_finish(&ids);
    return encoding.rc;
}
