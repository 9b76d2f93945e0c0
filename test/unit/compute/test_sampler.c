/* The sampler's rules by their definitions, on sorted lists in f64; the same bits on every
 * instruction set; gates; Philox. test/conformance/test_sampler_library.c compares with libllama.
 */
#include "support/sampler_rules.h"
#include "unit/cmocka_all.h"

#include "compute/philox.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    uint32_t token;
    double logit, key;
};

struct reference {
    struct entry *entries;
    size_t count, nominal;
};

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? 1 : -1;
    return (x->token > y->token) - (x->token < y->token);
}

static int by_logit(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->logit != y->logit)
        return x->logit < y->logit ? 1 : -1;
    return (x->token > y->token) - (x->token < y->token);
}

static void sort_by_logit(struct reference *r)
{
    qsort(r->entries, r->count, sizeof(*r->entries), by_logit);
}

/* Probability of an entry of a list that is sorted by logit. */
static double sum_of(const struct reference *r)
{
    double sum = 0;
    for (size_t i = 0; i < r->count; i++)
        sum += exp(r->entries[i].logit - r->entries[0].logit);
    return sum;
}

static void keep_mass(struct reference *r, double mass, bool beyond)
{
    sort_by_logit(r);
    double top = r->entries[0].logit, sum = sum_of(r), running = 0;
    qsort(r->entries, r->count, sizeof(*r->entries), by_key);
    for (size_t i = 0; i < r->count; i++) {
        running += exp(r->entries[i].logit - top) / sum;
        if (beyond ? running > mass : running >= mass) {
            r->count = i + 1;
            break;
        }
    }
    r->nominal = r->count;
    sort_by_logit(r);
}

static void reference_sigma(struct reference *r, double n)
{
    double mean = 0, variance = 0;
    for (size_t i = 0; i < r->count; i++)
        mean += r->entries[i].logit / (double)r->count;
    for (size_t i = 0; i < r->count; i++)
        variance += (r->entries[i].logit - mean) * (r->entries[i].logit - mean) / (double)r->count;
    while (r->count > 1 &&
           r->entries[r->count - 1].logit < r->entries[0].logit - n * sqrt(variance))
        r->count--;
}

static void reference_typical(struct reference *r, double mass)
{
    double top = r->entries[0].logit, sum = sum_of(r), entropy = 0;
    for (size_t i = 0; i < r->count; i++) {
        double p = exp(r->entries[i].logit - top) / sum;
        entropy -= p * log(p);
    }
    for (size_t i = 0; i < r->count; i++)
        r->entries[i].key = -fabs(log(sum) - (r->entries[i].logit - top) - entropy);
    keep_mass(r, mass, true);
}

static void reference_top_p(struct reference *r, double mass)
{
    for (size_t i = 0; i < r->count; i++)
        r->entries[i].key = r->entries[i].logit;
    keep_mass(r, mass, false);
}

static void reference_xtc(struct reference *r, double threshold)
{
    double sum = sum_of(r);
    size_t above = 0;
    while (above < r->count &&
           exp(r->entries[above].logit - r->entries[0].logit) / sum >= threshold)
        above++;
    if (above < 2)
        return;
    r->count -= above - 1;
    memmove(r->entries, r->entries + above - 1, r->count * sizeof(*r->entries));
    r->nominal = r->count;
}

static double reference_temperature(const struct reference *r, const struct hearth_sampling *rules)
{
    double t = (double)rules->temperature, range = (double)rules->dynamic_range, entropy = 0;
    double sum = sum_of(r);
    if (!(range > 0) || r->nominal <= 1)
        return t;
    for (size_t i = 0; i < r->count; i++) {
        double p = exp(r->entries[i].logit - r->entries[0].logit) / sum;
        entropy -= p > 0 ? p * log(p) : 0;
    }
    double low = fmax(t - range, 0);
    return low + (t + range - low) * pow(fmax(entropy, 0) / log((double)r->nominal),
                                         (double)rules->dynamic_exponent);
}

