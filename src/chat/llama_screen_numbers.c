/* Numbers of a header that no sound model has: libllama divides by them, takes roots of them or
 * asserts them, some only in the first step. */
#include "base/error.h"
#include "chat/llama_screen.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

struct numbers {
    const struct hearth_gguf *gguf;
    const char *architecture;
    struct hearth_error *error;
};

static const char *key_of(const struct numbers *numbers, const char *suffix, char key[192])
{
    snprintf(key, 192, "%s.%s", numbers->architecture, suffix);
    return key;
}

/* A plain number; `fallback` where it is absent or a list, one number for each layer. */
static int64_t integer(const struct numbers *numbers, const char *suffix, int64_t fallback)
{
    char key[192];
    return hearth_gguf_integer(numbers->gguf, key_of(numbers, suffix, key), fallback);
}

static int refuse(const struct numbers *numbers, const char *suffix, int64_t value, const char *why)
{
    return hearth_error_set(numbers->error, HEARTH_EMODEL,
                            "the GGUF header's '%s.%s' is %" PRId64 ", %s", numbers->architecture,
                            suffix, value, why);
}

/* Of a model whose layers all have attention. */
static int screen_heads(const struct numbers *numbers)
{
    int64_t heads = integer(numbers, "attention.head_count", -1);
    if (heads == -1)
        return 0;
    if (heads < 1)
        return refuse(numbers, "attention.head_count", heads, "and there must be at least one");
    int64_t shared = integer(numbers, "attention.head_count_kv", heads);
    if (shared < 1 || shared > heads || heads % shared != 0)
        return refuse(numbers, "attention.head_count_kv", shared,
                      "which does not divide the number of heads");
    int64_t width = integer(numbers, "embedding_length", 0);
    int64_t own = integer(numbers, "attention.key_length", -1);
    if (own == -1 && width % heads != 0)
        return refuse(numbers, "attention.head_count", heads,
                      "which does not divide the embedding_length");
    if (own == 0 || own < -1)
        return refuse(numbers, "attention.key_length", own, "and must be at least 1");
    return 0;
}

/* Rotary embedding turns pairs of dimensions of a head. */
static int screen_rotation(const struct numbers *numbers)
{
    int64_t heads = integer(numbers, "attention.head_count", 0);
    int64_t width = integer(numbers, "embedding_length", 0);
    int64_t head = integer(numbers, "attention.key_length", heads > 0 ? width / heads : 0);
    int64_t rotated = integer(numbers, "rope.dimension_count", 0);
    if (rotated < 0 || rotated % 2 != 0)
        return refuse(numbers, "rope.dimension_count", rotated, "and must be an even number");
    if (head > 0 && rotated > head)
        return refuse(numbers, "rope.dimension_count", rotated, "which is more than a head has");
    return 0;
}

/* A NaN fails every comparison, hence isfinite first. */
static int screen_fractions(const struct numbers *numbers)
{
    /* `above`: the least that it may be, itself excluded. */
    static const struct {
        const char *suffix;
        double above, most;
        const char *why;
    } known[] = {
        {"attention.layer_norm_epsilon", -1e-30, 1, "and must be a number from 0 to 1"},
        {"attention.layer_norm_rms_epsilon", -1e-30, 1, "and must be a number from 0 to 1"},
        {"attention.group_norm_epsilon", -1e-30, 1, "and must be a number from 0 to 1"},
        {"rope.freq_base", 0, 1e30, "and must be a number above 0"},
        {"rope.freq_base_swa", 0, 1e30, "and must be a number above 0"},
        {"rope.scaling.factor", -1e-30, 1e9, "and must be a number from 0 on"},
    };
    char key[192];
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        double value =
            hearth_gguf_number(numbers->gguf, key_of(numbers, known[i].suffix, key), 0.5);
        if (!isfinite(value) || value <= known[i].above || value > known[i].most)
            return hearth_error_set(numbers->error, HEARTH_EMODEL,
                                    "the GGUF header's '%s' is %g, %s", key, value, known[i].why);
    }
    return 0;
}

int hearth_llama_screen_numbers(const struct hearth_gguf *gguf, const char *architecture,
                                bool all_attention, struct hearth_error *error)
{
    struct numbers numbers = {gguf, architecture, error};
    int rc = all_attention ? screen_heads(&numbers) : 0;
    if (rc == 0 && all_attention)
        rc = screen_rotation(&numbers);
    return rc == 0 ? screen_fractions(&numbers) : rc;
}
