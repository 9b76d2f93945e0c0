/* Choosing a token: our sampler against libllama's chains on the logits of a model, in turns; and
 * what a grammar adds to a step of eight sequences.
 *
 *     bench_sampler FILE [rounds]
 *
 * Times are of the processor, of the thread that samples (and of the whole process for a step, on
 * one thread), so that a busy machine does not count; medians. */
#include "compute/sampler.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/llama/llama_grammar.h"
#include "network/decoder.h"

#include <llama.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SEQUENCES = 8, PROMPT_MAX = 256, ROUNDS_MAX = 101, STEPS = 160, LONGEST = 64 };

static const char prompt[] =
    "<|im_start|>user\nDescribe a person as JSON, with the members name, age, city (Paris, Rome or "
    "Oslo), tags and married.<|im_end|>\n<|im_start|>assistant\n";

/* What llama.cpp's json_schema_to_grammar makes of an object with the members name (string), age
 * (integer), city (enum), tags (array of 1 to 4 strings) and married (boolean), all required. */
static const char grammar_text[] =
    "age-kv ::= \"\\\"age\\\"\" space \":\" space integer\n"
    "boolean ::= (\"true\" | \"false\")\n"
    "char ::= [^\"\\\\\\x7F\\x00-\\x1F] | [\\\\] ([\"\\\\bfnrt] | \"u\" [0-9a-fA-F]{4})\n"
    "city ::= (\"\\\"Paris\\\"\" | \"\\\"Rome\\\"\" | \"\\\"Oslo\\\"\")\n"
    "city-kv ::= \"\\\"city\\\"\" space \":\" space city\n"
    "integer ::= (\"-\"? integral-part)\n"
    "integral-part ::= [0] | [1-9] [0-9]{0,15}\n"
    "married-kv ::= \"\\\"married\\\"\" space \":\" space boolean\n"
    "name-kv ::= \"\\\"name\\\"\" space \":\" space string\n"
    "root ::= \"{\" space name-kv \",\" space age-kv \",\" space city-kv \",\" space tags-kv \",\" "
    "space married-kv space \"}\"\n"
    "space ::= | \" \" | \"\\n\"{1,2} [ \\t]{0,20}\n"
    "string ::= \"\\\"\" char* \"\\\"\"\n"
    "tags ::= \"[\" space string (\",\" space string){0,3} space \"]\"\n"
    "tags-kv ::= \"\\\"tags\\\"\" space \":\" space tags\n";

struct bench {
    const struct llama_vocab *vocab;
    struct hearth_llama_prefixes *prefixes;
    struct hearth_decoder *decoder;
    struct hearth_sampler *sampler;
    int32_t prompt[PROMPT_MAX];
    uint32_t prompt_count, words;
    float *logits; /* [SEQUENCES][words]: of different texts */
    llama_token_data *data;
    unsigned rounds;
};

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static double milliseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, unsigned count)
{
    qsort(values, count, sizeof(*values), order);
    return values[count / 2];
}

static void no_log(enum ggml_log_level level, const char *text, void *argument)
{
    (void)argument;
    if (level == GGML_LOG_LEVEL_ERROR)
        fputs(text, stderr);
}

static void open_all(struct bench *bench, const char *path)
{
    struct hearth_decoder_params params = {.context = 512,
                                           .sequences = SEQUENCES,
                                           .batch = 512,
                                           .outputs = SEQUENCES,
                                           .states = 1,
                                           .threads = 1,
                                           .kv_type = HEARTH_KV_F16,
                                           .isa = hearth_isa_best()};
    struct hearth_error error = {0};
    struct llama_model_params model_params = llama_model_default_params();
    model_params.vocab_only = true;
    struct llama_model *model = llama_model_load_from_file(path, model_params);
    if (model == NULL)
        fail("libllama cannot load the model");
    bench->vocab = llama_model_get_vocab(model);
    bench->prefixes = hearth_llama_prefixes_create(bench->vocab);
    if (hearth_decoder_open(path, &params, NULL, &bench->decoder, &error) != 0)
        fail(error.message);
    bench->words = hearth_decoder_network(bench->decoder)->vocabulary;
    bench->sampler = hearth_sampler_create(
        bench->words, hearth_logit_ops(hearth_decoder_kernels_for(params.isa)));
    bench->prompt_count = (uint32_t)llama_tokenize(bench->vocab, prompt, (int32_t)strlen(prompt),
                                                   bench->prompt, PROMPT_MAX, true, true);
    bench->logits = hearth_calloc((size_t)SEQUENCES * bench->words, sizeof(float));
    bench->data = hearth_calloc(bench->words, sizeof(*bench->data));
}

