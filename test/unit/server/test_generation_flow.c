/* What a client is written for what a worker does, while text is generated: whole answers, streams,
 * errors at every moment, clients that leave or do not read. */
#include "support/gateway_bed.h"

#define CHAT "POST /v1/chat/completions"
#define COMPLETION "POST /v1/completions"
#define SAID "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

static struct gateway_bed bed;

static int set_up(void **state)
{
    (void)state;
    gateway_bed_open(&bed, HEARTH_TASK_GENERATE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gateway_bed_close(&bed);
    return 0;
}

/* Asks, and has the worker take up all of `streams`. */
static void ask(struct bed_client *client, const char *route, const char *body, size_t streams)
{
    bool loaded = manual != NULL;
    size_t before = loaded ? manual->sent_count : 0;
    bed_client_ask(&bed, client, route, body);
    if (!loaded)
        gateway_bed_ready(&bed);
    gateway_bed_sent(&bed, before + streams);
    for (size_t i = before; i < manual->sent_count; i++)
        manual_prepared(manual->sent[i]);
}

static uint32_t stream_of(size_t index)
{
    return manual->sent[index];
}

/* How often a part stands in a text. */
static int count_of(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

static void a_whole_answer_has_all_text_and_the_sums_of_tokens(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, CHAT, "{\"model\":\"m\"," SAID "}", 1);
    manual_text(stream_of(0), "Hel");
    manual_text(stream_of(0), "lo");
    manual_done(stream_of(0));
    json_t *answer = bed_client_json(&client, 200);
    assert_text_at(answer, "object", "chat.completion");
    assert_text_at(answer, "choices/0/message/content", "Hello");
    assert_text_at(answer, "choices/0/finish_reason", "stop");
    assert_integer_at(answer, "usage/prompt_tokens", 3);
    assert_integer_at(answer, "usage/completion_tokens", 2);
    assert_integer_at(answer, "usage/total_tokens", 5);
    json_decref(answer);
}

static void choices_are_told_apart_however_their_events_are_mixed(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, CHAT, "{\"model\":\"m\",\"n\":2," SAID "}", 2);
    manual_text(stream_of(1), "B");
    manual_text(stream_of(0), "A");
    manual_done(stream_of(1));
    manual_text(stream_of(0), "a");
    manual_done(stream_of(0));
    json_t *answer = bed_client_json(&client, 200);
    assert_int_equal(json_array_size(json_object_get(answer, "choices")), 2);
    assert_text_at(answer, "choices/0/message/content", "Aa");
    assert_text_at(answer, "choices/1/message/content", "B");
    /* One prompt, computed once, but two answers. */
    assert_integer_at(answer, "usage/prompt_tokens", 3);
    assert_integer_at(answer, "usage/completion_tokens", 4);
    json_decref(answer);
}

/* Else they would all be the same answer. Those of another prompt begin with the first seed again.
 */
static void choices_of_one_prompt_have_seeds_of_their_own(void **state)
{
    static const uint64_t seeds[] = {7, 8, 7, 8};
    (void)state;
    struct bed_client client;
    ask(&client, COMPLETION, "{\"model\":\"m\",\"prompt\":[\"p\",\"q\"],\"n\":2,\"seed\":7}", 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(manual->seed_of_sent[i], seeds[i]);
    bed_client_leave(&client);
    gateway_bed_canceled(&bed, 4);
    bed_client_close(&client);
}

static void a_stream_opens_goes_on_and_ends_in_order(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, CHAT,
        "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}," SAID "}",
        1);
    bed_client_until(&client, "\"role\":\"assistant\"");
    assert_null(strstr(client.text, "one"));
    manual_text(stream_of(0), "one");
    bed_client_until(&client, "\"content\":\"one\""); /* each event leaves at once */
    manual_text(stream_of(0), "two");
    manual_done(stream_of(0));
    bed_client_until(&client, NULL);
    const char *const order[] = {
        "text/event-stream",   "\"role\":\"assistant\"",     "\"content\":\"one\"",
        "\"content\":\"two\"", "\"finish_reason\":\"stop\"", "\"prompt_tokens\":3",
        "data: [DONE]\n\n"};
    const char *at = client.text;
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        at = strstr(at, order[i]);
        assert_non_null(at);
    }
    assert_string_equal(at, "data: [DONE]\n\n"); /* and nothing behind it */
    bed_client_close(&client);
}