/* Each rule as its paper says it, on a sorted list. */
static void reference_chances(const struct hearth_sampling *rules, const struct logits *logits,
                              double *chances)
{
    struct reference r = {hearth_calloc(logits->count, sizeof(struct entry)), 0, logits->count};
    for (uint32_t i = 0; i < logits->count; i++) {
        chances[i] = 0;
        if (logits->values[i] > -INFINITY)
            r.entries[r.count++] = (struct entry){.token = i, .logit = (double)logits->values[i]};
    }
    sort_by_logit(&r);
    if (rules->top_n_sigma > 0)
        reference_sigma(&r, (double)rules->top_n_sigma);
    if (rules->top_k > 0) {
        r.count = r.count < (size_t)rules->top_k ? r.count : (size_t)rules->top_k;
        r.nominal = r.nominal < (size_t)rules->top_k ? r.nominal : (size_t)rules->top_k;
    }
    if (rules->typical_p > 0 && rules->typical_p < 1)
        reference_typical(&r, (double)rules->typical_p);
    if (rules->top_p < 1)
        reference_top_p(&r, (double)rules->top_p);
    if (rules->min_p > 0) {
        double floor = r.entries[0].logit + (double)logf(rules->min_p);
        while (r.entries[r.count - 1].logit < floor)
            r.count--;
        r.nominal = r.count;
    }
    if (rules->xtc_probability >= 1 && rules->xtc_threshold <= 0.5f)
        reference_xtc(&r, (double)rules->xtc_threshold);
    double temperature = reference_temperature(&r, rules), sum = 0;
    for (size_t i = 0; i < r.count; i++)
        sum += exp((r.entries[i].logit - r.entries[0].logit) / temperature);
    for (size_t i = 0; i < r.count; i++)
        chances[r.entries[i].token] =
            exp((r.entries[i].logit - r.entries[0].logit) / temperature) / sum;
    hearth_free(r.entries);
}

static void every_rule_leaves_what_its_definition_says(void **state)
{
    (void)state;
    const char *name = "";
    for (int shape = 0; shape < SHAPES; shape++) {
        struct logits logits = make_logits((enum shape)shape);
        struct hearth_sampler *sampler = hearth_sampler_create(logits.count, best_ops());
        double *is = hearth_calloc(logits.count, sizeof(*is));
        double *expected = hearth_calloc(logits.count, sizeof(*expected));
        for (size_t i = 0;; i++) {
            struct hearth_sampling rules = rules_of(i, &name);
            if (name == NULL)
                break;
            reference_chances(&rules, &logits, expected);
            hearth_sampler_chances(sampler, &rules, 0, logits.values, is);
            for (uint32_t t = 0; t < logits.count; t++)
                /* What is below e^-87 of the likeliest is no candidate. */
                if (fabs(is[t] - expected[t]) > 1e-6 ||
                    (expected[t] > 1e-36 && (is[t] > 0) != (expected[t] > 0)) ||
                    (is[t] > 0 && !(expected[t] > 0)))
                    fail_msg("%s, %s: token %u has %g, not %g", name, shape_names[shape], t, is[t],
                             expected[t]);
        }
        hearth_sampler_destroy(sampler);
        hearth_free(is);
        hearth_free(expected);
        hearth_free(logits.values);
    }
}

/* A vocabulary that ends in the middle of a block, and one of a single token. */
static void vocabularies_of_any_length_are_sampled(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {1, 2, 63, 64, 65, 127, 1000};
    for (size_t n = 0; n < sizeof(lengths) / sizeof(lengths[0]); n++) {
        struct logits logits = {hearth_calloc(lengths[n], sizeof(float)), lengths[n]};
        struct hearth_sampler *sampler = hearth_sampler_create(lengths[n], best_ops());
        const char *name = "";
        for (uint32_t i = 0; i < lengths[n]; i++)
            logits.values[i] = i + 1 == lengths[n] ? 30 : -30;
        for (size_t i = 0;; i++) {
            struct hearth_sampling rules = rules_of(i, &name);
            if (name == NULL)
                break;
            if (rules.xtc_probability > 0)
                continue;
            assert_int_equal(hearth_sampler_pick(sampler, &rules, 9, logits.values, NULL),
                             lengths[n] - 1);
        }
        hearth_sampler_destroy(sampler);
        hearth_free(logits.values);
    }
}

static void what_is_no_number_is_never_picked(void **state)
{
    (void)state;
    enum { WORDS = 300 };
    float logits[WORDS];
    struct hearth_sampler *sampler = hearth_sampler_create(WORDS, best_ops());
    const char *name = "";
    for (size_t i = 0;; i++) {
        struct hearth_sampling rules = rules_of(i, &name);
        if (name == NULL)
            break;
        for (uint32_t position = 0; position < 20; position++) {
            for (int t = 0; t < WORDS; t++)
                logits[t] = t % 2 ? NAN : (float)(t % 5);
            assert_int_equal(hearth_sampler_pick(sampler, &rules, position, logits, NULL) % 2, 0);
            for (int t = 0; t < WORDS; t++)
                logits[t] = t == 7 || t == 9 ? INFINITY : 1;
            assert_int_equal(hearth_sampler_pick(sampler, &rules, position, logits, NULL), 7);
            for (int t = 0; t < WORDS; t++)
                logits[t] = t % 3 ? NAN : -INFINITY;
            assert_int_equal(hearth_sampler_pick(sampler, &rules, position, logits, NULL), 0);
        }
    }
    hearth_sampler_destroy(sampler);
}

