/* Our sampler against libllama's samplers: the same candidates with the same probabilities under
 * each rule and under several at once, and the same frequencies when tokens are drawn. */
#include "support/sampler_rules.h"
#include "unit/cmocka_all.h"

#include "base/memory.h"
#include "compute/penalties.h"
#include "compute/philox.h"
#include "compute/sampler.h"
#include "engine/llama/llama_breakers.h"
#include "engine/llama/llama_grammar.h"

#include <llama.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DRAWS = 100000, CELLS = 64 };

static struct llama_sampler *chain_of(const struct hearth_sampling *r, uint32_t seed)
{
    struct llama_sampler *chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
    llama_sampler_chain_add(chain, llama_sampler_init_top_n_sigma(r->top_n_sigma));
    llama_sampler_chain_add(chain, llama_sampler_init_top_k(r->top_k));
    llama_sampler_chain_add(chain, llama_sampler_init_typical(r->typical_p, 0));
    llama_sampler_chain_add(chain, llama_sampler_init_top_p(r->top_p, 0));
    llama_sampler_chain_add(chain, llama_sampler_init_min_p(r->min_p, 0));
    llama_sampler_chain_add(chain,
                            llama_sampler_init_xtc(r->xtc_probability, r->xtc_threshold, 0, seed));
    llama_sampler_chain_add(
        chain, llama_sampler_init_temp_ext(r->temperature, r->dynamic_range, r->dynamic_exponent));
    return chain;
}

static llama_token_data_array fill(llama_token_data *data, const float *logits, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        data[i] = (llama_token_data){(llama_token)i, logits[i], 0};
    return (llama_token_data_array){data, count, -1, false};
}

/* Softmax of what the chain leaves, in f64. */
static void library_chances(struct llama_sampler *chain, const float *logits, uint32_t count,
                            double *chances)
{
    llama_token_data *data = hearth_calloc(count, sizeof(*data));
    llama_token_data_array array = fill(data, logits, count);
    double top = -INFINITY, sum = 0;
    llama_sampler_apply(chain, &array);
    for (uint32_t i = 0; i < count; i++)
        chances[i] = 0;
    for (size_t i = 0; i < array.size; i++)
        top = fmax(top, (double)array.data[i].logit);
    for (size_t i = 0; i < array.size; i++)
        sum += exp((double)array.data[i].logit - top);
    for (size_t i = 0; i < array.size; i++)
        chances[array.data[i].id] = exp((double)array.data[i].logit - top) / sum;
    hearth_free(data);
}

/* libllama adds up in f32. Over thousands of candidates its sum is off by some 1e-5 (an entropy by
 * more), so that those at the very edge may fall to the other side, and so is a temperature that
 * its entropy gives; where few count, the candidates are the very same. */
static void expect_same(const double *own, const double *library, uint32_t count, const char *what,
                        enum shape shape, bool dynamic)
{
    bool few = shape == PEAKED || shape == SMALL;
    double edge = 0;
    /* Below e^-80 a share is none for us. */
    for (uint32_t i = 0; i < count; i++)
        if ((own[i] > 0) != (library[i] > 1e-34))
            edge += own[i] + library[i];
    if (edge > (few ? 0 : 1e-3))
        fail_msg("%s, %s: candidates of %g are others", what, shape_names[shape], edge);
    for (uint32_t i = 0; i < count; i++)
        if ((own[i] > 0) == (library[i] > 1e-34) &&
            fabs(own[i] - library[i]) > 1e-6 + (few && !dynamic ? 0 : 2e-3) * library[i])
            fail_msg("%s, %s: token %u has %.9f, libllama gives it %.9f", what, shape_names[shape],
                     i, own[i], library[i]);
}

static void every_rule_leaves_the_candidates_that_libllama_leaves(void **state)
{
    (void)state;
    const char *name = "";
    for (int shape = 0; shape < SHAPES; shape++) {
        struct logits logits = make_logits((enum shape)shape);
        struct hearth_sampler *sampler = hearth_sampler_create(logits.count, best_ops());
        double *own = hearth_calloc(logits.count, sizeof(*own));
        double *library = hearth_calloc(logits.count, sizeof(*library));
        for (size_t i = 0;; i++) {
            struct hearth_sampling rules = rules_of(i, &name);
            if (name == NULL)
                break;
            /* Tokens of −∞ stay candidates there: its entropy is no number then, and XTC without a
             * threshold leaves one of them. */
            if (shape == BARRED && rules.top_k == 0 &&
                (rules.typical_p < 1 || (rules.xtc_probability > 0 && rules.xtc_threshold <= 0)))
                continue;
            struct llama_sampler *chain = chain_of(&rules, 1);
            library_chances(chain, logits.values, logits.count, library);
            hearth_sampler_chances(sampler, &rules, 0, logits.values, own);
            expect_same(own, library, logits.count, name, (enum shape)shape,
                        rules.dynamic_range > 0);
            llama_sampler_free(chain);
        }
        hearth_sampler_destroy(sampler);
        hearth_free(own);
        hearth_free(library);
        hearth_free(logits.values);
    }
}

