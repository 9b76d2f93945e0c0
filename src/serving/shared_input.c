#include "serving/shared_input.h"

#include "base/memory.h"

#include <string.h>

enum { ALIGNMENT = 8 };

/* The head of the block; what the input points to lies behind it. */
struct hearth_shared_input {
    uint32_t uses;
    uint64_t bytes;
    struct hearth_input *input; /* within this block */
};

/* Runs twice over the same input: first with `block` NULL to add the sizes up, then to copy. */
struct copier {
    char *block;
    size_t used;
};

/* Gives `length` bytes their place in the block, and copies them there in the second run. Each
 * place is aligned, because structs lie behind text of any length. NULL stays NULL, and of an empty
 * text the pointer is kept, because "" and NULL may mean different things to an engine. */
static void *put(struct copier *copier, const void *bytes, size_t length)
{
    if (!bytes)
        return NULL;
    char *place = copier->block ? copier->block + copier->used : NULL;
    if (place)
        memcpy(place, bytes, length);
    copier->used += (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return place;
}

/* An array of texts is one of pointers, so that both the array and each text are copied. */
static const struct hearth_bytes *put_texts(struct copier *copier, const struct hearth_bytes *from,
                                            uint32_t count)
{
    struct hearth_bytes *texts = put(copier, from, count * sizeof(*from));
    for (uint32_t i = 0; i < count; i++) {
        const char *bytes = put(copier, from[i].bytes, from[i].length);
        if (texts)
            texts[i].bytes = bytes;
    }
    return texts;
}

static const struct hearth_sampling *put_sampling(struct copier *copier,
                                                  const struct hearth_sampling *from)
{
    if (!from)
        return NULL;
    struct hearth_sampling *sampling = put(copier, from, sizeof(*from));
    const struct hearth_bytes *stops = put_texts(copier, from->stops, from->stop_count);
    const struct hearth_bytes *breakers =
        put_texts(copier, from->dry_breakers, from->dry_breaker_count);
    const char *grammar = put(copier, from->grammar.bytes, from->grammar.length);
    const struct hearth_logit_bias *biases =
        put(copier, from->biases, from->bias_count * sizeof(*from->biases));
    if (sampling) {
        sampling->stops = stops;
        sampling->dry_breakers = breakers;
        sampling->grammar.bytes = grammar;
        sampling->biases = biases;
    }
    return sampling;
}

/* The pointers of the copy are set last, when all parts have their places; in the first run there
 * is no copy to set them in. */
static struct hearth_input *put_input(struct copier *copier, const struct hearth_input *from)
{
    struct hearth_input *input = put(copier, from, sizeof(*from));
    struct hearth_input parts = {
        .bytes = put(copier, from->bytes, from->length),
        .tokens = put(copier, from->tokens, from->token_count * sizeof(*from->tokens)),
        .pair = put(copier, from->pair, from->pair_length),
        .prompt_name =
            put(copier, from->prompt_name, from->prompt_name ? strlen(from->prompt_name) + 1 : 0),
        .sampling = put_sampling(copier, from->sampling),
    };
    const struct hearth_adapter_scale *scales =
        put(copier, from->adapters.scales, from->adapters.count * sizeof(*from->adapters.scales));
    if (input) {
        input->bytes = parts.bytes;
        input->tokens = parts.tokens;
        input->pair = parts.pair;
        input->prompt_name = parts.prompt_name;
        input->sampling = parts.sampling;
        input->adapters.scales = scales;
    }
    return input;
}

/* The size may be chosen by a client, so that the block is allocated with a verb that may fail, and
 * only once: there is nothing to be undone half-way. */
struct hearth_shared_input *hearth_shared_input_create(const struct hearth_input *input)
{
    const struct hearth_shared_input empty = {.uses = 1};
    struct copier copier = {.block = NULL};
    put(&copier, &empty, sizeof(empty));
    put_input(&copier, input);
    uint64_t bytes = copier.used;
    copier.block = hearth_try_alloc(bytes);
    if (!copier.block)
        return NULL;
    copier.used = 0;
    struct hearth_shared_input *shared = put(&copier, &empty, sizeof(empty));
    shared->bytes = bytes;
    shared->input = put_input(&copier, input);
    /* The flag belongs to whoever runs the engine, and lives no longer than one prepare. */
    shared->input->canceled = NULL;
    return shared;
}

struct hearth_shared_input *hearth_shared_input_keep(struct hearth_shared_input *shared)
{
    shared->uses++;
    return shared;
}

void hearth_shared_input_release(struct hearth_shared_input *shared)
{
    if (shared && --shared->uses == 0)
        hearth_free(shared);
}

const struct hearth_input *hearth_shared_input_view(const struct hearth_shared_input *shared)
{
    return shared->input;
}

uint64_t hearth_shared_input_bytes(const struct hearth_shared_input *shared)
{
    return shared->bytes;
}