static void temperature_0_takes_the_first_of_the_likeliest(void **state)
{
    (void)state;
    struct logits logits = make_logits(WIDE);
    struct hearth_sampler *sampler = hearth_sampler_create(logits.count, best_ops());
    struct hearth_sampling rules = no_rules();
    rules.temperature = 0;
    rules.xtc_probability = 1;
    rules.typical_p = 0.1f;
    logits.values[40000] = logits.values[31000] = 100;
    assert_int_equal(hearth_sampler_pick(sampler, &rules, 0, logits.values, NULL), 31000);
    hearth_sampler_destroy(sampler);
    hearth_free(logits.values);
}

/* Below 2.9e-39 the inverse of a temperature is infinite in f32; a dynamic one falls far below that
 * where the model is sure of itself and the exponent large. */
static void a_temperature_without_an_inverse_takes_the_likeliest(void **state)
{
    (void)state;
    enum { WORDS = 300 };
    static const float temperatures[] = {1e-38f, 1e-39f, 1e-40f, 1e-45f};
    float logits[WORDS];
    double chances[WORDS];
    struct hearth_sampler *sampler = hearth_sampler_create(WORDS, best_ops());
    for (int i = 0; i < 4 + 100; i++) {
        struct hearth_sampling rules = no_rules();
        rules.temperature = i < 4 ? temperatures[i] : 0.8f;
        rules.dynamic_range = i < 4 ? 0 : 1;
        rules.dynamic_exponent = (float)(i - 3);
        for (int t = 0; t < WORDS; t++)
            logits[t] = t == 123 ? 20 : (float)(t % 7);
        assert_int_equal(hearth_sampler_pick(sampler, &rules, 5, logits, NULL), 123);
        hearth_sampler_chances(sampler, &rules, 5, logits, chances);
        assert_true(chances[123] > 0.99);
    }
    hearth_sampler_destroy(sampler);
}

/* Equal logits at an edge: the lower tokens stay. */
static void of_equals_the_lower_tokens_stay(void **state)
{
    (void)state;
    enum { WORDS = 500 };
    float logits[WORDS] = {0};
    double chances[WORDS];
    struct hearth_sampler *sampler = hearth_sampler_create(WORDS, best_ops());
    struct hearth_sampling rules = no_rules();
    rules.top_k = 70;
    hearth_sampler_chances(sampler, &rules, 0, logits, chances);
    for (int i = 0; i < WORDS; i++)
        assert_true(chances[i] == (i < 70 ? 1.0 / 70 : 0));
    rules = no_rules();
    rules.top_p = 0.2f;
    hearth_sampler_chances(sampler, &rules, 0, logits, chances);
    for (int i = 0; i < WORDS; i++)
        assert_true((chances[i] > 0) == (i < 101)); /* 0.2f is a little over a fifth */
    hearth_sampler_destroy(sampler);
}

static void every_instruction_set_picks_the_same(void **state)
{
    (void)state;
    const char *name = "";
    for (int shape = 0; shape < SHAPES; shape++) {
        struct logits logits = make_logits((enum shape)shape);
        struct hearth_sampler *plain = hearth_sampler_create(
            logits.count, hearth_logit_ops(hearth_decoder_kernels_for(HEARTH_ISA_PLAIN)));
        for (int isa = 1; isa < HEARTH_ISA_COUNT; isa++) {
            if (!hearth_isa_usable((enum hearth_isa)isa))
                continue;
            struct hearth_sampler *other = hearth_sampler_create(
                logits.count, hearth_logit_ops(hearth_decoder_kernels_for((enum hearth_isa)isa)));
            for (size_t i = 0;; i++) {
                struct hearth_sampling rules = rules_of(i, &name);
                if (name == NULL)
                    break;
                for (uint32_t position = 0; position < 3; position++)
                    assert_int_equal(
                        hearth_sampler_pick(other, &rules, position, logits.values, NULL),
                        hearth_sampler_pick(plain, &rules, position, logits.values, NULL));
                int32_t tokens[2][20];
                double sums[2];
                hearth_sampler_likeliest(plain, logits.values, 20, tokens[0], &sums[0]);
                hearth_sampler_likeliest(other, logits.values, 20, tokens[1], &sums[1]);
                assert_memory_equal(tokens[0], tokens[1], sizeof(tokens[0]));
                assert_memory_equal(&sums[0], &sums[1], sizeof(sums[0]));
            }
            hearth_sampler_destroy(other);
        }
        hearth_sampler_destroy(plain);
        hearth_free(logits.values);
    }
}

