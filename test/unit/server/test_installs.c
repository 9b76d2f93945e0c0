/* Installs that requests ask for: who is told what, when, and what is left of those that fail. */
#include "support/gateway_bed.h"

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

/* What is ready is done, and no more. */
static void turn_once(void)
{
    turn_for(0);
}

struct told {
    int count, code;
    int64_t model_id, number;
    bool was_found; /* by requests, when it was told */
};

static void on_installed(void *argument, const struct hearth_error *error, int64_t model_id,
                         int64_t number)
{
    struct told *told = argument;
    const struct hearth_catalog_entry *entry;
    struct hearth_error ignored;
    told->count++;
    told->code = error ? error->code : 0;
    told->model_id = model_id;
    told->number = number;
    told->was_found = !hearth_catalog_acquire(bed.gateway.catalog, "x", &entry, &ignored);
    if (told->was_found)
        hearth_catalog_entry_release(entry);
}

static bool is_idle(void *argument)
{
    (void)argument;
    return hearth_installs_idle(bed.gateway.installs);
}

static void until_idle(void)
{
    assert_true(loop_until(bed.gateway.loop, GATEWAY_BED_WAIT_MS, is_idle, NULL));
}

/* Long enough for all that a request on this machine can set off. */
static void turn_until_quiet(void)
{
    turn_for(30);
    until_idle();
    turn_for(30);
}

static int start(const char *source, const char *name, struct told *told)
{
    const struct hearth_install_order order = {.source = source, .name = name};
    struct hearth_error error = {0};
    return hearth_installs_start(bed.gateway.installs, &order, on_installed, told, &error);
}

static void an_install_is_told_once_when_requests_find_its_model(void **state)
{
    (void)state;
    struct told told = {0};
    assert_int_equal(start("fake:reply = a", "x", &told), 0);
    assert_false(hearth_installs_idle(bed.gateway.installs));
    assert_int_equal(told.count, 0); /* never from inside the call */
    until_idle();
    assert_int_equal(told.count, 1);
    assert_int_equal(told.code, 0);
    assert_true(told.was_found);
    assert_true(told.model_id > 0);
    assert_int_equal(told.number, 1);
    assert_null(hearth_installs_progress(bed.gateway.installs, told.model_id, told.number));
}

static void an_install_that_fails_is_told_why(void **state)
{
    (void)state;
    struct told told = {0};
    assert_int_equal(start("file:/nowhere/x.gguf", "x", &told), 0);
    until_idle();
    assert_int_equal(told.count, 1);
    assert_int_not_equal(told.code, 0);
    assert_false(told.was_found);
}

static void more_installs_than_there_is_room_for_are_refused_and_the_others_all_told(void **state)
{
    enum { INSTALLS = 100 };
    (void)state;
    struct told told = {0};
    int started = 0, refused = 0;
    for (int i = 0; i < INSTALLS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "m%d", i);
        int rc = start("fake:reply = a", name, &told);
        assert_true(rc == 0 || rc == HEARTH_EQUEUEFULL);
        started += rc == 0;
        refused += rc != 0;
    }
    assert_true(started >= 64 && refused > 0);
    until_idle();
    assert_int_equal(told.count, started);
    assert_int_equal(told.code, 0);
}

static void what_waits_when_the_server_stops_is_told_that(void **state)
{
    (void)state;
    struct told told[8] = {{0}};
    hearth_installs_cancel(bed.gateway.installs);
    for (int i = 0; i < 8; i++) {
        char name[16];
        snprintf(name, sizeof(name), "m%d", i);
        assert_int_equal(start("fake:reply = a", name, &told[i]), 0);
    }
    until_idle();
    for (int i = 0; i < 8; i++) {
        assert_int_equal(told[i].count, 1);
        assert_int_equal(told[i].code, HEARTH_EDRAINING);
    }
}

static void the_registry_shows_what_has_been_installed(void **state)
{
    (void)state;
    json_t *made = bed_ask_json(&bed, "POST /models",
                                "{\"name\":\"x\",\"source\":\"fake:reply = a\",\"task\":\"chat\","
                                "\"description\":\"d\"}",
                                201);
    assert_text_at(made, "name", "x");
    assert_text_at(made, "versions/0/state", "ready");
    json_decref(made);
    json_t *shown = bed_ask_json(&bed, "GET /models/x", "", 200);
    assert_text_at(shown, "description", "d");
    assert_int_equal(json_array_size(json_object_get(shown, "versions")), 1);
    assert_null(bed_at(shown, "versions/0/progress"));
    json_decref(shown);
}

