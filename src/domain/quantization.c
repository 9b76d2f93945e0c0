#include "domain/quantization.h"

#include "base/error.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Those that lose little first. Types that need a matrix of importances are not among them. The
 * numbers are llama_ftype's of llama.h, the bits those that llama.cpp tells of its k-quants for a
 * model of 8 billion weights (tools/quantize/README.md there). */
static const struct hearth_quantization quantizations[] = {
    {"q8_0", "Q8_0", 7, 8.50},      {"q6_k", "Q6_K", 18, 6.56},     {"q5_1", "Q5_1", 9, 6.06},
    {"q5_k_m", "Q5_K_M", 17, 5.70}, {"q5_k_s", "Q5_K_S", 16, 5.57}, {"q5_0", "Q5_0", 8, 5.60},
    {"q4_1", "Q4_1", 3, 5.13},      {"q4_k_m", "Q4_K_M", 15, 4.89}, {"q4_k_s", "Q4_K_S", 14, 4.67},
    {"iq4_nl", "IQ4_NL", 25, 4.68}, {"q4_0", "Q4_0", 2, 4.66},      {"iq4_xs", "IQ4_XS", 30, 4.46},
    {"q3_k_l", "Q3_K_L", 13, 4.30}, {"q3_k_m", "Q3_K_M", 12, 4.00}, {"q3_k_s", "Q3_K_S", 11, 3.64},
    {"q2_k", "Q2_K", 10, 3.16},
};
enum { COUNT = sizeof(quantizations) / sizeof(quantizations[0]), WORDS_MAX = 256 };

static const char automatic[] = "auto";

const struct hearth_quantization *hearth_quantization_of(const char *word)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcasecmp(quantizations[i].word, word) == 0)
            return &quantizations[i];
    return NULL;
}

const char *hearth_quantization_word(const char *word)
{
    const struct hearth_quantization *type = hearth_quantization_of(word);
    return type ? type->word : strcasecmp(word, automatic) == 0 ? automatic : NULL;
}

int hearth_quantization_check(const char *word, struct hearth_error *error)
{
    char words[WORDS_MAX];
    size_t length = 0;
    if (hearth_quantization_word(word))
        return 0;
    for (size_t i = 0; i < COUNT && length < sizeof(words); i++)
        length += (size_t)snprintf(words + length, sizeof(words) - length, "%s%s", i ? ", " : "",
                                   quantizations[i].word);
    return hearth_error_set(error, HEARTH_EINVAL,
                            "there is no quantization '%.32s'; it must be auto or one of %s", word,
                            words);
}

static bool is_whole(const char *from)
{
    static const char *const whole[] = {"F32", "F16", "BF16"};
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        if (strcasecmp(whole[i], from) == 0)
            return true;
    return false;
}

bool hearth_quantization_is_second(const char *from)
{
    return !is_whole(from);
}

int hearth_quantization_may(const char *from, const struct hearth_quantization *to,
                            struct hearth_error *error)
{
    if (is_whole(from))
        return 0;
    if (strcasecmp(from, to->name) == 0)
        return hearth_error_set(error, HEARTH_EINVAL, "its weights are %s already", to->name);
    if (strcasecmp(from, "Q8_0") == 0)
        return 0;
    return hearth_error_set(error, HEARTH_EINVAL,
                            "its weights are %s: what was rounded to few bits is not rounded once "
                            "more; take the model's file with F32, F16, BF16 or Q8_0 weights",
                            *from ? from : "of a type that is not known");
}

uint64_t hearth_quantization_bytes(const struct hearth_quantization *type, uint64_t weights)
{
    return (uint64_t)((double)weights * type->bits / 8);
}

static bool fits(const struct hearth_quantization_room *room,
                 const struct hearth_quantization *type)
{
    return room->rest <= room->most &&
           hearth_quantization_bytes(type, room->weights) <= room->most - room->rest;
}

static double mib(uint64_t bytes)
{
    return (double)bytes / (1024.0 * 1024.0);
}

int hearth_quantization_choose(const char *from, const struct hearth_quantization_room *room,
                               const struct hearth_quantization **ret_type,
                               char ret_why[HEARTH_QUANTIZATION_WHY], struct hearth_error *error)
{
    static const char *const words[] = {"q8_0", "q6_k", "q5_k_m", "q4_k_m", "q3_k_m", "q2_k"};
    const struct hearth_quantization *type = NULL;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        type = hearth_quantization_of(words[i]);
        if (hearth_quantization_may(from, type, NULL) || !fits(room, type))
            continue;
        *ret_type = type;
        snprintf(ret_why, HEARTH_QUANTIZATION_WHY,
                 "%.0f MiB of weights and %.0f MiB for the rest fit into the %.0f MiB that a model "
                 "may take",
                 mib(hearth_quantization_bytes(type, room->weights)), mib(room->rest),
                 mib(room->most));
        return 0;
    }
    int rc = hearth_quantization_may(from, type, error);
    return rc ? rc
              : hearth_error_set(error, HEARTH_EMEMORY,
                                 "even as %s it would take %.0f MiB for its weights and %.0f MiB "
                                 "for the rest, and a model may take %.0f MiB here; a smaller "
                                 "context takes less",
                                 type->word, mib(hearth_quantization_bytes(type, room->weights)),
                                 mib(room->rest), mib(room->most));
}
