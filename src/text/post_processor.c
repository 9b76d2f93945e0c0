/* Special tokens around a text or a pair: TemplateProcessing, BertProcessing, RobertaProcessing;
 * ByteLevel only moves offsets, which nobody asks for here. */
#include "text/tokenizer_parts.h"

#include "base/error.h"

#include <string.h>

/* TEMPLATE_MAX is far above what any model puts around its texts. */
static int add_item(struct template_item *items, size_t *count, int32_t id, json_int_t type,
                    struct hearth_error *error)
{
    if (*count == TEMPLATE_MAX || type < 0 || type > 255)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "tokenizer.json: the post-processor's template is too long");
    items[(*count)++] = (struct template_item){.id = id, .type = (uint8_t)type};
    return 0;
}

/* One item of a template: a special token may stand for several ids. */
static int read_item(const json_t *json, const json_t *specials, struct template_item *items,
                     size_t *count, struct hearth_error *error)
{
    /* "A" is the text and "B" its pair, which are -1 and -2 as ids. */
    const json_t *sequence = json_object_get(json, "Sequence");
    if (sequence)
        return add_item(items, count, strcmp(hearth_json_text(sequence, "id", "A"), "B") ? -1 : -2,
                        hearth_json_integer(sequence, "type_id", 0), error);
    const json_t *special = json_object_get(json, "SpecialToken");
    const json_t *ids =
        json_object_get(json_object_get(specials, hearth_json_text(special, "id", "")), "ids");
    if (json_array_size(ids) == 0)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "tokenizer.json: a template names a token without ids");
    int rc = 0;
    for (size_t i = 0; i < json_array_size(ids) && !rc; i++) {
        json_int_t id = json_integer_value(json_array_get(ids, i));
        rc = id < 0 || id >= VOCABULARY_MAX
                 ? hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: a template's id")
                 : add_item(items, count, (int32_t)id, hearth_json_integer(special, "type_id", 0),
                            error);
    }
    return rc;
}

static int read_template(const json_t *json, const char *key, struct template_item *items,
                         size_t *count, struct hearth_error *error)
{
    const json_t *list = json_object_get(json, key);
    int rc = 0;
    for (size_t i = 0; i < json_array_size(list) && !rc; i++)
        rc = read_item(json_array_get(list, i), json_object_get(json, "special_tokens"), items,
                       count, error);
    return rc;
}

/* "cls": ["[CLS]", 101]: only the id is of use. */
static int32_t pair_id(const json_t *json, const char *key)
{
    const json_t *id = json_array_get(json_object_get(json, key), 1);
    return json_is_integer(id) && json_integer_value(id) >= 0 &&
                   json_integer_value(id) < VOCABULARY_MAX
               ? (int32_t)json_integer_value(id)
               : -1;
}

/* [CLS] A [SEP] B [SEP], or RoBERTa's <s> A </s></s> B </s> with one segment. */
static int read_fixed(const json_t *json, bool roberta, struct post_processor *post,
                      struct hearth_error *error)
{
    int32_t cls = pair_id(json, "cls"), sep = pair_id(json, "sep");
    if (cls < 0 || sep < 0)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "tokenizer.json: the post-processor names no tokens");
    uint8_t second = roberta ? 0 : 1;
    const struct template_item single[] = {{cls, 0}, {-1, 0}, {sep, 0}};
    const struct template_item bert[] = {{cls, 0}, {-1, 0}, {sep, 0}, {-2, second}, {sep, second}};
    const struct template_item doubled[] = {{cls, 0}, {-1, 0}, {sep, 0},
                                            {sep, 0}, {-2, 0}, {sep, 0}};
    memcpy(post->single, single, sizeof(single));
    post->single_count = 3;
    memcpy(post->pair, roberta ? doubled : bert, roberta ? sizeof(doubled) : sizeof(bert));
    post->pair_count = roberta ? 6 : 5;
    return 0;
}

/* The last processor of a sequence that says something of special tokens decides. */
static int read_sequence(const json_t *json, struct post_processor *post,
                         struct hearth_error *error)
{
    const json_t *list = json_object_get(json, "processors");
    int rc = 0;
    for (size_t i = 0; i < json_array_size(list) && !rc; i++)
        rc = post_processor_read(json_array_get(list, i), post, error);
    return rc;
}

int post_processor_read(const json_t *json, struct post_processor *post, struct hearth_error *error)
{
    bool given = json && !json_is_null(json);
    const char *type = hearth_json_text(json, "type", "");
    int rc = 0;
    if (given && !*type)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "tokenizer.json: the post-processor has no type");
    if (strcmp(type, "Sequence") == 0) {
        rc = read_sequence(json, post, error);
    } else if (strcmp(type, "TemplateProcessing") == 0) {
        post->single_count = post->pair_count = 0;
        rc = read_template(json, "single", post->single, &post->single_count, error);
        if (!rc)
            rc = read_template(json, "pair", post->pair, &post->pair_count, error);
    } else if (strcmp(type, "BertProcessing") == 0 || strcmp(type, "RobertaProcessing") == 0) {
        rc = read_fixed(json, *type == 'R', post, error);
    } else if (*type && strcmp(type, "ByteLevel") != 0) {
        rc = hearth_error_set(error, HEARTH_ENOTIMPL,
                              "tokenizer.json: post-processor \"%.60s\" is not known here", type);
    }
    /* Nothing said, or an empty template: the texts as they are, the second one in a segment of its
     * own. */
    if (!rc && !post->single_count)
        rc = add_item(post->single, &post->single_count, -1, 0, error);
    if (!rc && !post->pair_count) {
        rc = add_item(post->pair, &post->pair_count, -1, 0, error);
        if (!rc)
            rc = add_item(post->pair, &post->pair_count, -2, 1, error);
    }
    return rc;
}