static void each_choice_of_a_stream_opens_and_ends_once_and_done_comes_last(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, CHAT, "{\"model\":\"m\",\"n\":2,\"stream\":true," SAID "}", 2);
    manual_text(stream_of(1), "B");
    manual_done(stream_of(1));
    bed_client_until(&client, "\"finish_reason\":\"stop\"");
    assert_null(strstr(client.text, "[DONE]"));
    manual_text(stream_of(0), "A");
    manual_done(stream_of(0));
    bed_client_until(&client, NULL);
    assert_int_equal(count_of(client.text, "\"role\":\"assistant\""), 2);
    assert_int_equal(count_of(client.text, "\"finish_reason\":\"stop\""), 2);
    assert_int_equal(count_of(client.text, "data: [DONE]"), 1);
    bed_client_close(&client);
}

static void an_error_before_the_stream_has_begun_is_a_status(void **state)
{
    (void)state;
    struct bed_client client;
    bed_client_ask(&bed, &client, CHAT, "{\"model\":\"m\",\"max_tokens\":1," SAID "}");
    gateway_bed_ready(&bed);
    gateway_bed_sent(&bed, 1);
    manual_error(stream_of(0), HEARTH_ECONTEXT);
    json_t *answer = bed_client_json(&client, hearth_error_row(HEARTH_ECONTEXT)->http_status);
    assert_text_at(answer, "error/param", "messages");
    json_decref(answer);
}

static void an_error_in_a_stream_is_its_last_event(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, CHAT, "{\"model\":\"m\",\"stream\":true," SAID "}", 1);
    manual_text(stream_of(0), "half");
    manual_error(stream_of(0), HEARTH_EINTERNAL);
    bed_client_until(&client, NULL);
    assert_int_equal(bed_client_status(&client), 200);
    const char *half = strstr(client.text, "\"content\":\"half\"");
    assert_non_null(half);
    assert_non_null(strstr(half, "\"error\":{"));
    assert_null(strstr(half, "\"finish_reason\":\"stop\""));
    bed_client_close(&client);
}

static void an_error_of_one_choice_cancels_the_others(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, CHAT, "{\"model\":\"m\",\"n\":3," SAID "}", 3);
    manual_text(stream_of(0), "A");
    manual_error(stream_of(1), HEARTH_EINTERNAL);
    gateway_bed_canceled(&bed, 2);
    json_decref(bed_client_json(&client, 500));
}

static void a_crash_of_the_worker_is_told_in_a_stream(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, CHAT, "{\"model\":\"m\",\"stream\":true," SAID "}", 1);
    manual_text(stream_of(0), "half");
    bed_client_until(&client, "half");
    manual_crash();
    bed_client_until(&client, NULL);
    assert_non_null(strstr(client.text, "\"error\":{"));
    bed_client_close(&client);
}

static void a_client_that_leaves_cancels_its_sequences(void **state)
{
    (void)state;
    struct bed_client whole, streaming;
    ask(&whole, CHAT, "{\"model\":\"m\",\"n\":2," SAID "}", 2);
    manual_text(stream_of(0), "A");
    bed_client_leave(&whole);
    gateway_bed_canceled(&bed, 2);
    ask(&streaming, CHAT, "{\"model\":\"m\",\"stream\":true," SAID "}", 1);
    manual_text(stream_of(2), "half");
    bed_client_until(&streaming, "half");
    bed_client_leave(&streaming);
    gateway_bed_canceled(&bed, 3);
    bed_client_close(&whole);
    bed_client_close(&streaming);
}

static bool credit_has_come(void *argument)
{
    return manual->credits >= *(const uint32_t *)argument;
}

/* 64 events may be under way to a client that streams, and what it has taken is given back. */
static void a_stream_that_is_read_is_given_credit_again(void **state)
{
    enum { EVENTS = 200 };
    (void)state;
    struct bed_client client;
    ask(&client, CHAT, "{\"model\":\"m\",\"stream\":true," SAID "}", 1);
    uint32_t first = manual->credit_of_sent[0], least = EVENTS - first;
    assert_true(first > 0 && first < EVENTS);
    for (int i = 0; i < EVENTS; i++)
        manual_text(stream_of(0), "x");
    assert_true(loop_until(bed.gateway.loop, GATEWAY_BED_WAIT_MS, credit_has_come, &least));
    assert_true(manual->credits <= EVENTS);
    manual_done(stream_of(0));
    bed_client_until(&client, NULL);
    assert_int_equal(count_of(client.text, "\"content\":\"x\""), EVENTS);
    bed_client_close(&client);
}

