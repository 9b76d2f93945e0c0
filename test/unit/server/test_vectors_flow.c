/* What a client is written for the vectors that a worker makes of its inputs: their order, their
 * form, whose fault an error is, and that nothing goes on for a client that has left. */
#include "support/gateway_bed.h"

#include <math.h>

#define EMBED "POST /v1/embeddings"
#define RERANK "POST /v1/rerank"

enum { WIDTH = 3 };

static struct gateway_bed bed;
static size_t handled; /* of what the worker was sent */

static int set_up(void **state)
{
    (void)state;
    manual_width = WIDTH;
    handled = 0;
    gateway_bed_open(&bed, HEARTH_TASK_EMBED);
    return 0;
}

static int set_up_reranker(void **state)
{
    (void)state;
    manual_width = 1;
    handled = 0;
    gateway_bed_open(&bed, HEARTH_TASK_SCORE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gateway_bed_close(&bed);
    return 0;
}

static void ask(struct bed_client *client, const char *route, const char *body, size_t inputs)
{
    bed_client_ask(&bed, client, route, body);
    if (!manual)
        gateway_bed_ready(&bed);
    gateway_bed_sent(&bed, inputs);
}

static void give(size_t index, const float *values, uint32_t count)
{
    uint32_t stream = manual->sent[index];
    manual_prepared(stream);
    manual_vector(stream, values, count);
    manual_done(stream);
}

/* The vector of a text that is a number: the number, 0, 1. */
static void give_number(size_t index)
{
    const float values[WIDTH] = {(float)atof(manual->text_of_sent[index]), 0, 1};
    give(index, values, WIDTH);
}

static double number_at(const json_t *value, const char *path)
{
    const json_t *member = bed_at(value, path);
    assert_true(json_is_number(member));
    return json_number_value(member);
}

static void a_single_text_has_one_vector(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, EMBED, "{\"model\":\"m\",\"input\":\"7\"}", 1);
    give_number(0);
    json_t *answer = bed_client_json(&client, 200);
    assert_text_at(answer, "object", "list");
    assert_int_equal(json_array_size(json_object_get(answer, "data")), 1);
    assert_int_equal(json_array_size(bed_at(answer, "data/0/embedding")), WIDTH);
    assert_float_equal(number_at(answer, "data/0/embedding/0"), 7, 0);
    assert_float_equal(number_at(answer, "data/0/embedding/2"), 1, 0);
    assert_integer_at(answer, "usage/prompt_tokens", 3);
    json_decref(answer);
}

/* Much more than waits in the queue at a time, and the newest done first. */
static void a_long_list_is_answered_in_its_order_whatever_the_order_of_its_vectors(void **state)
{
    enum { INPUTS = 200 };
    (void)state;
    struct bed_client client;
    struct hearth_buf body;
    hearth_buf_init(&body, 1 << 16);
    hearth_buf_text(&body, "{\"model\":\"m\",\"input\":[");
    for (int i = 0; i < INPUTS; i++)
        hearth_buf_printf(&body, "%s\"%d\"", i ? "," : "", i);
    hearth_buf_text(&body, "]}");
    ask(&client, EMBED, hearth_buf_cstr(&body), 1);
    hearth_buf_finish(&body);
    while (handled < INPUTS) {
        gateway_bed_sent(&bed, handled + 1);
        size_t sent = manual->sent_count;
        for (size_t i = sent; i-- > handled;)
            give_number(i);
        handled = sent;
    }
    json_t *answer = bed_client_json(&client, 200);
    const json_t *data = json_object_get(answer, "data");
    assert_int_equal(json_array_size(data), INPUTS);
    for (size_t i = 0; i < INPUTS; i++) {
        assert_integer_at(json_array_get(data, i), "index", (json_int_t)i);
        assert_float_equal(number_at(json_array_get(data, i), "embedding/0"), i, 0);
    }
    assert_integer_at(answer, "usage/prompt_tokens", 3 * INPUTS);
    json_decref(answer);
}

static void fewer_dimensions_are_the_first_ones_of_length_one(void **state)
{
    static const float values[WIDTH] = {3, 4, 12};
    (void)state;
    struct bed_client client;
    ask(&client, EMBED, "{\"model\":\"m\",\"input\":\"x\",\"dimensions\":2}", 1);
    give(0, values, WIDTH);
    json_t *answer = bed_client_json(&client, 200);
    assert_int_equal(json_array_size(bed_at(answer, "data/0/embedding")), 2);
    assert_float_equal(number_at(answer, "data/0/embedding/0"), 0.6, 1e-6);
    assert_float_equal(number_at(answer, "data/0/embedding/1"), 0.8, 1e-6);
    json_decref(answer);
}