static void a_choice_depends_on_seed_and_position_alone(void **state)
{
    (void)state;
    struct logits logits = make_logits(WIDE);
    struct hearth_sampler *one = hearth_sampler_create(logits.count, best_ops());
    struct hearth_sampler *two = hearth_sampler_create(logits.count, best_ops());
    struct hearth_sampling rules = no_rules(), others = no_rules();
    uint32_t positions = 0, seeds = 0;
    rules.seed = 5;
    others.seed = 6;
    others.top_k = 3;
    for (uint32_t position = 0; position < 200; position++) {
        int32_t token = hearth_sampler_pick(one, &rules, position, logits.values, NULL);
        /* What was picked in between, and in which order, is of no matter. */
        hearth_sampler_pick(two, &others, position + 7, logits.values, NULL);
        assert_int_equal(hearth_sampler_pick(two, &rules, position, logits.values, NULL), token);
        positions += hearth_sampler_pick(one, &rules, position + 1, logits.values, NULL) != token;
        others.top_k = 0;
        seeds += hearth_sampler_pick(one, &others, position, logits.values, NULL) != token;
        others.top_k = 3;
    }
    assert_true(positions > 150 && seeds > 150);
    hearth_sampler_destroy(one);
    hearth_sampler_destroy(two);
    hearth_free(logits.values);
}

/* The known answers of the authors' own code (Random123, tests/kat_vectors). */
static void philox_gives_the_words_of_its_authors(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4];
        uint64_t key;
        uint32_t words[4];
    } known[] = {
        {{0, 0, 0, 0}, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         0xffffffffffffffffull,
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         0x299f31d0a4093822ull,
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        uint32_t words[4];
        hearth_philox(known[i].key, known[i].counter, words);
        assert_memory_equal(words, known[i].words, sizeof(words));
    }
}

static void logprobs_are_those_of_a_plain_softmax(void **state)
{
    (void)state;
    for (int shape = 0; shape < SHAPES; shape++) {
        struct logits logits = make_logits((enum shape)shape);
        struct hearth_sampler *sampler = hearth_sampler_create(logits.count, best_ops());
        struct entry *sorted = hearth_calloc(logits.count, sizeof(*sorted));
        int32_t tokens[20];
        double log_sum, sum = 0;
        for (uint32_t i = 0; i < logits.count; i++)
            sorted[i] = (struct entry){.token = i, .logit = (double)logits.values[i]};
        qsort(sorted, logits.count, sizeof(*sorted), by_logit);
        for (uint32_t i = 0; i < logits.count; i++)
            sum += exp(sorted[i].logit - sorted[0].logit);
        assert_int_equal(hearth_sampler_likeliest(sampler, logits.values, 20, tokens, &log_sum),
                         20);
        assert_true(fabs(log_sum - (sorted[0].logit + log(sum))) < 3e-7);
        for (int i = 0; i < 20; i++)
            assert_int_equal(tokens[i], sorted[i].token);
        hearth_sampler_destroy(sampler);
        hearth_free(sorted);
        hearth_free(logits.values);
    }
}

struct gate_of_multiples {
    uint32_t divisor, asked, calls;
};

static void allow_multiples(void *argument, const int32_t *tokens, size_t count, bool *ret_allowed)
{
    struct gate_of_multiples *gate = argument;
    gate->asked += (uint32_t)count;
    gate->calls++;
    for (size_t i = 0; i < count; i++)
        ret_allowed[i] = (uint32_t)tokens[i] % gate->divisor == 0;
}

/* What passes a gate is drawn with the share that it has among all that pass: by chi-square over
 * the candidates, for gates that refuse little and much. */
