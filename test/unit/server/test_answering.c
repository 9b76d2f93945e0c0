/* The inferences of one call (task/answering.h) over a whole gateway: what choices share, what
 * counts as memory, and that clients may leave at every moment, also while the pool writes their
 * answer. Under ASan a work that leans on what left with its client is found. */
#include "support/gateway_bed.h"

#include <math.h>
#include <semaphore.h>

enum { WIDTH = 8000, INPUTS = 3 }; /* together over what is written on the loop */

static struct gateway_bed bed;
static bool is_loaded; /* the model "m" */

static int tear_down(void **state)
{
    (void)state;
    is_loaded = false;
    gateway_bed_close(&bed);
    return 0;
}

static int set_up_generate(void **state)
{
    (void)state;
    gateway_bed_open(&bed, HEARTH_TASK_GENERATE);
    return 0;
}

static int set_up_embed(void **state)
{
    (void)state;
    gateway_bed_open(&bed, HEARTH_TASK_EMBED);
    return 0;
}

static int set_up_score(void **state)
{
    (void)state;
    gateway_bed_open(&bed, HEARTH_TASK_SCORE);
    return 0;
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

/* What choices share */

static void choices_share_one_copy_of_their_input_and_differ_by_their_seed(void **state)
{
    (void)state;
    struct bed_client client;
    bed_client_ask(&bed, &client, "POST /v1/completions",
                   "{\"model\":\"m\",\"prompt\":[\"one\",\"two\"],\"n\":3,\"seed\":7}");
    gateway_bed_ready(&bed);
    gateway_bed_sent(&bed, 6);
    for (int i = 0; i < 6; i++) {
        assert_ptr_equal(manual->bytes_of_sent[i], manual->bytes_of_sent[i / 3 * 3]);
        assert_int_equal(manual->seed_of_sent[i], 7 + i % 3);
    }
    assert_ptr_not_equal(manual->bytes_of_sent[0], manual->bytes_of_sent[3]);
    for (int i = 0; i < 6; i++)
        manual_done(manual->sent[i]);
    json_decref(bed_client_json(&client, 200));
}

/* All of the room for bodies but one MiB. */
static void fill_room(int pieces)
{
    struct hearth_error error;
    for (int i = 0; i < pieces; i++)
        assert_int_equal(hearth_body_room_take(bed.gateway.body_room, 1 << 20, &error), 0);
}

static char *long_chat(size_t length, int n)
{
    char *text = hearth_calloc(1, length + 1);
    memset(text, 'x', length);
    char *body =
        hearth_format("{\"model\":\"m\",\"n\":%d,\"messages\":[{\"role\":\"user\",\"content\":"
                      "\"%s\"}]}",
                      n, text);
    hearth_free(text);
    return body;
}

static void an_input_counts_once_with_the_bodies_however_many_choices_share_it(void **state)
{
    enum { PIECES = 63, LONG = 400 << 10, TOO_LONG = 700 << 10, CHOICES = 8 };
    (void)state;
    struct hearth_body_room *room = hearth_body_room_create(1), *usual = bed.gateway.body_room;
    struct hearth_error error;
    struct bed_client client;
    bed.gateway.body_room = room; /* 64 MiB for all */
    fill_room(PIECES);
    char *body = long_chat(TOO_LONG, 1);
    bed_client_ask(&bed, &client, "POST /v1/chat/completions", body);
    json_decref(bed_client_json(&client, hearth_error_row(HEARTH_EQUEUEFULL)->http_status));
    hearth_free(body);
    body = long_chat(LONG, CHOICES);
    bed_client_ask(&bed, &client, "POST /v1/chat/completions", body);
    gateway_bed_ready(&bed);
    gateway_bed_sent(&bed, CHOICES);
    assert_int_not_equal(hearth_body_room_take(room, 700 << 10, &error), 0); /* it is counted */
    for (int i = 0; i < CHOICES; i++)
        manual_done(manual->sent[i]);
    json_decref(bed_client_json(&client, 200));
    assert_int_equal(hearth_body_room_take(room, 1 << 20, &error), 0); /* and given back */
    hearth_free(body);
    bed.gateway.body_room = usual;
    hearth_body_room_destroy(room);
}

/* Statuses and ends of streams */

static void a_stream_has_no_status_before_its_prompt_is_prepared(void **state)
{
    (void)state;
    struct bed_client client;
    bed_client_ask(&bed, &client, "POST /v1/chat/completions",
                   "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":"
                   "\"hi\"}]}");
    assert_true(loop_until(bed.gateway.loop, GATEWAY_BED_WAIT_MS, gateway_bed_has_worker, NULL));
    manual_planned();
    manual->spec.events->on_progress(manual->spec.argument, 0.5f);
    turn_for(50);
    bed_client_has(&client);
    assert_int_equal(client.length, 0);
    manual_ready();
    gateway_bed_sent(&bed, 1);
    turn_for(50);
    bed_client_has(&client);
    assert_int_equal(client.length, 0);
    manual_prepared(manual->sent[0]);
    bed_client_until(&client, "\"role\":\"assistant\"");
    manual_error(manual->sent[0], HEARTH_EINTERNAL);
    bed_client_until(&client, NULL);
    const char *error = strstr(client.text, "data: {\"error\":{");
    assert_non_null(error);
    const char *last = strstr(error, "\n\n");
    assert_string_equal(last, "\n\ndata: [DONE]\n\n");
    bed_client_close(&client);
}

/* Lists */

static void read_queued(void *argument, const struct hearth_model_report *report)
{
    *(size_t *)argument = report->queued;
}

static size_t queued(void)
{
    size_t count = 0;
    hearth_scheduler_each(bed.gateway.scheduler, read_queued, &count);
    return count;
}

static char *list_of(int count)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1 << 20);
    hearth_buf_text(&buf, "{\"model\":\"m\",\"input\":[");
    for (int i = 0; i < count; i++)
        hearth_buf_printf(&buf, "%s\"text %d\"", i ? "," : "", i);
    hearth_buf_text(&buf, "]}");
    return hearth_buf_take(&buf);
}

