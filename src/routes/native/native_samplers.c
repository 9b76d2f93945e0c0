/* llama-server's list of sampling rules. Ours have one order, that of its default. */
#include "base/error.h"
#include "routes/native/native_read.h"

#include <string.h>

/* A rule, in our order, and what switches it off in a body. */
struct rule {
    const char *name, *other; /* llama.cpp has two words for some */
    char letter;
    const char *key;
    double off;
};

static const struct rule rules[] = {
    {"penalties", NULL, 'e', "repeat_penalty", 1},
    {"dry", NULL, 'd', "dry_multiplier", 0},
    {"top_n_sigma", NULL, 's', "top_n_sigma", -1},
    {"top_k", "top-k", 'k', "top_k", 0},
    {"typ_p", "typical_p", 'y', "typical_p", 1},
    {"top_p", "top-p", 'p', "top_p", 1},
    {"min_p", "min-p", 'm', "min_p", 0},
    {"xtc", NULL, 'x', "xtc_probability", 0},
    {"temperature", "temp", 't', "temperature", 1},
    /* It only ends an answer early where a model leans to that; code editors name it. */
    {"infill", NULL, 'i', NULL, 0},
};
enum { RULES = sizeof(rules) / sizeof(rules[0]), INFILL = RULES - 1 };

static int rule_named(const char *name, size_t length)
{
    for (int i = 0; i < RULES; i++) {
        const char *other = rules[i].other ? rules[i].other : "";
        if ((strlen(rules[i].name) == length && memcmp(rules[i].name, name, length) == 0) ||
            (length && strlen(other) == length && memcmp(other, name, length) == 0))
            return i;
    }
    return -1;
}

static int rule_of_letter(char letter)
{
    for (int i = 0; i < RULES; i++)
        if (rules[i].letter == letter)
            return i;
    return -1;
}

static void switch_off(json_t *body, const struct rule *rule)
{
    if (!rule->key)
        return;
    json_object_set_new(body, rule->key, json_real(rule->off));
    if (strcmp(rule->name, "penalties") == 0) {
        json_object_set_new(body, "presence_penalty", json_real(0));
        json_object_set_new(body, "frequency_penalty", json_real(0));
    }
}

int hearth_native_samplers_read(json_t *body, struct hearth_error *error)
{
    const json_t *given = json_object_get(body, "samplers");
    bool letters = json_is_string(given), named[RULES] = {false};
    size_t count = letters ? json_string_length(given) : json_array_size(given);
    int last = -1;
    if (!letters && !json_is_array(given))
        return 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *name = json_array_get(given, i);
        int rule = letters ? rule_of_letter(json_string_value(given)[i])
                           : rule_named(json_string_value(name), json_string_length(name));
        if (rule < 0)
            return hearth_error_set(error, HEARTH_EINVAL, "samplers[%zu] is no rule that there is",
                                    i);
        if (rule != INFILL && rule <= last)
            return hearth_error_set(
                error, HEARTH_EINVAL,
                "samplers: %s cannot stand there: the order here is penalties, dry, top_n_sigma, "
                "top_k, typ_p, top_p, min_p, xtc, temperature",
                rules[rule].name);
        named[rule] = true;
        last = rule == INFILL ? last : rule;
    }
    for (int i = 0; i < RULES; i++)
        if (!named[i])
            switch_off(body, &rules[i]);
    return 0;
}