static void a_gate_leaves_the_shares_of_what_passes(void **state)
{
    (void)state;
    enum { WORDS = 96, DRAWS = 100000 };
    static const uint32_t divisors[] = {2, 5, 24};
    float logits[WORDS], used[WORDS];
    uint64_t seed = 3;
    for (int i = 0; i < WORDS; i++)
        logits[i] = bell(&seed);
    struct hearth_sampler *sampler = hearth_sampler_create(WORDS, best_ops());
    for (size_t d = 0; d < 3; d++) {
        struct gate_of_multiples allowed = {.divisor = divisors[d]};
        struct hearth_sampler_gate gate = {allow_multiples, &allowed};
        struct hearth_sampling rules = no_rules();
        uint32_t counts[WORDS] = {0};
        double chances[WORDS], sum = 0, square = 0;
        hearth_sampler_chances(sampler, &rules, 0, logits, chances);
        for (uint32_t i = 0; i < WORDS; i += divisors[d])
            sum += chances[i];
        for (uint32_t i = 0; i < DRAWS; i++) {
            memcpy(used, logits, sizeof(used));
            counts[hearth_sampler_pick(sampler, &rules, i, used, &gate)]++;
        }
        for (uint32_t i = 0; i < WORDS; i++) {
            double expected = i % divisors[d] ? 0 : chances[i] / sum * DRAWS;
            if (expected == 0)
                assert_int_equal(counts[i], 0);
            else
                square += (counts[i] - expected) * (counts[i] - expected) / expected;
        }
        /* Mean f, deviation √(2f): five of them above would be one time in a million. */
        double freedom = (double)((WORDS - 1) / divisors[d]);
        assert_true(square < freedom + 5 * sqrt(2 * freedom) + 5);
    }
    hearth_sampler_destroy(sampler);
}

/* Where all that the rules leave is refused, they are applied to what is allowed. */
static void a_gate_that_refuses_all_candidates_is_asked_for_the_vocabulary(void **state)
{
    (void)state;
    struct logits logits = make_logits(PEAKED);
    struct hearth_sampler *sampler = hearth_sampler_create(logits.count, best_ops());
    struct gate_of_multiples allowed = {.divisor = 40001};
    struct hearth_sampler_gate gate = {allow_multiples, &allowed};
    struct hearth_sampling rules = no_rules();
    logits.values[0] = -20;
    logits.values[40001] = -10;
    for (int i = 0; i < 3; i++) {
        rules.top_k = i == 0 ? 5 : 0;
        rules.temperature = i == 1 ? 0 : 1;
        rules.top_p = 0.9f;
        assert_int_equal(hearth_sampler_pick(sampler, &rules, 4, logits.values, &gate), 40001);
    }
    logits.values[0] = logits.values[40001] = -INFINITY;
    assert_int_equal(hearth_sampler_pick(sampler, &rules, 4, logits.values, &gate), -1);
    hearth_sampler_destroy(sampler);
    hearth_free(logits.values);
}

static void a_gate_is_asked_for_one_token_where_it_passes(void **state)
{
    (void)state;
    struct logits logits = make_logits(PEAKED);
    struct hearth_sampler *sampler = hearth_sampler_create(logits.count, best_ops());
    struct gate_of_multiples allowed = {.divisor = 1};
    struct hearth_sampler_gate gate = {allow_multiples, &allowed};
    struct hearth_sampling rules = no_rules();
    for (uint32_t i = 0; i < 50; i++)
        hearth_sampler_pick(sampler, &rules, i, logits.values, &gate);
    assert_int_equal(allowed.asked, 50);
    hearth_sampler_destroy(sampler);
    hearth_free(logits.values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_leaves_what_its_definition_says),
        cmocka_unit_test(vocabularies_of_any_length_are_sampled),
        cmocka_unit_test(what_is_no_number_is_never_picked),
        cmocka_unit_test(temperature_0_takes_the_first_of_the_likeliest),
        cmocka_unit_test(a_temperature_without_an_inverse_takes_the_likeliest),
        cmocka_unit_test(of_equals_the_lower_tokens_stay),
        cmocka_unit_test(every_instruction_set_picks_the_same),
        cmocka_unit_test(a_choice_depends_on_seed_and_position_alone),
        cmocka_unit_test(philox_gives_the_words_of_its_authors),
        cmocka_unit_test(logprobs_are_those_of_a_plain_softmax),
        cmocka_unit_test(a_gate_leaves_the_shares_of_what_passes),
        cmocka_unit_test(a_gate_that_refuses_all_candidates_is_asked_for_the_vocabulary),
        cmocka_unit_test(a_gate_is_asked_for_one_token_where_it_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