static void
a_long_list_keeps_only_some_inputs_in_the_queue_and_goes_on_as_they_are_taken_up(void **state)
{
    enum { COUNT = 200, WAITING = 64 };
    (void)state;
    static const float values[] = {1, 0};
    struct bed_client client;
    char *body = list_of(COUNT);
    bed_client_ask(&bed, &client, "POST /v1/embeddings", body);
    hearth_free(body);
    assert_true(loop_until(bed.gateway.loop, GATEWAY_BED_WAIT_MS, gateway_bed_has_worker, NULL));
    assert_int_equal(queued(), WAITING);
    manual_planned();
    manual_ready();
    for (size_t i = 0; i < COUNT; i++) {
        gateway_bed_sent(&bed, i + 1);
        assert_true(queued() <= WAITING);
        manual_prepared(manual->sent[i]);
        manual_vector(manual->sent[i], values, 2);
        manual_done(manual->sent[i]);
    }
    json_t *answer = bed_client_json(&client, 200);
    assert_int_equal(json_array_size(json_object_get(answer, "data")), COUNT);
    json_decref(answer);
}

static void a_partial_answer_says_at_its_place_what_is_missing(void **state)
{
    (void)state;
    static const float values[] = {1, 0}, bad[] = {1, NAN};
    struct bed_client client;
    bed_client_ask(&bed, &client, "POST /v1/embeddings",
                   "{\"model\":\"m\",\"partial\":true,\"input\":[\"a\",\"b\",\"c\"]}");
    gateway_bed_ready(&bed);
    gateway_bed_sent(&bed, 3);
    manual_vector(manual->sent[2], values, 2);
    manual_done(manual->sent[2]);
    manual_error(manual->sent[0], HEARTH_ECONTEXT);
    manual_vector(manual->sent[1], bad, 2);
    manual_done(manual->sent[1]);
    json_t *answer = bed_client_json(&client, 200);
    assert_integer_at(answer, "missing", 2);
    assert_text_at(answer, "data/0/error/code", "context_length_exceeded");
    assert_text_at(answer, "data/1/error/code", hearth_error_row(HEARTH_EMODEL)->code);
    assert_int_equal(json_array_size(bed_at(answer, "data/2/embedding")), 2);
    json_decref(answer);
}

static void without_partial_the_first_error_is_the_answer_and_the_others_are_canceled(void **state)
{
    (void)state;
    struct bed_client client;
    bed_client_ask(&bed, &client, "POST /v1/embeddings",
                   "{\"model\":\"m\",\"input\":[\"a\",\"b\",\"c\"]}");
    gateway_bed_ready(&bed);
    gateway_bed_sent(&bed, 3);
    manual_error(manual->sent[1], HEARTH_ECONTEXT);
    gateway_bed_canceled(&bed, 2);
    json_t *answer = bed_client_json(&client, 400);
    assert_text_at(answer, "error/param", "input[1]");
    json_decref(answer);
}

/* Clients that leave */

static sem_t gate;

static void wait_at_gate(void *argument)
{
    (void)argument;
    sem_wait(&gate);
}

static void passed_gate(void *argument, bool dropped)
{
    (void)argument, (void)dropped;
}

