/* Attention over pages: its definition, and the same bits however its queries come. */
#include "compute/paged_attention.h"

#include "support/weights.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { PAGE = HEARTH_KV_PAGE_TOKENS };

struct sequence {
    struct hearth_kv_layout layout;
    size_t heads, length;
    float scale, cap;
    size_t window;
    float *q, *k, *v; /* [length, heads × width], k and v of the KV heads */
    uint8_t *pool;
    uint32_t *pages; /* in no order */
};

/* Random ones; what pages hold behind the last token is not a number. */
static struct sequence sequence_create(const struct hearth_decoder_kernels *kernels,
                                       enum hearth_kv_type type, size_t heads, size_t kv_heads,
                                       size_t key_width, size_t value_width, size_t length)
{
    struct sequence s = {.heads = heads, .length = length, .scale = 0.3f};
    struct hearth_kv_layout *layout = &s.layout;
    size_t count = (length + PAGE - 1) / PAGE;
    hearth_kv_layout_init(layout, type, kv_heads, key_width, value_width);
    s.q = random_floats(length * heads * key_width, -2, 2);
    s.k = random_floats(length * kv_heads * key_width, -2, 2);
    s.v = random_floats(length * kv_heads * value_width, -2, 2);
    s.pool = hearth_aligned_alloc(64, (count + 1) * layout->page_bytes);
    s.pages = hearth_alloc(count * sizeof(*s.pages));
    memset(s.pool, 0xff, (count + 1) * layout->page_bytes);
    for (size_t i = 0; i < count; i++)
        s.pages[i] = (uint32_t)((i * 7 + 3) % count);
    for (size_t i = 0; count % 7 == 0 && i < count; i++)
        s.pages[i] = (uint32_t)(count - 1 - i);
    for (size_t t = 0; t < length; t++)
        for (size_t h = 0; h < kv_heads; h++) {
            uint8_t *page = s.pool + s.pages[t / PAGE] * layout->page_bytes;
            hearth_kv_store_key(kernels, layout, page, h, t % PAGE,
                                s.k + (t * kv_heads + h) * key_width);
            hearth_kv_store_value(kernels, layout, page, h, t % PAGE,
                                  s.v + (t * kv_heads + h) * value_width);
        }
    return s;
}

static void sequence_destroy(struct sequence *s)
{
    hearth_free(s->q);
    hearth_free(s->k);
    hearth_free(s->v);
    hearth_free(s->pool);
    hearth_free(s->pages);
}

struct run {
    const struct hearth_decoder_kernels *kernels;
    struct hearth_paged_attention attention;
    float *o;
    size_t o_stride;
};

static void keep(void *argument, size_t row, size_t head, float *values)
{
    const struct run *run = argument;
    size_t width = run->attention.layout->value_width;
    memcpy(run->o + row * run->o_stride + head * width, values, width * sizeof(float));
}

static void work(struct hearth_member *member, void *argument)
{
    struct run *run = argument;
    hearth_paged_attention_run(member, run->kernels, &run->attention);
}

/* o[length, heads × value_width], the queries in chunks of `chunk`, all of them in one list. */
static float *attend(const struct hearth_decoder_kernels *kernels, const struct sequence *s,
                     size_t chunk, unsigned threads)
{
    struct hearth_team *team = hearth_team_create(threads);
    size_t count = (s->length + chunk - 1) / chunk;
    struct hearth_attention_queries *queries = hearth_calloc(count, sizeof(*queries));
    struct run run = {.kernels = kernels, .o_stride = s->heads * s->layout.value_width};
    for (size_t i = 0; i < count; i++) {
        size_t left = s->length - i * chunk;
        queries[i] = (struct hearth_attention_queries){.pages = s->pages,
                                                       .first_position = i * chunk,
                                                       .count = left < chunk ? left : chunk,
                                                       .first_row = i * chunk};
    }
    run.o = hearth_calloc(s->length * run.o_stride, sizeof(float));
    run.attention = (struct hearth_paged_attention){
        .layout = &s->layout,
        .pool = s->pool,
        .page_stride = s->layout.page_bytes,
        .q = s->q,
        .q_stride = s->heads * s->layout.key_width,
        .heads = s->heads,
        .scale = s->scale,
        .soft_cap = s->cap,
        .window = s->window,
        .queries = queries,
        .query_count = count,
        .scratch = hearth_aligned_alloc(64, threads * hearth_paged_attention_scratch(&s->layout)),
        .finish = keep,
        .argument = &run,
    };
    hearth_team_run(team, work, &run);
    hearth_free(run.attention.scratch);
    hearth_free(queries);
    hearth_team_destroy(team);
    return run.o;
}