/* A choice's number of its cell: the CELLS − 1 likeliest tokens have one each, the others one
 * together. */
static uint32_t cell_of(const double *chances, uint32_t count, uint32_t *cells)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++)
        cells[i] = CELLS - 1;
    for (; used < CELLS - 1; used++) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < count; i++)
            if (cells[i] == CELLS - 1 && (cells[best] != CELLS - 1 || chances[i] > chances[best]))
                best = i;
        /* A cell wants some draws, or its square means nothing. */
        if (cells[best] != CELLS - 1 || chances[best] * DRAWS < 10)
            break;
        cells[best] = used;
    }
    return used;
}

/* Two rows of draws of one distribution: chi-square of their counts (Pearson, two samples of one
 * length). */
static void expect_one_distribution(const uint32_t *own, const uint32_t *library, const char *what)
{
    double square = 0, freedom = -1;
    for (uint32_t i = 0; i < CELLS; i++) {
        double sum = (double)own[i] + library[i], difference = (double)own[i] - library[i];
        if (sum > 0) {
            square += difference * difference / sum;
            freedom++;
        }
    }
    /* Mean f and deviation √(2f): with the few that are added, not one time in 100,000. */
    if (square > freedom + 5 * sqrt(2 * freedom) + 5)
        fail_msg("%s: chi-square %.1f with %.0f degrees of freedom", what, square, freedom);
}

static void draws_have_the_frequencies_of_libllama(void **state)
{
    (void)state;
    /* Few words, because libllama sorts them in each draw. */
    enum { WORDS = 200 };
    const char *name = "";
    llama_token_data *data = hearth_calloc(WORDS, sizeof(*data));
    uint32_t *cells = hearth_calloc(WORDS, sizeof(*cells));
    double *chances = hearth_calloc(WORDS, sizeof(*chances));
    for (int shape = WIDE; shape <= PEAKED; shape++) {
        struct logits logits = make_logits((enum shape)shape);
        uint32_t count = logits.count < WORDS ? logits.count : WORDS;
        struct hearth_sampler *sampler = hearth_sampler_create(count, best_ops());
        for (size_t i = 0;; i++) {
            struct hearth_sampling rules = rules_of(i, &name);
            if (name == NULL)
                break;
            /* By chance, so that the frequency of XTC itself counts too. */
            if (rules.xtc_probability > 0)
                rules.xtc_probability = 0.4f;
            struct llama_sampler *chain = chain_of(&rules, 5);
            llama_sampler_chain_add(chain, llama_sampler_init_dist(7));
            uint32_t own[CELLS] = {0}, library[CELLS] = {0};
            struct hearth_sampling wide = rules;
            wide.xtc_probability = 0;
            hearth_sampler_chances(sampler, &wide, 0, logits.values, chances);
            cell_of(chances, count, cells);
            rules.seed = 1000 * (uint64_t)shape + i;
            for (uint32_t draw = 0; draw < DRAWS; draw++) {
                own[cells[hearth_sampler_pick(sampler, &rules, draw, logits.values, NULL)]]++;
                llama_token_data_array array = fill(data, logits.values, count);
                llama_sampler_apply(chain, &array);
                library[cells[array.data[array.selected].id]]++;
            }
            expect_one_distribution(own, library, name);
            llama_sampler_free(chain);
        }
        hearth_sampler_destroy(sampler);
        hearth_free(logits.values);
    }
    hearth_free(data);
    hearth_free(cells);
    hearth_free(chances);
}

