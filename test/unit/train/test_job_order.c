/* Orders of jobs: what they may say, how a fault is named, and what makes two of them the same. */
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "train/job_order.h"

#include <string.h>

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BASE "\"base\":{\"path\":\"/b\",\"name\":\"n\"}"
#define DATA "\"data\":{\"path\":\"/d\"}"

static int read(const char *text, struct hearth_job_order *order, struct hearth_error *error)
{
    *error = (struct hearth_error){.code = 0};
    return hearth_job_order_read(text, strlen(text), order, error);
}

static void an_order_is_taken_with_what_it_leaves_out(void **state)
{
    (void)state;
    struct hearth_job_order order;
    struct hearth_error error;
    assert_int_equal(read("{\"job\":\"job_1\",\"work\":\"train\",\"base\":{\"path\":\"/b\","
                          "\"name\":\"n\",\"sha256\":\"" DIGEST "\"}," DATA
                          ",\"evaluation_data\":{\"path\":\"/e\",\"sha256\":\"" DIGEST "\"},"
                          "\"output\":\"/o\",\"parameters\":{\"rank\":3,\"exports\":[\"mlx\"]}}",
                          &order, &error),
                     0);
    assert_string_equal(order.job, "job_1");
    assert_string_equal(order.base_path, "/b");
    assert_string_equal(order.base_sha256, DIGEST);
    assert_string_equal(order.data.path, "/d");
    assert_string_equal(order.data.sha256, "");
    assert_string_equal(order.evaluation_data.path, "/e");
    assert_string_equal(order.output, "/o");
    assert_true(order.parameters.rank == 3 && order.parameters.exports == HEARTH_EXPORT_MLX);
    assert_true(order.parameters.epochs == 1 && order.parameters.modules == 127);
    assert_int_equal(order.work, HEARTH_JOB_TRAIN);
    hearth_job_order_finish(&order);
}

static void a_preview_has_no_folder(void **state)
{
    (void)state;
    struct hearth_job_order order;
    struct hearth_error error;
    assert_int_equal(read("{\"work\":\"preview\"," BASE "," DATA "}", &order, &error), 0);
    assert_int_equal(order.work, HEARTH_JOB_PREVIEW);
    assert_null(order.output);
    hearth_job_order_finish(&order);
}

static void a_measurement_has_no_folder(void **state)
{
    (void)state;
    struct hearth_job_order order;
    struct hearth_error error;
    assert_int_equal(read("{\"work\":\"measure\"," BASE "," DATA "}", &order, &error), 0);
    assert_int_equal(order.work, HEARTH_JOB_MEASURE);
    assert_null(order.output);
    hearth_job_order_finish(&order);
}

static void a_merge_has_an_adapter_and_no_data(void **state)
{
    (void)state;
    struct hearth_job_order order;
    struct hearth_error error;
    assert_int_equal(read("{\"work\":\"merge\"," BASE ",\"adapter\":\"/a\",\"output\":\"/o\","
                          "\"type\":\"f16\"}",
                          &order, &error),
                     0);
    assert_int_equal(order.work, HEARTH_JOB_MERGE);
    assert_int_equal(order.type, HEARTH_REWRITE_F16);
    assert_string_equal(order.adapter, "/a");
    assert_null(order.data.path);
    hearth_job_order_finish(&order);
}

static void quantizing_has_a_type_and_threads(void **state)
{
    (void)state;
    struct hearth_job_order order;
    struct hearth_error error;
    assert_int_equal(read("{\"work\":\"quantize\"," BASE ",\"output\":\"/o\",\"type\":\"q4_k_m\","
                          "\"threads\":2,\"is_second\":true}",
                          &order, &error),
                     0);
    assert_int_equal(order.work, HEARTH_JOB_QUANTIZE);
    assert_string_equal(order.quantization->word, "q4_k_m");
    assert_true(order.threads == 2 && order.is_second);
    hearth_job_order_finish(&order);
}

