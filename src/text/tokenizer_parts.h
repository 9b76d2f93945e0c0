/* Declares the parts of a tokenizer, in the order in which a text meets them: added tokens are cut
 * out, the rest is normalized, split into pieces, turned into ids by the model, and the
 * post-processor puts special tokens around. Private to src/text. */
#ifndef HEARTH_TEXT_TOKENIZER_PARTS_H
#define HEARTH_TEXT_TOKENIZER_PARTS_H

#include "base/json.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

enum { TOKENIZER_STEPS_MAX = 32, TEMPLATE_MAX = 16, VOCABULARY_MAX = 1 << 24 };

/* vocabulary.c: token texts to ids and back; both directions are hash or array look-ups. */
struct vocabulary {
    char *pool; /* texts, one behind the other */
    size_t pool_length, pool_capacity;
    struct vocabulary_entry {
        size_t offset;
        uint32_t length; /* UINT32_MAX: no such id */
    } * entries;         /* by id */
    size_t id_count;     /* highest id + 1 */
    uint32_t *slots;     /* hash table of id + 1 */
    size_t slot_count, token_count;
    size_t longest; /* bytes of the longest text */
};
int vocabulary_add(struct vocabulary *vocabulary, const char *text, size_t length, int64_t id,
                   struct hearth_error *error);
void vocabulary_finish(struct vocabulary *vocabulary);
int32_t vocabulary_find(const struct vocabulary *vocabulary, const char *text, size_t length);
/* The same for a text whose hearth_hash64 is known. */
int32_t vocabulary_find_hashed(const struct vocabulary *vocabulary, uint64_t hash, const char *text,
                               size_t length);
/* NULL when there is no such id. */
const char *vocabulary_text(const struct vocabulary *vocabulary, int64_t id, size_t *ret_length);

/* Reads a JSON object whose keys are tokens and whose values are their ids. */
int vocabulary_read_object(const json_t *json, struct vocabulary *vocabulary,
                           struct hearth_error *error);
/* The ids of "<0x00>" … "<0xFF>", -1 for those that are not there. */
void vocabulary_byte_ids(const struct vocabulary *vocabulary, int32_t ret_ids[256]);

/* precompiled.c: sentencepiece's map of characters */
struct precompiled;
int precompiled_read(const json_t *json, struct precompiled **ret_map, struct hearth_error *error);
void precompiled_destroy(struct precompiled *map);
/* In place. `head` as in normalizer_run. */
void precompiled_run(const struct precompiled *map, struct hearth_runes *text, size_t *head);

/* normalizer.c */
enum normalizer_kind {
    NORMALIZE_BERT,
    NORMALIZE_NMT,
    NORMALIZE_FORM,
    NORMALIZE_LOWER,
    NORMALIZE_STRIP_ACCENTS,
    NORMALIZE_STRIP,
    NORMALIZE_REPLACE,
    NORMALIZE_PREPEND,
    NORMALIZE_PRECOMPILED,
    NORMALIZE_SQUEEZE, /* runs of spaces to `content` */
};
struct normalizer_step {
    enum normalizer_kind kind;
    bool clean, chinese, accents, lower; /* BERT */
    bool left, right;                    /* STRIP */
    enum hearth_normal_form form;
    struct hearth_runes pattern, content; /* REPLACE, PREPEND */
    struct precompiled *map;              /* PRECOMPILED */
    size_t run_min;                       /* SQUEEZE */
};
struct normalizer {
    struct normalizer_step steps[TOKENIZER_STEPS_MAX];
    size_t count;
};
int normalizer_read(const json_t *json, struct normalizer *normalizer, struct hearth_error *error);
int normalizer_lower_first(struct normalizer *normalizer, struct hearth_error *error);
void normalizer_finish(struct normalizer *normalizer);
/* Normalizes in place. A text that grows to over 64 times its length and 4,096 code points
 * more is marked overlong. `head`: how many code points at the start of this text were made of the
 * first code point of the whole one, which Metaspace wants to know; returned is how many of the
 * normalized text were. 0, when nobody wants to know, saves the counting. */
size_t normalizer_run(const struct normalizer *normalizer, struct hearth_runes *text, size_t head);
/* What becomes of the head in a step that says, for each new code point, how many of the former
 * ones it stands for. */
size_t head_of_taken(const struct hearth_runes *taken, size_t head);

/* pre_tokenizer.c */
struct piece {
    size_t start, count; /* in a text */
};

enum pre_tokenizer_kind {
    SPLIT_BERT,
    SPLIT_WHITESPACE, /* \w+|[^\w\s]+ */
    SPLIT_SPACES,     /* WhitespaceSplit */
    SPLIT_PUNCTUATION,
    SPLIT_DIGITS,
    SPLIT_BYTE_LEVEL,
    SPLIT_METASPACE,
    SPLIT_EXPRESSION, /* at the matches of an expression of expression.c */
    SPLIT_STRING,     /* at each place where a text stands */
};
enum split_behavior { SPLIT_ISOLATED, SPLIT_REMOVED, SPLIT_WITH_PREVIOUS, SPLIT_WITH_NEXT };
enum prepend_scheme { PREPEND_NEVER, PREPEND_FIRST, PREPEND_ALWAYS };
struct pre_tokenizer_step {
    enum pre_tokenizer_kind kind;
    bool individual_digits;
    bool use_regex;               /* BYTE_LEVEL */
    bool whole;                   /* METASPACE: do not split */
    enum prepend_scheme prepend;  /* BYTE_LEVEL: always or never */
    uint32_t replacement;         /* METASPACE */
    enum split_behavior behavior; /* STRING */
    const struct expression *expression;
    struct hearth_runes string;
};
struct pre_tokenizer {
    struct pre_tokenizer_step steps[TOKENIZER_STEPS_MAX];
    size_t count;
};
int pre_tokenizer_read(const json_t *json, struct pre_tokenizer *pre_tokenizer,
                       struct hearth_error *error);
