#include "grammar/gbnf_check.h"

#include "grammar/gbnf_read.h"

#include <string.h>

#define ARENA_MAX (48u << 20)
/* libllama looks for rules that begin with themselves by following each way from the beginning of
 * each rule, the same rule as often as ways lead to it. */
#define WAYS_MAX 1000000u
/* Ways are followed by recursion, here and there. */
#define WAY_LENGTH_MAX 1000u

/* What is found out about a rule. */
struct finding {
    bool finite;   /* some text fits it */
    bool lacks;    /* the empty text does */
    bool begun;    /* a way from its beginning is being followed */
    uint64_t ways; /* from its beginning, itself included; 0: not known yet */
};

struct check {
    const struct hearth_gbnf_read *read;
    struct finding *findings;
    uint32_t length; /* of the way that is followed */
    struct hearth_error *error;
};

static bool is_finite(const struct check *check, const struct hearth_gbnf_part_read *part)
{
    return part->may_lack || part->rule == HEARTH_GBNF_NO_RULE ||
           check->findings[part->rule].finite;
}

static bool lacks(const struct check *check, const struct hearth_gbnf_part_read *part)
{
    return part->may_lack ||
           (part->rule != HEARTH_GBNF_NO_RULE && check->findings[part->rule].lacks);
}

typedef bool holds_fn(const struct check *check, const struct hearth_gbnf_part_read *part);

/* Does it hold for all parts of one of the rule's alternatives? */
static bool some_alternative(const struct check *check, const struct hearth_gbnf_rule_read *rule,
                             holds_fn *holds)
{
    bool all = false;
    for (uint32_t i = 0; i < rule->count; i++) {
        const struct hearth_gbnf_part_read *part = &check->read->parts[rule->first + i];
        if (part->starts && all)
            return true;
        all = (part->starts || all) && holds(check, part);
    }
    return all;
}

/* What is found about one rule may tell something about others: forwards and backwards in turn,
 * which settles most orders in few rounds. */
static void find_out(struct check *check)
{
    const struct hearth_gbnf_read *read = check->read;
    bool changed = true;
    for (bool forwards = true; changed; forwards = !forwards) {
        changed = false;
        for (uint32_t i = 0; i < read->rule_count; i++) {
            uint32_t at = forwards ? i : read->rule_count - 1 - i;
            struct finding *finding = &check->findings[at], before = *finding;
            finding->finite = before.finite || some_alternative(check, &read->rules[at], is_finite);
            finding->lacks = before.lacks || some_alternative(check, &read->rules[at], lacks);
            changed |= finding->finite != before.finite || finding->lacks != before.lacks;
        }
    }
}

static int refuse_rule(const struct check *check, uint32_t rule, const char *what)
{
    const struct hearth_gbnf_rule_read *of = &check->read->rules[rule];
    return hearth_error_set(check->error, HEARTH_EINVAL, "grammar: line %zu: %s", of->line, what);
}

static int follow(struct check *check, uint32_t rule);

/* Of an alternative: its first part, and the next where all before it may be empty. */
static int follow_parts(struct check *check, uint32_t rule)
{
    const struct hearth_gbnf_rule_read *of = &check->read->rules[rule];
    struct finding *finding = &check->findings[rule];
    bool leads = true;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < of->count; i++) {
        const struct hearth_gbnf_part_read *part = &check->read->parts[of->first + i];
        leads = leads || part->starts;
        if (leads && part->rule != HEARTH_GBNF_NO_RULE) {
            rc = follow(check, part->rule);
            finding->ways +=
                (lacks(check, part) ? part->copies : 1) * check->findings[part->rule].ways;
        }
        if (rc == 0 && finding->ways > WAYS_MAX)
            rc = refuse_rule(check, rule, "too many ways lead from one rule to others");
        leads = leads && lacks(check, part);
    }
    return rc;
}

static int follow(struct check *check, uint32_t rule)
{
    struct finding *finding = &check->findings[rule];
    if (finding->begun)
        return refuse_rule(check, rule, "a rule may begin with itself");
    if (finding->ways > 0)
        return 0;
    if (++check->length > WAY_LENGTH_MAX)
        return refuse_rule(check, rule, "rules begin with rules too many times over");
    finding->begun = true;
    finding->ways = 1;
    int rc = follow_parts(check, rule);
    finding->begun = false;
    check->length--;
    return rc;
}

static int check_rules(struct check *check)
{
    uint64_t ways = 0;
    int rc = 0;
    find_out(check);
    if (!check->findings[check->read->root].finite)
        return hearth_error_set(check->error, HEARTH_EINVAL,
                                "grammar: it recurses without end: no finite text fits it");
    for (uint32_t i = 0; rc == 0 && i < check->read->rule_count; i++) {
        rc = follow(check, i);
        ways += check->findings[i].ways;
        if (rc == 0 && ways > WAYS_MAX)
            rc = refuse_rule(check, i, "too many ways lead from one rule to others");
    }
    return rc;
}

int hearth_gbnf_check(const char *text, size_t length, struct hearth_gbnf_verdict *ret_verdict,
                      struct hearth_error *error)
{
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    struct hearth_gbnf_read read;
    int rc = hearth_gbnf_read(text, length, arena, &read, error);
    struct check check = {.read = &read, .error = error};
    if (rc == 0) {
        check.findings = hearth_arena_alloc(arena, read.rule_count * sizeof(*check.findings));
        rc = check.findings != NULL
                 ? check_rules(&check)
                 : hearth_error_set(error, HEARTH_ENOMEM, "no memory for a grammar");
    }
    *ret_verdict = (struct hearth_gbnf_verdict){
        .by_text = read.by_text,
        .endless = check.findings != NULL && !check.findings[read.root].finite,
    };
    hearth_arena_destroy(arena);
    return rc;
}