/* 0 has no direction: it stays 0 instead of becoming no number. */
static void fewer_dimensions_of_zeroes_are_zeroes(void **state)
{
    static const float values[WIDTH] = {0, 0, 1};
    (void)state;
    struct bed_client client;
    ask(&client, EMBED, "{\"model\":\"m\",\"input\":\"x\",\"dimensions\":2}", 1);
    give(0, values, WIDTH);
    json_t *answer = bed_client_json(&client, 200);
    assert_float_equal(number_at(answer, "data/0/embedding/0"), 0, 0);
    json_decref(answer);
}

static void more_dimensions_than_the_model_has_are_refused(void **state)
{
    static const float values[WIDTH] = {1, 0, 0};
    (void)state;
    struct bed_client client;
    /* The model is not loaded, so that its width is only known from the first vector. */
    ask(&client, EMBED, "{\"model\":\"m\",\"input\":\"x\",\"dimensions\":4}", 1);
    give(0, values, WIDTH);
    json_t *answer = bed_client_json(&client, 400);
    assert_text_at(answer, "error/param", "dimensions");
    json_decref(answer);
}

static void base64_is_the_floats_in_little_endian(void **state)
{
    static const float values[WIDTH] = {1, -2, 0.5f};
    (void)state;
    struct bed_client client;
    ask(&client, EMBED, "{\"model\":\"m\",\"input\":\"x\",\"encoding_format\":\"base64\"}", 1);
    give(0, values, WIDTH);
    json_t *answer = bed_client_json(&client, 200);
    assert_text_at(answer, "data/0/embedding", "AACAPwAAAMAAAAA/");
    json_decref(answer);
}

static void an_input_at_fault_is_named_and_the_others_are_canceled(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, EMBED, "{\"model\":\"m\",\"input\":[\"0\",\"1\",\"2\"]}", 3);
    manual_prepared(manual->sent[0]);
    manual_error(manual->sent[1], HEARTH_ECONTEXT);
    gateway_bed_canceled(&bed, 2);
    json_t *answer = bed_client_json(&client, hearth_error_row(HEARTH_ECONTEXT)->http_status);
    assert_text_at(answer, "error/param", "input[1]");
    json_decref(answer);
}

static void a_single_input_at_fault_is_named_without_a_number(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, EMBED, "{\"model\":\"m\",\"input\":\"x\"}", 1);
    manual_error(manual->sent[0], HEARTH_ECONTEXT);
    json_t *answer = bed_client_json(&client, hearth_error_row(HEARTH_ECONTEXT)->http_status);
    assert_text_at(answer, "error/param", "input");
    json_decref(answer);
}

static void a_fault_of_the_worker_is_no_inputs(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, EMBED, "{\"model\":\"m\",\"input\":[\"0\",\"1\"]}", 2);
    manual_error(manual->sent[1], HEARTH_EINTERNAL);
    json_t *answer = bed_client_json(&client, 500);
    assert_true(json_is_null(bed_at(answer, "error/param")));
    json_decref(answer);
}

static void a_vector_that_is_no_number_is_the_models_fault(void **state)
{
    const float values[WIDTH] = {1, NAN, 0};
    (void)state;
    struct bed_client client;
    ask(&client, EMBED, "{\"model\":\"m\",\"input\":\"x\"}", 1);
    give(0, values, WIDTH);
    json_t *answer = bed_client_json(&client, hearth_error_row(HEARTH_EMODEL)->http_status);
    assert_text_at(answer, "error/code", hearth_error_row(HEARTH_EMODEL)->code);
    json_decref(answer);
}

static void vectors_of_two_widths_are_refused(void **state)
{
    static const float values[WIDTH] = {1, 2, 3};
    (void)state;
    struct bed_client client;
    ask(&client, EMBED, "{\"model\":\"m\",\"input\":[\"0\",\"1\"]}", 2);
    give(0, values, WIDTH);
    manual_prepared(manual->sent[1]);
    manual_vector(manual->sent[1], values, WIDTH - 1);
    json_decref(bed_client_json(&client, 500));
}

static void a_partial_answer_says_at_each_input_what_it_lacks(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, EMBED, "{\"model\":\"m\",\"input\":[\"5\",\"6\"],\"partial\":true}", 2);
    manual_error(manual->sent[0], HEARTH_ECONTEXT);
    give_number(1);
    json_t *answer = bed_client_json(&client, 200);
    assert_true(json_is_null(bed_at(answer, "data/0/embedding")));
    assert_text_at(answer, "data/0/error/code", hearth_error_row(HEARTH_ECONTEXT)->code);
    assert_float_equal(number_at(answer, "data/1/embedding/0"), 6, 0);
    assert_null(bed_at(answer, "data/1/error"));
    assert_integer_at(answer, "missing", 1);
    json_decref(answer);
}