void pre_tokenizer_finish(struct pre_tokenizer *pre_tokenizer);
/* Whether a step asks which piece is where the whole text begins. */
bool pre_tokenizer_asks_first(const struct pre_tokenizer *pre_tokenizer);
/* Receives the pieces of a text one by one, in order. There is never a list of them: that of a long
 * text would take more memory than the text. */
struct piece_taker {
    int (*take)(struct piece_taker *taker, const uint32_t *piece, size_t count);
};
/* Splits a text; pieces that begin within `head` are where the whole text begins. What `take`
 * returns other than 0 ends it and is returned; HEARTH_ENOMEM. */
int pre_tokenizer_run(const struct pre_tokenizer *pre_tokenizer, size_t head,
                      const struct hearth_runes *text, struct piece_taker *taker);
/* expression.c: the regular expressions that models split by. NULL: it is none of them. */
struct expression;
const struct expression *expression_find(const char *text);
/* Length of the match that begins at the first of `count` code points, at least 1: matches cover
 * the whole text. */
size_t expression_match(const struct expression *expression, const uint32_t *at, size_t count);
/* byte_level.c: the two steps that change the text of pieces. Each appends the next piece of
 * [*at, end) to `out`, which is empty, and moves *at on. `prepends`: what begins here gets a space
 * before it if it has none. */
void split_byte_level(const struct pre_tokenizer_step *step, const uint32_t *text, bool prepends,
                      size_t *at, size_t end, struct hearth_runes *out);
void split_metaspace(const struct pre_tokenizer_step *step, const uint32_t *text, bool prepends,
                     size_t *at, size_t end, struct hearth_runes *out);
/* The byte that a character of byte-level BPE stands for, or -1. */
int byte_level_byte(uint32_t c);

/* The model: one of a few, chosen by its name. */
struct token_model;
struct token_model_ops {
    const char *name; /* `type` in tokenizer.json */
    int (*read)(const json_t *json, struct token_model **ret_model, struct hearth_error *error);
    void (*destroy)(struct token_model *model);
    /* Appends the ids of one piece. */
    int (*encode)(const struct token_model *model, const uint32_t *piece, size_t count,
                  struct hearth_tokens *tokens, struct hearth_error *error);
};
/* The head of every model. */
struct token_model {
    const struct token_model_ops *ops;
    struct vocabulary vocabulary;
};
extern const struct token_model_ops wordpiece_model, bpe_model, unigram_model;

int tokens_append(struct hearth_tokens *tokens, int32_t id, struct hearth_error *error);
/* Returns HEARTH_ECANCELED once somebody has asked for an end (hearth_tokens.canceled). Long loops
 * call it every few thousand rounds. */
int tokens_check(const struct hearth_tokens *tokens, struct hearth_error *error);

/* added_tokens.c */
struct added_token {
    struct hearth_runes content; /* what is looked for: normalized when `normalized` */
    char *text;                  /* as it stands in the file */
    int32_t id;
    bool special, single_word, strip_left, strip_right, normalized;
};
struct added_tokens {
    struct added_token *at;
    size_t count;
    const struct added_token **by_id; /* in the order of their ids */
    bool begins[2]
               [256]; /* whether one (of [normalized]) begins with a code point of this low byte */
};
int added_tokens_read(const json_t *json, const struct normalizer *normalizer,
                      struct added_tokens *added, struct hearth_error *error);
/* NULL when there is none; of several with one id the first. */
const struct added_token *added_tokens_by_id(const struct added_tokens *added, int32_t id);
void added_tokens_finish(struct added_tokens *added);
/* The first match at or behind `start`: the leftmost, of those the longest; NULL when there is
 * none. What it covers, stripped spaces included, is [*ret_from, *ret_to). */
const struct added_token *added_tokens_match(const struct added_tokens *added, bool normalized,
                                             const struct hearth_runes *text, size_t start,
                                             size_t *ret_from, size_t *ret_to);

/* post_processor.c */
struct template_item {
    int32_t id; /* of a special token; -1: the text, -2: the pair */
    uint8_t type;
};
struct post_processor {
    struct template_item single[TEMPLATE_MAX], pair[TEMPLATE_MAX];
    size_t single_count, pair_count;
    bool has_pair;
};
int post_processor_read(const json_t *json, struct post_processor *post,
                        struct hearth_error *error);

/* decoder.c */
struct decoder {
    enum { DECODE_SPACES, DECODE_WORDPIECE, DECODE_BYTE_LEVEL, DECODE_METASPACE } kind;
    bool cleanup;
    bool keeps_first;   /* METASPACE: the first mark is a space of the text */
    bool strips_first;  /* a space at the beginning of the whole text goes */
    bool byte_fallback; /* "<0x0A>" is a byte */
    char prefix[16];    /* WordPiece's prefix, Metaspace's replacement */
};
/* What is not known here leaves spaces between the tokens. */
void decoder_read(const json_t *json, struct decoder *decoder);
/* Whether every character of the token stands for a byte of byte-level BPE. */
bool is_byte_level(const char *token, size_t length);
/* The byte that a token stands for, or -1. */
int decoder_byte(const struct decoder *decoder, const char *token, size_t length);
void decoder_append(const struct decoder *decoder, const char *token, size_t length, bool first,
                    struct hearth_buf *text);

struct hearth_tokenizer {
    struct added_tokens added;
    struct normalizer normalizer;
    struct pre_tokenizer pre_tokenizer;
    struct token_model *model;
    struct post_processor post;
    struct decoder decoder;
    bool asks_first; /* of the pre-tokenizer */
};

#endif
