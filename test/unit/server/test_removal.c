/* Removing models and versions: what is loaded stays, what is forced goes with its worker, and what
 * is gone is found by nobody. */
#include "support/gateway_bed.h"

#define CHAT "{\"model\":\"x\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"

static struct gateway_bed bed;

static int set_up(void **state)
{
    (void)state;
    gateway_bed_open(&bed, HEARTH_TASK_GENERATE);
    json_decref(bed_ask_json(&bed, "POST /models",
                             "{\"name\":\"x\",\"source\":\"fake:reply = a\",\"task\":\"chat\"}",
                             201));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gateway_bed_close(&bed);
    return 0;
}

static bool is_being_killed(void *argument)
{
    (void)argument;
    return manual && manual->killed;
}

/* The model is loaded, and answers nothing yet. */
static void load(struct bed_client *client)
{
    bed_client_ask(&bed, client, "POST /v1/chat/completions", CHAT);
    gateway_bed_ready(&bed);
    gateway_bed_sent(&bed, 1);
}

static void end_request(struct bed_client *client)
{
    manual_text(manual->sent[0], "a");
    manual_done(manual->sent[0]);
    json_decref(bed_client_json(client, 200));
}

static bool has_blob(const char *sha256)
{
    int64_t size;
    return hearth_blob_exists(bed.gateway.blobs, sha256, &size);
}

static void a_model_that_is_not_loaded_goes_with_its_bytes(void **state)
{
    (void)state;
    json_t *shown = bed_ask_json(&bed, "GET /models/x/versions/1", "", 200);
    char sha256[65];
    const json_t *digest = bed_at(shown, "files/0/sha256");
    assert_true(json_is_string(digest));
    snprintf(sha256, sizeof(sha256), "%s", json_string_value(digest));
    assert_true(has_blob(sha256));
    json_t *removed = bed_ask_json(&bed, "DELETE /models/x", "", 200);
    assert_true(json_is_true(json_object_get(removed, "deleted")));
    assert_text_at(removed, "name", "x");
    assert_false(has_blob(sha256));
    json_decref(bed_ask_json(&bed, "GET /models/x", "", 404));
    json_decref(bed_ask_json(&bed, "POST /v1/chat/completions", CHAT, 404));
    json_decref(removed);
    json_decref(shown);
}

static void bytes_that_another_version_has_stay(void **state)
{
    (void)state;
    json_t *shown = bed_ask_json(&bed, "GET /models/x/versions/1", "", 200);
    json_decref(
        bed_ask_json(&bed, "POST /models", "{\"name\":\"y\",\"source\":\"fake:reply = a\"}", 201));
    json_decref(bed_ask_json(&bed, "DELETE /models/x", "", 200));
    assert_true(has_blob(json_string_value(bed_at(shown, "files/0/sha256"))));
    json_decref(bed_ask_json(&bed, "GET /models/y", "", 200));
    json_decref(shown);
}

static void a_model_that_is_not_there_is_a_404(void **state)
{
    (void)state;
    json_decref(bed_ask_json(&bed, "DELETE /models/other", "", 404));
    json_decref(bed_ask_json(&bed, "DELETE /models/x/versions/7", "", 404));
    json_decref(bed_ask_json(&bed, "GET /models/x", "", 200));
}

static void a_loaded_model_is_refused_and_works_on(void **state)
{
    (void)state;
    struct bed_client client;
    load(&client);
    json_t *refused =
        bed_ask_json(&bed, "DELETE /models/x", "", hearth_error_row(HEARTH_EINUSE)->http_status);
    json_decref(refused);
    end_request(&client);
    json_decref(bed_ask_json(&bed, "GET /models/x", "", 200));
}

static void force_ends_the_worker_first_and_its_requests_with_an_error(void **state)
{
    (void)state;
    struct bed_client client, remover;
    load(&client);
    bed_client_ask(&bed, &remover, "DELETE /models/x?force=true", "");
    assert_true(loop_until(bed.gateway.loop, GATEWAY_BED_WAIT_MS, is_being_killed, NULL));
    assert_int_equal(remover.length, 0); /* nothing is removed while the process lives */
    json_decref(bed_ask_json(&bed, "GET /models/x", "", 200));
    manual_ended_as_asked();
    json_decref(bed_client_json(&remover, 200));
    bed_client_until(&client, NULL);
    assert_true(bed_client_status(&client) >= 400);
    bed_client_close(&client);
    json_decref(bed_ask_json(&bed, "GET /models/x", "", 404));
}

static void a_version_goes_alone(void **state)
{
    (void)state;
    json_decref(
        bed_ask_json(&bed, "POST /models/x/versions", "{\"source\":\"fake:reply = b\"}", 201));
    json_decref(bed_ask_json(&bed, "DELETE /models/x/versions/2", "", 200));
    json_t *shown = bed_ask_json(&bed, "GET /models/x", "", 200);
    assert_int_equal(json_array_size(json_object_get(shown, "versions")), 1);
    assert_integer_at(shown, "versions/0/version", 1);
    json_decref(shown);
}

static void of_two_removals_at_once_one_finds_it_gone(void **state)
{
    (void)state;
    struct bed_client first, second;
    bed_client_ask(&bed, &first, "DELETE /models/x", "");
    bed_client_ask(&bed, &second, "DELETE /models/x", "");
    bed_client_until(&first, NULL);
    bed_client_until(&second, NULL);
    int statuses[] = {bed_client_status(&first), bed_client_status(&second)};
    assert_true((statuses[0] == 200 && statuses[1] == 404) ||
                (statuses[0] == 404 && statuses[1] == 200));
    bed_client_close(&first);
    bed_client_close(&second);
}

static bool is_gone(void *argument)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_error error;
    (void)argument;
    if (hearth_catalog_acquire(bed.gateway.catalog, "x", &entry, &error))
        return true;
    hearth_catalog_entry_release(entry);
    return false;
}

/* What was begun is ended: half a removal would be worse than either. */
static void a_client_that_leaves_does_not_stop_its_removal(void **state)
{
    (void)state;
    struct bed_client client, remover;
    load(&client);
    bed_client_ask(&bed, &remover, "DELETE /models/x?force=true", "");
    assert_true(loop_until(bed.gateway.loop, GATEWAY_BED_WAIT_MS, is_being_killed, NULL));
    bed_client_leave(&remover);
    manual_ended_as_asked();
    assert_true(loop_until(bed.gateway.loop, GATEWAY_BED_WAIT_MS, is_gone, NULL));
    bed_client_until(&client, NULL);
    bed_client_close(&client);
    bed_client_close(&remover);
    json_decref(bed_ask_json(&bed, "GET /models/x", "", 404));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_model_that_is_not_loaded_goes_with_its_bytes),
        TEST(bytes_that_another_version_has_stay),
        TEST(a_model_that_is_not_there_is_a_404),
        TEST(a_loaded_model_is_refused_and_works_on),
        TEST(force_ends_the_worker_first_and_its_requests_with_an_error),
        TEST(a_version_goes_alone),
        TEST(of_two_removals_at_once_one_finds_it_gone),
        TEST(a_client_that_leaves_does_not_stop_its_removal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