/* Histories of few words, so that they repeat themselves often. */
static void penalties_are_those_of_libllama(void **state)
{
    (void)state;
    enum { WORDS = 40, HISTORY = 200, ROUNDS = 300 };
    uint64_t seed = 12;
    int32_t history[HISTORY];
    float own[WORDS], logits[WORDS];
    llama_token_data data[WORDS];
    uint32_t counts[WORDS] = {0}, repeats[HISTORY], changed = 0;
    struct hearth_penalty_scratch scratch = {counts, repeats};
    for (int round = 0; round < ROUNDS; round++) {
        struct hearth_sampling rules = no_rules();
        uint32_t count = seeded_pick(&seed, 1, HISTORY), words = seeded_pick(&seed, 2, WORDS);
        for (uint32_t i = 0; i < count; i++)
            history[i] = (int32_t)seeded_pick(&seed, 0, words - 1);
        for (int i = 0; i < WORDS; i++)
            logits[i] = own[i] = bell(&seed) * 5;
        rules.repeat_last_n = (int32_t)seeded_pick(&seed, 0, HISTORY);
        rules.repeat_penalty = round % 3 ? 1 + bell(&seed) / 10 : 1;
        rules.presence_penalty = round % 2 ? bell(&seed) : 0;
        rules.frequency_penalty = round % 5 ? bell(&seed) : 0;
        rules.dry_multiplier = round % 4 ? 0.8f : 0;
        rules.dry_base = 1 + (float)seeded_pick(&seed, 0, 20) / 10;
        rules.dry_allowed_length = (int32_t)seeded_pick(&seed, 0, 4);
        rules.dry_penalty_last_n = (int32_t)seeded_pick(&seed, 0, HISTORY);
        struct llama_sampler *penalties =
            llama_sampler_init_penalties(WORDS, rules.repeat_last_n, rules.repeat_penalty,
                                         rules.frequency_penalty, rules.presence_penalty);
        struct llama_sampler *dry =
            llama_sampler_init_dry(NULL, rules.dry_multiplier, rules.dry_base,
                                   rules.dry_allowed_length, rules.dry_penalty_last_n, NULL, 0);
        for (uint32_t i = 0; i < count; i++) {
            llama_sampler_accept(penalties, history[i]);
            llama_sampler_accept(dry, history[i]);
        }
        llama_token_data_array array = fill(data, logits, WORDS);
        llama_sampler_apply(penalties, &array);
        llama_sampler_apply(dry, &array);
        hearth_penalize(&rules, NULL, history, count, &scratch, own);
        for (int i = 0; i < WORDS; i++) {
            assert_true(fabsf(own[i] - data[i].logit) <= 1e-6f * fabsf(own[i]));
            assert_int_equal(counts[i], 0);
            changed += own[i] != logits[i];
        }
        llama_sampler_free(penalties);
        llama_sampler_free(dry);
    }
    assert_true(changed > ROUNDS * 5);
}

static struct llama_model *model;

static const struct llama_vocab *need_vocabulary(void)
{
    const char *path = getenv("HEARTH_TEST_GGUF");
    struct llama_model_params params = llama_model_default_params();
    params.vocab_only = true;
    if (path == NULL) {
        print_message("skipped: HEARTH_TEST_GGUF is not set\n");
        skip();
    }
    model = model != NULL ? model : llama_model_load_from_file(path, params);
    assert_non_null(model);
    return llama_model_get_vocab(model);
}

static int free_model(void **state)
{
    (void)state;
    llama_model_free(model);
    return 0;
}

/* Texts of the tokens of a few words, in which breakers are whole tokens, parts of one, and more
 * than one. */
static void breakers_end_a_repetition_where_those_of_libllama_do(void **state)
{
    (void)state;
    enum { HISTORY = 120, ROUNDS = 120 };
    const struct llama_vocab *vocab = need_vocabulary();
    static const char text[] = " red blue: the\n* cat \"sat\" on the mat, the cat's mat.";
    static const char *const sets[][4] = {{"\n", ":", "\"", "*"},
                                          {" the cat", "mat", "e", " on"},
                                          {"cat's mat.", "t\"", " ", "zzz"},
                                          {"ue: t", "at, t", "d b", "\n"}};
    uint32_t words = (uint32_t)llama_vocab_n_tokens(vocab);
    int32_t tokens[64], history[HISTORY];
    int32_t token_count =
        llama_tokenize(vocab, text, (int32_t)strlen(text), tokens, 64, false, false);
    uint32_t *counts = hearth_calloc(words, sizeof(*counts)), repeats[HISTORY], limited = 0;
    float *own = hearth_calloc(words, sizeof(*own)), *without = hearth_calloc(words, sizeof(*own));
    llama_token_data *data = hearth_calloc(words, sizeof(*data));
    struct hearth_penalty_scratch scratch = {counts, repeats};
    uint64_t seed = 4;
    assert_true(token_count > 12);
    for (int round = 0; round < ROUNDS; round++) {
        struct hearth_sampling rules = no_rules();
        struct hearth_bytes texts[4];
        const char *set[4];
        struct hearth_llama_breakers breakers;
        uint32_t count = seeded_pick(&seed, 20, HISTORY);
        for (uint32_t i = 0; i < count; i++)
            history[i] = i > 8 && seeded_pick(&seed, 0, 5)
                             ? history[i - 7]
                             : tokens[seeded_pick(&seed, 0, (uint32_t)token_count - 1)];
        for (int i = 0; i < 4; i++) {
            set[i] = sets[round % 4][i];
            texts[i] = (struct hearth_bytes){set[i], strlen(set[i])};
        }
        rules.dry_multiplier = 1;
        rules.dry_allowed_length = (int32_t)seeded_pick(&seed, 1, 3);
        rules.dry_penalty_last_n = HISTORY;
        struct llama_sampler *dry = llama_sampler_init_dry(
            vocab, 1, rules.dry_base, rules.dry_allowed_length, HISTORY, set, 4);
        assert_int_equal(hearth_llama_breakers_init(&breakers, vocab, texts, 4, NULL), 0);
        for (uint32_t i = 0; i < words; i++)
            own[i] = without[i] = 0;
        for (uint32_t i = 0; i < count; i++)
            llama_sampler_accept(dry, history[i]);
        llama_token_data_array array = fill(data, own, words);
        llama_sampler_apply(dry, &array);
        hearth_penalize(&rules, &breakers.found, history, count, &scratch, own);
        hearth_penalize(&rules, NULL, history, count, &scratch, without);
        for (uint32_t i = 0; i < words; i++)
            assert_true(fabsf(own[i] - data[i].logit) <= 1e-6f * fabsf(own[i]));
        limited += memcmp(own, without, words * sizeof(*own)) != 0;
        hearth_llama_breakers_finish(&breakers);
        llama_sampler_free(dry);
    }
    assert_true(limited > ROUNDS / 4);
    hearth_free(counts);
    hearth_free(own);
    hearth_free(without);
    hearth_free(data);
}