static void stop_turning(void *argument)
{
    hearth_loop_stop(argument);
}

static void turn_for(uint64_t ms)
{
    struct hearth_timer *timer =
        hearth_timer_create(bed.gateway.loop, stop_turning, bed.gateway.loop);
    hearth_timer_start(timer, ms, 0);
    hearth_loop_run(bed.gateway.loop);
    hearth_timer_destroy(timer);
}

/* Megabytes fill the kernel's buffers and the connection's; from then on nothing more is asked of
 * the worker until the client reads. */
static void a_client_that_does_not_read_gives_no_credit_until_it_does(void **state)
{
    enum { PIECE = 256 << 10, PIECES = 60, MORE = 32 };
    (void)state;
    struct bed_client client;
    char *piece = hearth_calloc(1, PIECE + 1);
    memset(piece, 'y', PIECE);
    ask(&client, CHAT, "{\"model\":\"m\",\"stream\":true," SAID "}", 1);
    for (int i = 0; i < PIECES; i++)
        manual_text(stream_of(0), piece);
    hearth_free(piece);
    turn_for(50);
    uint32_t given = manual->credits, all = PIECES;
    for (int i = 0; i < MORE; i++)
        manual_text(stream_of(0), "z");
    turn_for(50);
    assert_int_equal(manual->credits, given);
    bed_client_until(&client, "\"content\":\"z\"");
    assert_true(loop_until(bed.gateway.loop, GATEWAY_BED_WAIT_MS, credit_has_come, &all));
    bed_client_leave(&client);
    gateway_bed_canceled(&bed, 1);
    bed_client_close(&client);
}

static void a_completion_of_several_prompts_numbers_its_choices(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, COMPLETION,
        "{\"model\":\"m\",\"prompt\":[\"p\",\"q\"],\"n\":2,\"echo\":true,\"max_tokens\":5}", 4);
    for (uint32_t i = 0; i < 4; i++) {
        const char text[] = {(char)('0' + i), '\0'};
        manual_text(stream_of(i), text);
        manual_done(stream_of(i));
    }
    json_t *answer = bed_client_json(&client, 200);
    assert_text_at(answer, "object", "text_completion");
    assert_text_at(answer, "choices/0/text", "p0");
    assert_text_at(answer, "choices/1/text", "p1");
    assert_text_at(answer, "choices/2/text", "q2");
    assert_text_at(answer, "choices/3/text", "q3");
    assert_integer_at(answer, "usage/prompt_tokens", 6); /* of two prompts */
    assert_integer_at(answer, "usage/completion_tokens", 8);
    json_decref(answer);
}

static void a_model_that_is_not_there_is_a_404_also_for_a_stream(void **state)
{
    (void)state;
    json_t *answer = bed_ask_json(&bed, CHAT, "{\"model\":\"x\",\"stream\":true," SAID "}", 404);
    assert_text_at(answer, "error/param", "model");
    json_decref(answer);
}

static void the_end_of_the_server_is_told_in_a_stream(void **state)
{
    (void)state;
    struct bed_client client;
    ask(&client, CHAT, "{\"model\":\"m\",\"stream\":true," SAID "}", 1);
    manual_text(stream_of(0), "half");
    bed_client_until(&client, "half");
    hearth_server_abort(bed.gateway.server);
    bed_client_until(&client, NULL);
    assert_non_null(strstr(client.text, "\"error\":{"));
    gateway_bed_canceled(&bed, 1);
    bed_client_close(&client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_answer_has_all_text_and_the_sums_of_tokens),
        TEST(choices_are_told_apart_however_their_events_are_mixed),
        TEST(choices_of_one_prompt_have_seeds_of_their_own),
        TEST(a_stream_opens_goes_on_and_ends_in_order),
        TEST(each_choice_of_a_stream_opens_and_ends_once_and_done_comes_last),
        TEST(an_error_before_the_stream_has_begun_is_a_status),
        TEST(an_error_in_a_stream_is_its_last_event),
        TEST(an_error_of_one_choice_cancels_the_others),
        TEST(a_crash_of_the_worker_is_told_in_a_stream),
        TEST(a_client_that_leaves_cancels_its_sequences),
        TEST(a_stream_that_is_read_is_given_credit_again),
        TEST(a_client_that_does_not_read_gives_no_credit_until_it_does),
        TEST(a_completion_of_several_prompts_numbers_its_choices),
        TEST(a_model_that_is_not_there_is_a_404_also_for_a_stream),
        TEST(the_end_of_the_server_is_told_in_a_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