/* A name that was refused is free again. */
static void a_local_source_that_is_refused_leaves_nothing_under_its_name(void **state)
{
    (void)state;
    json_decref(bed_ask_json(&bed, "POST /models",
                             "{\"name\":\"x\",\"source\":\"file:/nowhere/x.gguf\"}", 422));
    json_decref(bed_ask_json(&bed, "GET /models/x", "", 404));
    json_decref(
        bed_ask_json(&bed, "POST /models", "{\"name\":\"x\",\"source\":\"fake:reply = a\"}", 201));
}

static void a_version_that_is_refused_leaves_the_others(void **state)
{
    (void)state;
    json_decref(
        bed_ask_json(&bed, "POST /models", "{\"name\":\"x\",\"source\":\"fake:reply = a\"}", 201));
    json_decref(bed_ask_json(&bed, "POST /models/x/versions",
                             "{\"source\":\"file:/nowhere/x.gguf\"}", 422));
    json_t *shown = bed_ask_json(&bed, "GET /models/x", "", 200);
    assert_int_equal(json_array_size(json_object_get(shown, "versions")), 1);
    assert_text_at(shown, "versions/0/state", "ready");
    json_decref(shown);
}

static void a_name_that_is_taken_is_a_conflict(void **state)
{
    (void)state;
    json_decref(
        bed_ask_json(&bed, "POST /models", "{\"name\":\"x\",\"source\":\"fake:reply = a\"}", 201));
    json_decref(
        bed_ask_json(&bed, "POST /models", "{\"name\":\"x\",\"source\":\"fake:reply = b\"}", 409));
}

static int64_t versions_of_x(void)
{
    json_t *shown = bed_ask_json(&bed, "GET /models/x", "", 200);
    assert_text_at(shown, "versions/0/state", "ready");
    int64_t count = (int64_t)json_array_size(json_object_get(shown, "versions"));
    json_decref(shown);
    return count;
}

static bool has_row(void *argument)
{
    (void)argument;
    json_t *list = bed_ask_json(&bed, "GET /models", "", 200);
    bool has = json_array_size(json_object_get(list, "models")) > 0;
    json_decref(list);
    return has;
}

/* Every turn of the loop is a moment at which the client may be seen to have left: before the rows
 * are made, between them and the install, while it runs, before it is told. From when the rows are
 * there the install goes on: else their name would be taken by a model that nobody installs. */
static void a_client_that_leaves_at_any_moment_leaves_no_half_installed_model(void **state)
{
    enum { MOMENTS = 24 };
    (void)state;
    for (int moment = 0; moment < MOMENTS; moment++) {
        struct bed_client client;
        bed_client_ask(&bed, &client, "POST /models",
                       "{\"name\":\"x\",\"source\":\"fake:reply = a\"}");
        for (int turn = 0; turn < moment; turn++)
            turn_once();
        bed_client_leave(&client);
        turn_until_quiet();
        if (has_row(NULL)) {
            assert_int_equal(versions_of_x(), 1);
            json_decref(bed_ask_json(&bed, "DELETE /models/x", "", 200));
        }
        bed_client_close(&client);
    }
}

/* The same for a source that is refused: nothing keeps its name. */
static void a_client_that_leaves_at_any_moment_leaves_no_failed_model(void **state)
{
    enum { MOMENTS = 24 };
    (void)state;
    for (int moment = 0; moment < MOMENTS; moment++) {
        struct bed_client client;
        bed_client_ask(&bed, &client, "POST /models",
                       "{\"name\":\"x\",\"source\":\"file:/nowhere/x.gguf\"}");
        for (int turn = 0; turn < moment; turn++)
            turn_once();
        bed_client_leave(&client);
        turn_until_quiet();
        assert_false(has_row(NULL));
        bed_client_close(&client);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_install_is_told_once_when_requests_find_its_model),
        TEST(an_install_that_fails_is_told_why),
        TEST(more_installs_than_there_is_room_for_are_refused_and_the_others_all_told),
        TEST(what_waits_when_the_server_stops_is_told_that),
        TEST(the_registry_shows_what_has_been_installed),
        TEST(a_local_source_that_is_refused_leaves_nothing_under_its_name),
        TEST(a_version_that_is_refused_leaves_the_others),
        TEST(a_name_that_is_taken_is_a_conflict),
        TEST(a_client_that_leaves_at_any_moment_leaves_no_half_installed_model),
        TEST(a_client_that_leaves_at_any_moment_leaves_no_failed_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