/* The pool's two threads wait, so that the next errand does not run before `open_gate`. */
static void close_gate(void)
{
    sem_init(&gate, 0, 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(hearth_lane_submit(bed.gateway.lane, wait_at_gate, passed_gate, NULL), 0);
}

static void open_gate(void)
{
    sem_post(&gate);
    sem_post(&gate);
}

enum moment { ASKED, LOADED, PREPARED, HALF_DONE, ON_POOL, STAYS, MOMENTS };

static void give_vectors(int count, uint32_t width)
{
    float *values = hearth_calloc(width, sizeof(*values));
    for (uint32_t i = 0; i < width; i++)
        values[i] = (float)(i % 7) + 0.5f;
    for (size_t i = manual->sent_count - INPUTS; count--; i++) {
        manual_prepared(manual->sent[i]);
        manual_vector(manual->sent[i], values, width);
        manual_done(manual->sent[i]);
    }
    hearth_free(values);
}

/* The worker has what the call asks. */
static void be_sent(size_t count)
{
    if (!is_loaded)
        gateway_bed_ready(&bed);
    is_loaded = true;
    gateway_bed_sent(&bed, count);
}

/* The worker says of all that it was sent since that it has ended. */
static void confirm_cancels(size_t since)
{
    for (size_t i = since; is_loaded && i < manual->sent_count; i++)
        manual_error(manual->sent[i], HEARTH_ECANCELED);
}

/* Plays a request for vectors up to a moment, at which its client leaves. */
static void play(const char *route, const char *body, uint32_t width, enum moment moment)
{
    struct bed_client client;
    size_t before = is_loaded ? manual->sent_count : 0;
    bed_client_ask(&bed, &client, route, body);
    if (moment == ASKED)
        turn_for(20);
    else
        be_sent(before + INPUTS);
    if (moment == PREPARED)
        manual_prepared(manual->sent[before]);
    if (moment == ON_POOL)
        close_gate();
    if (moment >= HALF_DONE)
        give_vectors(moment == HALF_DONE ? 1 : INPUTS, width);
    if (moment == STAYS) {
        json_decref(bed_client_json(&client, 200));
        return;
    }
    bed_client_leave(&client);
    turn_for(50);
    if (moment == ON_POOL) {
        open_gate();
        turn_for(200);
    }
    confirm_cancels(before);
    bed_client_close(&client);
}

static void play_all(const char *route, const char *body, uint32_t width)
{
    for (int moment = ASKED; moment < MOMENTS; moment++)
        play(route, body, width, (enum moment)moment);
    play(route, body, width, STAYS);
}

static void clients_of_embeddings_may_leave_at_every_moment(void **state)
{
    (void)state;
    play_all("POST /v1/embeddings", "{\"model\":\"m\",\"input\":[\"a\",\"b\",\"c\"]}", WIDTH);
}

static void clients_of_a_classifier_may_leave_at_every_moment(void **state)
{
    (void)state;
    manual_width = WIDTH;
    play("POST /infer/m", "{\"input\":[\"a\",\"b\",\"c\"]}", WIDTH,
         LOADED); /* the facts are known */
    play_all("POST /infer/m", "{\"input\":[\"a\",\"b\",\"c\"]}", WIDTH);
    manual_width = 0;
}

static void clients_of_reranking_may_leave_at_every_moment(void **state)
{
    (void)state;
    play_all("POST /v1/rerank",
             "{\"model\":\"m\",\"query\":\"q\",\"documents\":[\"a\",\"b\",\"c\"],"
             "\"return_documents\":true}",
             1);
}

static void clients_of_tokens_may_leave_at_every_moment(void **state)
{
    (void)state;
    struct bed_client client;
    const char *const bodies[] = {"{\"model\":\"m\",\"content\":\"a b\"}",
                                  "{\"model\":\"m\",\"tokens\":[1,2]}"};
    const char *const routes[] = {"POST /tokenize", "POST /detokenize"};
    for (size_t i = 0; i < 2; i++) {
        size_t before = is_loaded ? manual->sent_count : 0;
        bed_client_ask(&bed, &client, routes[i], bodies[i]);
        be_sent(before + 1);
        if (i)
            manual_text(manual->sent[before], "half");
        bed_client_leave(&client);
        gateway_bed_canceled(&bed, i + 1);
        bed_client_close(&client);
    }
}

#define TEST(set_up, name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(set_up_generate, choices_share_one_copy_of_their_input_and_differ_by_their_seed),
        TEST(set_up_generate, an_input_counts_once_with_the_bodies_however_many_choices_share_it),
        TEST(set_up_generate, a_stream_has_no_status_before_its_prompt_is_prepared),
        TEST(set_up_embed,
             a_long_list_keeps_only_some_inputs_in_the_queue_and_goes_on_as_they_are_taken_up),
        TEST(set_up_embed, a_partial_answer_says_at_its_place_what_is_missing),
        TEST(set_up_embed,
             without_partial_the_first_error_is_the_answer_and_the_others_are_canceled),
        TEST(set_up_embed, clients_of_embeddings_may_leave_at_every_moment),
        TEST(set_up_score, clients_of_a_classifier_may_leave_at_every_moment),
        TEST(set_up_score, clients_of_reranking_may_leave_at_every_moment),
        TEST(set_up_generate, clients_of_tokens_may_leave_at_every_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
