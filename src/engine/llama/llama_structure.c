#include "engine/llama/llama_structure.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/memory.h"
#include "grammar/structure_grammar.h"

#include <pthread.h>
#include <string.h>

struct kept {
    char key[HEARTH_SHA256_HEX];
    struct hearth_llama_grammar *grammar; /* at its beginning; NULL: the place is free */
    uint64_t used;
};

struct hearth_llama_structures {
    pthread_mutex_t lock;
    uint64_t uses;
    struct kept kept[HEARTH_LLAMA_STRUCTURES];
};

struct hearth_llama_structures *hearth_llama_structures_create(void)
{
    struct hearth_llama_structures *structures = hearth_calloc(1, sizeof(*structures));
    pthread_mutex_init(&structures->lock, NULL);
    return structures;
}

void hearth_llama_structures_destroy(struct hearth_llama_structures *structures)
{
    if (structures == NULL)
        return;
    for (uint32_t i = 0; i < HEARTH_LLAMA_STRUCTURES; i++)
        hearth_llama_grammar_destroy(structures->kept[i].grammar);
    pthread_mutex_destroy(&structures->lock);
    hearth_free(structures);
}

static int write_members(const char *json, size_t length, struct hearth_buf *gbnf,
                         struct hearth_error *error)
{
    json_t *members = hearth_json_parse_any_text(json, length, error);
    if (members == NULL)
        return HEARTH_EINVAL;
    int rc = hearth_structure_write(members, gbnf, error);
    json_decref(members);
    return rc;
}

/* Nothing that was asked for may be answered as if it had not been. */
static int write_needed(const char *json, size_t length, struct hearth_buf *gbnf,
                        struct hearth_error *error)
{
    int rc = write_members(json, length, gbnf, error);
    if (rc == 0 && gbnf->length == 0)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the grammar is a JSON object that names no form of an answer");
    return rc;
}

int hearth_llama_structure_of(const struct hearth_input *input, struct hearth_buf *gbnf,
                              struct hearth_error *error)
{
    const struct hearth_bytes *text = &input->sampling->grammar;
    if (text->length > 0 && text->bytes[0] == '{')
        return write_needed(text->bytes, text->length, gbnf, error);
    if (text->length > 0 && hearth_buf_append(gbnf, text->bytes, text->length) != 0)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the grammar has %zu bytes, at most %u are taken", text->length,
                                HEARTH_GRAMMAR_BYTES_MAX);
    /* Most conversations ask for nothing, and are not parsed for it. */
    if (text->length == 0 && input->kind == HEARTH_INPUT_MESSAGES &&
        hearth_structure_may_ask(input->bytes, input->length))
        return write_members(input->bytes, input->length, gbnf, error);
    return 0;
}

static struct hearth_llama_grammar *take(struct hearth_llama_structures *structures,
                                         const char *key)
{
    struct hearth_llama_grammar *copy = NULL;
    pthread_mutex_lock(&structures->lock);
    for (uint32_t i = 0; i < HEARTH_LLAMA_STRUCTURES && copy == NULL; i++) {
        struct kept *kept = &structures->kept[i];
        if (kept->grammar == NULL || strcmp(kept->key, key) != 0)
            continue;
        kept->used = ++structures->uses;
        copy = hearth_llama_grammar_copy(kept->grammar);
    }
    pthread_mutex_unlock(&structures->lock);
    return copy;
}

/* In the place of the one that was not used for longest. */
static void keep(struct hearth_llama_structures *structures, const char *key,
                 struct hearth_llama_grammar *grammar)
{
    pthread_mutex_lock(&structures->lock);
    struct kept *oldest = &structures->kept[0];
    for (uint32_t i = 1; i < HEARTH_LLAMA_STRUCTURES; i++)
        if (structures->kept[i].used < oldest->used)
            oldest = &structures->kept[i];
    hearth_llama_grammar_destroy(oldest->grammar);
    oldest->grammar = grammar;
    oldest->used = ++structures->uses;
    memcpy(oldest->key, key, sizeof(oldest->key));
    pthread_mutex_unlock(&structures->lock);
}

int hearth_llama_structure_compile(struct hearth_llama_structures *structures,
                                   struct hearth_llama_prefixes *prefixes,
                                   const struct hearth_buf *gbnf,
                                   struct hearth_llama_grammar **ret_grammar,
                                   struct hearth_error *error)
{
    char key[HEARTH_SHA256_HEX];
    hearth_sha256_of(gbnf->bytes, gbnf->length, key);
    struct hearth_llama_grammar *grammar = take(structures, key), *copy;
    if (grammar == NULL) {
        int rc = hearth_llama_grammar_create(prefixes, gbnf->bytes, gbnf->length, &grammar, error);
        if (rc != 0)
            return rc;
        copy = hearth_llama_grammar_copy(grammar);
        if (copy != NULL)
            keep(structures, key, copy);
    }
    *ret_grammar = grammar;
    return 0;
}