static double score_of(const struct sequence *s, size_t query, size_t head, size_t key)
{
    size_t width = s->layout.key_width, kv_head = head / (s->heads / s->layout.heads);
    double score = 0;
    for (size_t i = 0; i < width; i++)
        score += (double)s->q[(query * s->heads + head) * width + i] *
                 s->k[(key * s->layout.heads + kv_head) * width + i];
    score *= s->scale;
    return s->cap != 0 ? s->cap * tanh(score / s->cap) : score;
}

/* In double: o[value_width]. */
static void attend_in_double(const struct sequence *s, size_t query, size_t head, double *o)
{
    size_t width = s->layout.value_width, kv_head = head / (s->heads / s->layout.heads);
    double total = 0;
    memset(o, 0, width * sizeof(*o));
    for (size_t key = 0; key <= query; key++) {
        if (s->window && query - key >= s->window)
            continue;
        double weight = exp(score_of(s, query, head, key));
        total += weight;
        for (size_t i = 0; i < width; i++)
            o[i] += weight * s->v[(key * s->layout.heads + kv_head) * width + i];
    }
    for (size_t i = 0; i < width; i++)
        o[i] /= total;
}

static void check_definition(const struct hearth_decoder_kernels *kernels, const struct sequence *s)
{
    /* f16 rounds keys and values to 2^-11, bf16 to 2^-8 like queries and weights, s8 to 1/254 of
     * the largest of 32; scores are sums of 64 products up to 4 · 0.3, errors of either sign. */
    static const double allowed[] = {[HEARTH_KV_F16] = 5e-3,
                                     [HEARTH_KV_BF16] = 6e-2,
                                     [HEARTH_KV_Q8_0] = 6e-2,
                                     [HEARTH_KV_F32] = 2e-5};
    float *o = attend(kernels, s, 5, 2);
    size_t width = s->layout.value_width;
    double want[HEARTH_HEAD_MAX];
    for (size_t query = 0; query < s->length; query += query < 70 ? 1 : 37)
        for (size_t head = 0; head < s->heads; head++) {
            attend_in_double(s, query, head, want);
            for (size_t i = 0; i < width; i++) {
                double got = o[(query * s->heads + head) * width + i];
                if (!(fabs(got - want[i]) <= allowed[s->layout.type]))
                    fail_msg("%s, %s, query %zu, head %zu, component %zu: %g instead of %g",
                             hearth_decoder_kernels_name(kernels),
                             hearth_kv_type_name(s->layout.type), query, head, i, got, want[i]);
            }
        }
    hearth_free(o);
}

static void attention_is_its_definition_for_every_shape(void **state)
{
    (void)state;
    static const struct {
        size_t heads, kv_heads, key_width, value_width, length, window;
        float cap;
    } cases[] = {
        {9, 3, 64, 64, 70, 0, 0},   {4, 4, 80, 80, 40, 0, 0},   {6, 1, 24, 40, 33, 7, 0},
        {2, 1, 128, 128, 31, 0, 2}, {2, 2, 2, 6, 100, 32, 30},  {20, 1, 32, 16, 66, 33, 0},
        {1, 1, 512, 512, 20, 0, 0}, {1, 1, 16, 16, 1100, 0, 0}, {1, 1, 16, 16, 1100, 600, 0},
    };
    EACH_ISA(isa)
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++)
        for (int type = 0; type < HEARTH_KV_TYPE_COUNT; type++) {
            const struct hearth_decoder_kernels *kernels = hearth_decoder_kernels_for(isa);
            struct sequence s = sequence_create(kernels, (enum hearth_kv_type)type, cases[c].heads,
                                                cases[c].kv_heads, cases[c].key_width,
                                                cases[c].value_width, cases[c].length);
            s.window = cases[c].window;
            s.cap = cases[c].cap;
            s.scale = 0.8f / sqrtf((float)cases[c].key_width);
            check_definition(kernels, &s);
            sequence_destroy(&s);
        }
}