static void step(struct bench *bench, const struct hearth_decoder_span *spans)
{
    struct hearth_error error = {0};
    if (hearth_decoder_step(bench->decoder, spans, SEQUENCES, HEARTH_DECODER_LOGITS, NULL,
                            &error) != 0)
        fail(error.message);
}

/* The prompt cut at eight places, so that the logits are of eight kinds. */
static void make_logits(struct bench *bench)
{
    struct hearth_decoder_span spans[SEQUENCES];
    for (uint32_t i = 0; i < SEQUENCES; i++)
        spans[i] = (struct hearth_decoder_span){i, bench->prompt, bench->prompt_count - 4 * i, 1};
    step(bench, spans);
    for (uint32_t i = 0; i < SEQUENCES; i++) {
        memcpy(bench->logits + (size_t)i * bench->words, hearth_decoder_result(bench->decoder, i),
               bench->words * sizeof(float));
        hearth_decoder_trim(bench->decoder, i, 0);
    }
}

static struct llama_sampler *chain_of(const struct hearth_sampling *r)
{
    struct llama_sampler_chain_params params = llama_sampler_chain_default_params();
    params.no_perf = true;
    struct llama_sampler *chain = llama_sampler_chain_init(params);
    if (r->top_n_sigma > 0)
        llama_sampler_chain_add(chain, llama_sampler_init_top_n_sigma(r->top_n_sigma));
    if (r->top_k > 0)
        llama_sampler_chain_add(chain, llama_sampler_init_top_k(r->top_k));
    if (r->typical_p < 1)
        llama_sampler_chain_add(chain, llama_sampler_init_typical(r->typical_p, 0));
    if (r->top_p < 1)
        llama_sampler_chain_add(chain, llama_sampler_init_top_p(r->top_p, 0));
    if (r->min_p > 0)
        llama_sampler_chain_add(chain, llama_sampler_init_min_p(r->min_p, 0));
    if (r->temperature > 0) {
        llama_sampler_chain_add(chain, llama_sampler_init_temp(r->temperature));
        llama_sampler_chain_add(chain, llama_sampler_init_dist(1));
    } else {
        llama_sampler_chain_add(chain, llama_sampler_init_greedy());
    }
    return chain;
}

static void compare(struct bench *bench, const char *name, const struct hearth_sampling *rules)
{
    double own[ROUNDS_MAX], library[ROUNDS_MAX];
    struct llama_sampler *chain = chain_of(rules);
    for (unsigned round = 0; round < bench->rounds; round++) {
        double start = milliseconds(CLOCK_THREAD_CPUTIME_ID);
        for (uint32_t i = 0; i < SEQUENCES; i++) {
            const float *logits = bench->logits + (size_t)i * bench->words;
            for (uint32_t t = 0; t < bench->words; t++)
                bench->data[t] = (llama_token_data){(llama_token)t, logits[t], 0};
            llama_token_data_array array = {bench->data, bench->words, -1, false};
            llama_sampler_apply(chain, &array);
        }
        double middle = milliseconds(CLOCK_THREAD_CPUTIME_ID);
        for (uint32_t i = 0; i < SEQUENCES; i++)
            hearth_sampler_pick(bench->sampler, rules, round,
                                bench->logits + (size_t)i * bench->words, NULL);
        own[round] = (milliseconds(CLOCK_THREAD_CPUTIME_ID) - middle) / SEQUENCES;
        library[round] = (middle - start) / SEQUENCES;
    }
    double ours = median(own, bench->rounds), theirs = median(library, bench->rounds);
    printf("%-36s %9.4f %9.4f %7.1f×\n", name, ours, theirs, theirs / ours);
    llama_sampler_free(chain);
}