static void a_fault_is_named_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"", ""},
        {"{", ""},
        {"[]", "must be an object"},
        {"{}", "base.path must be an absolute path"},
        {"{\"base\":[]," DATA ",\"output\":\"/o\"}", "base.path"},
        {"{\"base\":{\"path\":\"b\"}," DATA ",\"output\":\"/o\"}", "base.path"},
        {"{\"base\":{\"path\":\"/b\\n/etc\"}," DATA ",\"output\":\"/o\"}", "base.path"},
        {"{\"base\":{\"path\":\"/b\",\"x\":1}," DATA ",\"output\":\"/o\"}", "no 'x'"},
        {"{" BASE ",\"output\":\"/o\"}", "data.path"},
        {"{" BASE ",\"data\":\"/d\",\"output\":\"/o\"}", "data.path"},
        {"{" BASE ",\"data\":{\"path\":\"/d\",\"sha256\":\"12\"},\"output\":\"/o\"}",
         "data.sha256"},
        {"{" BASE "," DATA ",\"evaluation_data\":{},\"output\":\"/o\"}", "evaluation_data.path"},
        {"{" BASE "," DATA ",\"evaluation_data\":{\"path\":\"/d\",\"y\":1},\"output\":\"/o\"}",
         "evaluation_data: there is no 'y'"},
        {"{" BASE "," DATA "}", "output must be an absolute path"},
        {"{" BASE "," DATA ",\"output\":\"o\"}", "output must be an absolute path"},
        {"{" BASE "," DATA ",\"output\":\"/o\",\"work\":\"dance\"}", "work must be"},
        {"{" BASE ",\"output\":\"/o\",\"work\":\"merge\"}", "adapter must be"},
        {"{" BASE ",\"output\":\"/o\",\"work\":\"merge\",\"adapter\":\"a\"}", "adapter must be"},
        {"{" BASE ",\"output\":\"/o\",\"work\":\"merge\",\"adapter\":\"/a\",\"type\":\"q2\"}",
         "type must be"},
        {"{" BASE "," DATA ",\"output\":\"/o\",\"work\":\"merge\",\"adapter\":\"/a\"}",
         "no 'data'"},
        {"{" BASE "," DATA ",\"output\":\"/o\",\"adapter\":\"/a\"}", "no 'adapter'"},
        {"{" BASE ",\"output\":\"/o\",\"work\":\"quantize\",\"type\":\"q4\",\"threads\":1}",
         "no quantization"},
        {"{" BASE ",\"output\":\"/o\",\"work\":\"quantize\",\"type\":\"q8_0\"}", "threads"},
        {"{" BASE "," DATA ",\"output\":\"/o\",\"work\":\"quantize\"}", "no 'data'"},
        {"{" BASE "," DATA ",\"output\":\"/o\",\"wrok\":\"train\"}", "no 'wrok'"},
        {"{" BASE "," DATA ",\"output\":\"/o\",\"parameters\":{\"rank\":0}}", "rank"},
        {"{" BASE "," DATA ",\"output\":\"/o\",\"parameters\":{\"rank\":\"8\"}}", "rank"},
        {"{" BASE "," DATA ",\"output\":\"/o\",\"parameters\":{\"modules\":[\"lm_head\"]}}",
         "modules"},
        {"{" BASE "," DATA ",\"output\":\"/o\",\"parameters\":{\"rnak\":8}}", "rnak"},
        {"{" BASE "," DATA ",\"output\":\"/o\",\"parameters\":[]}", "parameters"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hearth_job_order order;
        struct hearth_error error;
        int rc = read(rows[i].text, &order, &error);
        if (rc != HEARTH_EFIELDS && rc != HEARTH_EPARSE)
            fail_msg("%s: %d", rows[i].text, rc);
        if (!strstr(error.message, rows[i].said))
            fail_msg("%s: %s", rows[i].text, error.message);
        assert_null(order.json);
    }
}

static void identify(const char *text, char ret_identity[HEARTH_SHA256_HEX])
{
    struct hearth_job_order order;
    struct hearth_error error;
    if (read(text, &order, &error))
        fail_msg("%s: %s", text, error.message);
    memcpy(ret_identity, order.identity, HEARTH_SHA256_HEX);
    hearth_job_order_finish(&order);
}

static void what_decides_the_result_is_the_identity_and_nothing_else(void **state)
{
    (void)state;
    static const char *const same[] = {
        "{\"job\":\"2\",\"output\":\"/p\"," DATA "," BASE ",\"parameters\":{}}",
        "{\"output\":\"/o\"," BASE "," DATA ",\"parameters\":{\"rank\":8,\"seed\":42}}",
    };
    static const char *const other[] = {
        "{\"output\":\"/o\"," BASE "," DATA ",\"parameters\":{\"seed\":43}}",
        "{\"output\":\"/o\"," BASE "," DATA ",\"parameters\":{\"alpha\":16.5}}",
        "{\"output\":\"/o\"," BASE ",\"data\":{\"path\":\"/d\",\"sha256\":\"" DIGEST "\"}}",
        "{\"output\":\"/o\"," BASE "," DATA
        ",\"evaluation_data\":{\"path\":\"/e\",\"sha256\":\"" DIGEST "\"}}",
        "{\"output\":\"/o\",\"base\":{\"path\":\"/b\",\"name\":\"m\"}," DATA "}",
        "{\"output\":\"/o\",\"base\":{\"path\":\"/b\",\"name\":\"n\",\"sha256\":\"" DIGEST
        "\"}," DATA "}",
    };
    char first[HEARTH_SHA256_HEX], next[HEARTH_SHA256_HEX];
    identify("{\"output\":\"/o\"," BASE "," DATA "}", first);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        identify(same[i], next);
        assert_string_equal(first, next);
    }
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        identify(other[i], next);
        assert_string_not_equal(first, next);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_taken_with_what_it_leaves_out),
        cmocka_unit_test(a_preview_has_no_folder),
        cmocka_unit_test(a_measurement_has_no_folder),
        cmocka_unit_test(a_merge_has_an_adapter_and_no_data),
        cmocka_unit_test(quantizing_has_a_type_and_threads),
        cmocka_unit_test(a_fault_is_named_with_its_place),
        cmocka_unit_test(what_decides_the_result_is_the_identity_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