/* Of a model that cannot be served there is nothing to say at any input. */
static void a_partial_answer_without_any_vector_for_the_servers_fault_is_an_error(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, EMBED, "{\"model\":\"m\",\"input\":[\"5\",\"6\"],\"partial\":true}", 2);
    manual_error(manual->sent[0], HEARTH_EINTERNAL);
    manual_error(manual->sent[1], HEARTH_EINTERNAL);
    json_decref(bed_client_json(&client, 500));
}

static void a_client_that_leaves_cancels_all_its_inputs(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, EMBED, "{\"model\":\"m\",\"input\":[\"0\",\"1\",\"2\"]}", 3);
    give_number(1);
    bed_client_leave(&client);
    gateway_bed_canceled(&bed, 2);
    assert_int_equal(manual->sent_count, 3);
    bed_client_close(&client);
}

/* So much is written on the pool. The client leaves while it is, and the loop learns it before it
 * learns that the answer is ready. */
static void a_client_may_leave_while_its_long_answer_is_written(void **state)
{
    enum { WIDE = 40000 };
    (void)state;
    struct bed_client client, next;
    float *values = hearth_calloc(WIDE, sizeof(*values));
    ask(&client, EMBED, "{\"model\":\"m\",\"input\":\"x\"}", 1);
    values[1] = 0.1f;
    give(0, values, WIDE);
    bed_client_leave(&client);
    ask(&next, EMBED, "{\"model\":\"m\",\"input\":\"y\"}", 2);
    give(1, values, WIDE);
    json_t *answer = bed_client_json(&next, 200);
    assert_int_equal(json_array_size(bed_at(answer, "data/0/embedding")), WIDE);
    json_decref(answer);
    hearth_free(values);
    bed_client_close(&client);
}

static void documents_are_ranked_by_their_scores(void **state)
{
    static const float scores[] = {-1, 3, 0};
    (void)state;
    struct bed_client client;
    ask(&client, RERANK,
        "{\"model\":\"m\",\"query\":\"q\",\"documents\":[\"a\",\"b\",{\"text\":\"c\"}],"
        "\"top_n\":2,\"return_documents\":true}",
        3);
    for (size_t i = 0; i < 3; i++)
        give(i, &scores[manual->text_of_sent[i][0] - 'a'], 1);
    json_t *answer = bed_client_json(&client, 200);
    assert_int_equal(json_array_size(json_object_get(answer, "results")), 2);
    assert_integer_at(answer, "results/0/index", 1);
    assert_text_at(answer, "results/0/document/text", "b");
    assert_float_equal(number_at(answer, "results/0/relevance_score"), 1 / (1 + exp(-3)), 1e-6);
    assert_integer_at(answer, "results/1/index", 2);
    assert_float_equal(number_at(answer, "results/1/relevance_score"), 0.5, 1e-6);
    json_decref(answer);
}

static void a_reranker_that_returns_two_numbers_is_refused(void **state)
{
    static const float scores[] = {1, 2};
    (void)state;
    struct bed_client client;
    ask(&client, RERANK, "{\"model\":\"m\",\"query\":\"q\",\"documents\":[\"a\"]}", 1);
    give(0, scores, 2);
    json_t *answer = bed_client_json(&client, 400);
    assert_text_at(answer, "error/param", "model");
    json_decref(answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define RERANKER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_reranker, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_single_text_has_one_vector),
        TEST(a_long_list_is_answered_in_its_order_whatever_the_order_of_its_vectors),
        TEST(fewer_dimensions_are_the_first_ones_of_length_one),
        TEST(fewer_dimensions_of_zeroes_are_zeroes),
        TEST(more_dimensions_than_the_model_has_are_refused),
        TEST(base64_is_the_floats_in_little_endian),
        TEST(an_input_at_fault_is_named_and_the_others_are_canceled),
        TEST(a_single_input_at_fault_is_named_without_a_number),
        TEST(a_fault_of_the_worker_is_no_inputs),
        TEST(a_vector_that_is_no_number_is_the_models_fault),
        TEST(vectors_of_two_widths_are_refused),
        TEST(a_partial_answer_says_at_each_input_what_it_lacks),
        TEST(a_partial_answer_without_any_vector_for_the_servers_fault_is_an_error),
        TEST(a_client_that_leaves_cancels_all_its_inputs),
        TEST(a_client_may_leave_while_its_long_answer_is_written),
        RERANKER_TEST(documents_are_ranked_by_their_scores),
        RERANKER_TEST(a_reranker_that_returns_two_numbers_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