static void compare_all(struct bench *bench)
{
    const struct hearth_sampling plain = {
        .temperature = 0.8f, .top_p = 1, .typical_p = 1, .xtc_threshold = 1, .repeat_penalty = 1};
    struct hearth_sampling r = plain;
    printf("%-36s %9s %9s\n", "ms for each token", "own", "libllama");
    compare(bench, "temperature", &r);
    r.top_k = 40;
    r.top_p = 0.95f;
    compare(bench, "top_k 40, top_p 0.95, temperature", &r);
    r.min_p = 0.05f;
    compare(bench, "the same with min_p 0.05", &r);
    r = plain;
    r.top_p = 0.95f;
    compare(bench, "top_p 0.95, temperature", &r);
    r.top_p = 0.999f;
    compare(bench, "top_p 0.999, temperature", &r);
    r = plain;
    r.min_p = 0.05f;
    compare(bench, "min_p 0.05, temperature", &r);
    r = plain;
    r.typical_p = 0.9f;
    compare(bench, "typical_p 0.9, temperature", &r);
    r = plain;
    r.top_n_sigma = 1;
    compare(bench, "top_n_sigma 1, temperature", &r);
    r = plain;
    r.temperature = 0;
    compare(bench, "temperature 0", &r);
    double times[ROUNDS_MAX], log_sum;
    int32_t tokens[20];
    for (unsigned round = 0; round < bench->rounds; round++) {
        double start = milliseconds(CLOCK_THREAD_CPUTIME_ID);
        for (uint32_t i = 0; i < SEQUENCES; i++)
            hearth_sampler_likeliest(bench->sampler, bench->logits + (size_t)i * bench->words, 20,
                                     tokens, &log_sum);
        times[round] = (milliseconds(CLOCK_THREAD_CPUTIME_ID) - start) / SEQUENCES;
    }
    printf("%-36s %9.4f\n", "logprobs with 20 alternatives", median(times, bench->rounds));
}

struct counted {
    struct hearth_llama_grammar *grammar;
    uint64_t calls, tokens;
};

static void count_and_test(void *argument, const int32_t *tokens, size_t count, bool *ret_allowed)
{
    struct counted *counted = argument;
    counted->calls++;
    counted->tokens += count;
    hearth_llama_grammar_test(counted->grammar, tokens, count, ret_allowed);
}

struct cost {
    double step, plain, grammar; /* ms in all */
    uint64_t picks, refused;
};

struct text {
    struct counted counted;
    uint32_t length, position;
    int32_t next;
    uint64_t seed;
};

static void begin(struct bench *bench, struct text *text, uint32_t index,
                  const struct hearth_llama_grammar *grammar)
{
    hearth_llama_grammar_destroy(text->counted.grammar);
    text->counted.grammar = hearth_llama_grammar_copy(grammar);
    text->length = 0;
    text->position = bench->prompt_count;
    text->seed = text->seed * 31 + index + 1;
    hearth_decoder_trim(bench->decoder, index, bench->prompt_count - 1);
    text->next = bench->prompt[bench->prompt_count - 1];
}

/* The same choice without a grammar and with it: the difference is the grammar's. */
static void choose(struct bench *bench, struct text *text, struct hearth_sampling *rules,
                   float *logits, struct cost *cost)
{
    struct hearth_sampler_gate gate = {count_and_test, &text->counted};
    uint64_t calls = text->counted.calls;
    rules->seed = text->seed;
    double start = milliseconds(CLOCK_THREAD_CPUTIME_ID);
    hearth_sampler_pick(bench->sampler, rules, text->position, logits, NULL);
    double middle = milliseconds(CLOCK_THREAD_CPUTIME_ID);
    text->next = hearth_sampler_pick(bench->sampler, rules, text->position, logits, &gate);
    if (text->next < 0 || hearth_llama_grammar_accept(text->counted.grammar, text->next) != 0)
        fail("the grammar allows nothing");
    cost->grammar += milliseconds(CLOCK_THREAD_CPUTIME_ID) - middle;
    cost->plain += middle - start;
    cost->picks++;
    cost->refused += text->counted.calls - calls > 1;
    text->length++;
    text->position++;
}