static void expect_same_answers(struct hearth_llama_grammar *grammar, struct llama_sampler *library,
                                llama_token_data *data, bool *allowed, int32_t *all, uint32_t count)
{
    llama_token_data_array array = {data, count, -1, false};
    for (uint32_t i = 0; i < count; i++)
        data[i] = (llama_token_data){(llama_token)i, 0, 0};
    llama_sampler_apply(library, &array);
    hearth_llama_grammar_test(grammar, all, count, allowed);
    for (uint32_t i = 0; i < count; i++)
        if (allowed[i] != (data[i].logit == 0))
            fail_msg("token %u is %s", i, allowed[i] ? "allowed" : "refused");
}

/* At every place of random texts of a grammar: asking the vocabulary by prefixes gives for each
 * token what libllama says of it. */
static void a_vocabulary_is_asked_by_prefixes_with_the_same_answers(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "root ::= \"{\" ws pair (\",\" ws pair)* \"}\"\npair ::= string \":\" ws (string | "
        "number)\n"
        "string ::= \"\\\"\" [^\"\\\\\\x00-\\x1f]{0,12} \"\\\"\"\nnumber ::= \"-\"? [0-9]{1,4}\n"
        "ws ::= \" \"?",
        "root ::= (\"日本\" | \"日曜\" | [а-я] | \"é\" | \"🙂\")+ \".\"",
        "root ::= [^<]{0,10} \"<end>\"",
    };
    const struct llama_vocab *vocab = need_vocabulary();
    uint32_t count = (uint32_t)llama_vocab_n_tokens(vocab);
    struct hearth_llama_prefixes *prefixes = hearth_llama_prefixes_create(vocab);
    llama_token_data *data = hearth_calloc(count, sizeof(*data));
    bool *allowed = hearth_calloc(count, sizeof(*allowed));
    int32_t *all = hearth_calloc(count, sizeof(*all));
    uint64_t seed = 8;
    for (uint32_t i = 0; i < count; i++)
        all[i] = (int32_t)i;
    for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
        struct hearth_llama_grammar *grammar = NULL;
        struct llama_sampler *library = llama_sampler_init_grammar(vocab, texts[t], "root");
        assert_int_equal(
            hearth_llama_grammar_create(prefixes, texts[t], strlen(texts[t]), &grammar, NULL), 0);
        for (int place = 0; place < 25; place++) {
            expect_same_answers(grammar, library, data, allowed, all, count);
            uint32_t token = seeded_pick(&seed, 0, count - 1), tried = 0;
            while (tried++ < count && !allowed[token])
                token = (token + 1) % count;
            if (!allowed[token] || llama_vocab_is_eog(vocab, (llama_token)token))
                break;
            assert_int_equal(hearth_llama_grammar_accept(grammar, (int32_t)token), 0);
            llama_sampler_accept(library, (llama_token)token);
        }
        hearth_llama_grammar_destroy(grammar);
        llama_sampler_free(library);
    }
    hearth_llama_prefixes_destroy(prefixes);
    hearth_free(data);
    hearth_free(allowed);
    hearth_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_leaves_the_candidates_that_libllama_leaves),
        cmocka_unit_test(draws_have_the_frequencies_of_libllama),
        cmocka_unit_test(penalties_are_those_of_libllama),
        cmocka_unit_test(breakers_end_a_repetition_where_those_of_libllama_do),
        cmocka_unit_test(a_vocabulary_is_asked_by_prefixes_with_the_same_answers),
    };
    return cmocka_run_group_tests(tests, NULL, free_model);
}