static void check_bits(enum hearth_kv_type type, size_t length, size_t window, float cap)
{
    static const size_t chunks[] = {1, 2, 7, 16, 33, 512, 5000};
    const struct hearth_decoder_kernels *plain = hearth_decoder_kernels_for(HEARTH_ISA_PLAIN);
    bool is_long = length > 600; /* plain C takes its time */
    struct sequence s = sequence_create(plain, type, is_long ? 2 : 6, is_long ? 1 : 2,
                                        is_long ? 16 : 48, is_long ? 16 : 32, length);
    s.window = window;
    s.cap = cap;
    float *want = attend(plain, &s, 1, 1), *tiled = NULL;
    /* Tile registers sum bf16 in an order of their own. */
    if (type == HEARTH_KV_BF16 && hearth_isa_usable(HEARTH_ISA_AMX))
        tiled = attend(hearth_decoder_kernels_for(HEARTH_ISA_AMX), &s, 1, 1);
    EACH_ISA(isa)
    for (size_t c = 0; c < 7; c++) {
        if (isa == HEARTH_ISA_PLAIN && is_long && c < 6)
            continue;
        float *o = attend(hearth_decoder_kernels_for(isa), &s, chunks[c], 1 + (unsigned)c % 3);
        const float *same = isa == HEARTH_ISA_AMX && tiled ? tiled : want;
        if (memcmp(o, same, length * s.heads * s.layout.value_width * sizeof(float)) != 0)
            fail_msg("%s, %s: other bits in chunks of %zu",
                     hearth_decoder_kernels_name(hearth_decoder_kernels_for(isa)),
                     hearth_kv_type_name(type), chunks[c]);
        hearth_free(o);
    }
    hearth_free(want);
    hearth_free(tiled);
    sequence_destroy(&s);
}

static void
a_query_has_the_same_bits_in_any_chunk_with_any_threads_and_instruction_set(void **state)
{
    (void)state;
    for (int type = 0; type < HEARTH_KV_TYPE_COUNT; type++) {
        check_bits((enum hearth_kv_type)type, 75, 0, 0);
        check_bits((enum hearth_kv_type)type, 200, 41, 5);
        check_bits((enum hearth_kv_type)type, 1061, 0, 0);
        check_bits((enum hearth_kv_type)type, 1061, 530, 0);
    }
}

/* What a page held before is nobody's: all bits of a page that is used again may be set. */
static void nothing_behind_the_last_token_is_used(void **state)
{
    (void)state;
    EACH_ISA(isa)
    for (int type = 0; type < HEARTH_KV_TYPE_COUNT; type++)
        for (size_t length = 1; length < 36; length++) {
            const struct hearth_decoder_kernels *kernels = hearth_decoder_kernels_for(isa);
            struct sequence s =
                sequence_create(kernels, (enum hearth_kv_type)type, 2, 1, 16, 16, length);
            float *o = attend(kernels, &s, 1000, 1);
            for (size_t i = 0; i < length * 32; i++)
                assert_true(isfinite(o[i]));
            hearth_free(o);
            sequence_destroy(&s);
        }
}

static void keys_beyond_f16_become_its_largest(void **state)
{
    (void)state;
    const struct hearth_decoder_kernels *kernels = hearth_decoder_kernels_for(hearth_isa_best());
    struct sequence s = sequence_create(kernels, HEARTH_KV_F16, 1, 1, 2, 2, 2);
    float large[2] = {1e30f, -1e30f};
    hearth_kv_store_value(kernels, &s.layout, s.pool + s.pages[0] * s.layout.page_bytes, 0, 0,
                          large);
    float *o = attend(kernels, &s, 1, 1);
    assert_true(o[0] == 65504 && o[1] == -65504);
    hearth_free(o);
    sequence_destroy(&s);
}

/* A page of 32 tokens × 3 heads × 2 × 64 components. */
static void a_page_takes_what_its_tokens_take(void **state)
{
    (void)state;
    struct hearth_kv_layout layout;
    hearth_kv_layout_init(&layout, HEARTH_KV_F16, 3, 64, 64);
    assert_int_equal(layout.page_bytes, 32 * 3 * 2 * 64 * 2);
    hearth_kv_layout_init(&layout, HEARTH_KV_BF16, 3, 64, 64);
    assert_int_equal(layout.page_bytes, 32 * 3 * 2 * 64 * 2);
    hearth_kv_layout_init(&layout, HEARTH_KV_Q8_0, 3, 64, 64);
    assert_int_equal(layout.page_bytes, 32 * 3 * (64 + 2 * 2 + 64 + 2 * 4));
    hearth_kv_layout_init(&layout, HEARTH_KV_Q8_0, 1, 80, 40);
    assert_int_equal(layout.key_bytes % 64 + layout.value_bytes % 64, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention_is_its_definition_for_every_shape),
        cmocka_unit_test(
            a_query_has_the_same_bits_in_any_chunk_with_any_threads_and_instruction_set),
        cmocka_unit_test(nothing_behind_the_last_token_is_used),
        cmocka_unit_test(keys_beyond_f16_become_its_largest),
        cmocka_unit_test(a_page_takes_what_its_tokens_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