static void measure_grammar(struct bench *bench, const char *name, struct hearth_sampling rules)
{
    struct hearth_llama_grammar *grammar = NULL;
    struct hearth_error error = {0};
    struct text texts[SEQUENCES] = {0};
    struct hearth_decoder_span spans[SEQUENCES];
    struct cost cost = {0};
    if (hearth_llama_grammar_create(bench->prefixes, grammar_text, strlen(grammar_text), &grammar,
                                    &error) != 0)
        fail(error.message);
    for (uint32_t i = 0; i < SEQUENCES; i++) {
        hearth_decoder_trim(bench->decoder, i, 0);
        spans[i] = (struct hearth_decoder_span){i, bench->prompt, bench->prompt_count - 1, 0};
    }
    step(bench, spans);
    for (uint32_t i = 0; i < SEQUENCES; i++)
        begin(bench, &texts[i], i, grammar);
    for (unsigned n = 0; n < STEPS; n++) {
        for (uint32_t i = 0; i < SEQUENCES; i++)
            spans[i] = (struct hearth_decoder_span){i, &texts[i].next, 1, 1};
        double start = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
        step(bench, spans);
        cost.step += milliseconds(CLOCK_PROCESS_CPUTIME_ID) - start;
        for (uint32_t i = 0; i < SEQUENCES; i++) {
            choose(bench, &texts[i], &rules, hearth_decoder_result(bench->decoder, i), &cost);
            if (llama_vocab_is_eog(bench->vocab, texts[i].next) || texts[i].length == LONGEST)
                begin(bench, &texts[i], i, grammar);
        }
    }
    uint64_t asked = 0;
    for (uint32_t i = 0; i < SEQUENCES; i++)
        asked += texts[i].counted.tokens;
    printf("%-36s %9.3f %9.3f %9.3f %7.1f %% %7.1f %% %9.1f\n", name, cost.step / STEPS,
           cost.plain / STEPS, (cost.grammar - cost.plain) / STEPS,
           100 * (cost.grammar - cost.plain) / (cost.step + cost.plain),
           100.0 * (double)cost.refused / (double)cost.picks, (double)asked / (double)cost.picks);
    for (uint32_t i = 0; i < SEQUENCES; i++)
        hearth_llama_grammar_destroy(texts[i].counted.grammar);
    hearth_llama_grammar_destroy(grammar);
}

int main(int argc, char **argv)
{
    int64_t rounds = 21;
    if (argc < 2 || (argc > 2 && hearth_parse_int(argv[2], 1, ROUNDS_MAX, &rounds) != 0))
        fail("bench_sampler FILE [rounds]");
    struct bench bench = {.rounds = (unsigned)rounds};
    llama_log_set(no_log, NULL);
    llama_backend_init();
    open_all(&bench, argv[1]);
    make_logits(&bench);
    compare_all(&bench);
    struct hearth_sampling rules = {
        .temperature = 1, .top_p = 1, .typical_p = 1, .xtc_threshold = 1, .repeat_penalty = 1};
    printf("%-36s %9s %9s %9s %9s %9s %9s\n", "a step of 8 with a JSON schema, ms", "step",
           "sampling", "grammar", "share", "refused", "asked");
    measure_grammar(&bench, "temperature 1", rules);
    rules.top_k = 40;
    rules.top_p = 0.95f;
    rules.temperature = 0.8f;
    measure_grammar(&bench, "top_k 40, top_p 0.95, temp. 0.8", rules);
    rules.temperature = 0;
    measure_grammar(&bench, "temperature 0", rules);
    hearth_decoder_close(bench.decoder);
    return 0;
}
