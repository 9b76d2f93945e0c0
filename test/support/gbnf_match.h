/* Does a grammar fit a text? For tests of what writes grammars: ASCII texts of up to 62 signs, and
 * only what src/grammar/gbnf.h writes. Places in the text are bits of a mask. */
#ifndef HEARTH_TEST_GBNF_MATCH_H
#define HEARTH_TEST_GBNF_MATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gbnf_match {
    const char *grammar, *text;
    unsigned depth;
};

static uint64_t gbnf_alternatives(struct gbnf_match *match, const char **at, uint64_t in);

static unsigned gbnf_sign(const char **at)
{
    char kind = **at == '\\' ? (*at)[1] : '\0', digits[9] = "";
    if (!kind)
        return (unsigned char)*(*at)++;
    size_t length = kind == 'x' ? 2 : kind == 'U' ? 8 : 0;
    memcpy(digits, *at + 2, length);
    *at += 2 + length;
    return length ? (unsigned)strtoul(digits, NULL, 16) : kind == 'n' ? '\n' : (unsigned char)kind;
}

static uint64_t gbnf_step(const struct gbnf_match *match, uint64_t in, const bool fits[128])
{
    uint64_t out = 0;
    for (size_t i = 0; match->text[i]; i++)
        if ((in >> i & 1) && fits[(unsigned char)match->text[i] & 127])
            out |= 2ull << i;
    return out;
}

static uint64_t gbnf_literal_fits(const struct gbnf_match *match, const char **at, uint64_t in)
{
    while (**at != '"') {
        bool fits[128] = {false};
        unsigned sign = gbnf_sign(at);
        fits[sign < 128 ? sign : 0] = sign < 128;
        in = gbnf_step(match, in, fits);
    }
    (*at)++;
    return in;
}

static uint64_t gbnf_class_fits(const struct gbnf_match *match, const char **at, uint64_t in)
{
    bool fits[128] = {false}, inverted = **at == '^';
    *at += inverted;
    while (**at != ']') {
        unsigned low = gbnf_sign(at), high = low;
        if (**at == '-' && (*at)[1] != ']') {
            (*at)++;
            high = gbnf_sign(at);
        }
        for (unsigned sign = low; sign <= high && sign < 128; sign++)
            fits[sign] = true;
    }
    (*at)++;
    for (unsigned sign = 0; inverted && sign < 128; sign++)
        fits[sign] = !fits[sign];
    return gbnf_step(match, in, fits);
}

static uint64_t gbnf_rule_fits(struct gbnf_match *match, const char **at, uint64_t in)
{
    char head[64];
    size_t length = strcspn(*at, " )|*+?{\n");
    snprintf(head, sizeof(head), "\n%.*s ::= ", (int)length, *at);
    *at += length;
    const char *rule = strstr(match->grammar, head);
    if (!rule || match->depth > 300 || !in)
        return 0;
    rule += strlen(head);
    match->depth++;
    uint64_t out = gbnf_alternatives(match, &rule, in);
    match->depth--;
    return out;
}

static uint64_t gbnf_part_fits(struct gbnf_match *match, const char **at, uint64_t in)
{
    switch (**at) {
    case '"':
        (*at)++;
        return gbnf_literal_fits(match, at, in);
    case '[':
        (*at)++;
        return gbnf_class_fits(match, at, in);
    case '(': {
        (*at)++;
        uint64_t out = gbnf_alternatives(match, at, in);
        (*at)++;
        return out;
    }
    default:
        return gbnf_rule_fits(match, at, in);
    }
}

static void gbnf_counts(const char **at, unsigned long *ret_low, unsigned long *ret_high)
{
    char sign = **at, *end;
    *ret_low = sign == '*' || sign == '?' ? 0 : 1;
    *ret_high = sign == '*' || sign == '+' ? 64 : 1;
    if (sign == '{') {
        *ret_low = *ret_high = strtoul(*at + 1, &end, 10);
        if (*end == ',')
            *ret_high = strtoul(end + 1, &end, 10);
        *at = end;
    }
    *at += sign && strchr("*+?{", sign) ? 1 : 0;
}

static uint64_t gbnf_alternatives(struct gbnf_match *match, const char **at, uint64_t in)
{
    uint64_t out = 0, now = in;
    for (;;) {
        *at += strspn(*at, " ");
        if (**at == '|') {
            (*at)++;
            out |= now;
            now = in;
            continue;
        }
        if (**at == '\0' || **at == '\n' || **at == ')')
            return out | now;
        const char *begin = *at;
        unsigned long low, high;
        gbnf_part_fits(match, at, 0);
        gbnf_counts(at, &low, &high);
        uint64_t reached = low == 0 ? now : 0;
        for (unsigned long i = 1; i <= high && i <= 64 && now; i++) {
            const char *again = begin;
            now = gbnf_part_fits(match, &again, now);
            if (i >= low)
                reached |= now;
        }
        now = reached;
    }
}

/* `grammar` ends with NUL. */
static bool gbnf_fits(const char *grammar, const char *text)
{
    char *begun = malloc(strlen(grammar) + 2);
    begun[0] = '\n';
    memcpy(begun + 1, grammar, strlen(grammar) + 1);
    struct gbnf_match match = {.grammar = begun, .text = text};
    const char *root = "root";
    bool fits = gbnf_rule_fits(&match, &root, 1) >> strlen(text) & 1;
    free(begun);
    return fits;
}

#endif
