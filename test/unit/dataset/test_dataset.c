/* Formats and shapes found by looking, faults by line, and no more memory than a row. */
#include "support/temp_folder.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "dataset/dataset.h"

#include <string.h>

struct seen {
    char rows[4096];
    size_t count;
};

static int on_row(void *argument, const struct hearth_dataset_row *row, struct hearth_error *error)
{
    static const char *const forms[] = {"M", "P", "T"};
    struct seen *seen = argument;
    (void)error;
    char *text = json_dumps(row->value, JSON_COMPACT | JSON_SORT_KEYS);
    size_t used = strlen(seen->rows);
    snprintf(seen->rows + used, sizeof(seen->rows) - used, "%llu%s%s|",
             (unsigned long long)row->line, forms[row->form], text);
    free(text);
    seen->count++;
    return 0;
}

static int read_bytes_telling(const char *bytes, size_t length, struct seen *seen,
                              struct hearth_dataset_facts *facts, struct hearth_error *error)
{
    char folder[TEMP_FOLDER_BYTES], path[64];
    temp_folder_make(folder);
    snprintf(path, sizeof(path), "%s/data", folder);
    FILE *file = fopen(path, "w");
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    *seen = (struct seen){.count = 0};
    const struct hearth_dataset_reader reader = {.on_row = on_row, .argument = seen};
    int rc = hearth_dataset_read(path, &reader, facts, error);
    temp_folder_remove(folder);
    return rc;
}

static int read_bytes(const char *bytes, size_t length, struct seen *seen,
                      struct hearth_dataset_facts *facts)
{
    return read_bytes_telling(bytes, length, seen, facts, NULL);
}

static void expect(const char *text, const char *format, const char *shape, const char *rows)
{
    struct hearth_dataset_facts facts;
    struct seen seen;
    assert_int_equal(read_bytes(text, strlen(text), &seen, &facts), 0);
    assert_string_equal(facts.format, format);
    assert_string_equal(facts.shape, shape);
    assert_string_equal(seen.rows, rows);
    assert_int_equal(facts.rows, seen.count);
    assert_int_equal(facts.bytes, strlen(text));
}

#define ANSWER "{\"content\":\"a\",\"role\":\"assistant\"}"
#define QUESTION "{\"content\":\"q\",\"role\":\"user\"}"

static void test_shapes_are_found_by_their_members(void **state)
{
    (void)state;
    expect("{\"messages\":[" QUESTION "," ANSWER "]}\n", "jsonl", "messages",
           "1M{\"messages\":[" QUESTION "," ANSWER "]}|");
    expect("{\"conversations\":[{\"from\":\"human\",\"value\":\"q\"},{\"from\":\"gpt\",\"value\":"
           "\"a\"}]}",
           "jsonl", "sharegpt", "1M{\"messages\":[" QUESTION "," ANSWER "]}|");
    expect("{\"instruction\":\"do\",\"input\":\"it\",\"output\":\"a\"}", "jsonl", "alpaca",
           "1M{\"messages\":[{\"content\":\"do\\n\\nit\",\"role\":\"user\"}," ANSWER "]}|");
    expect("{\"prompt\":\"p\",\"completion\":\"c\",\"other\":1}", "jsonl", "prompt",
           "1P{\"completion\":\"c\",\"prompt\":\"p\"}|");
    expect("{\"prompt\":[" QUESTION "],\"completion\":[" ANSWER "]}", "jsonl", "prompt",
           "1M{\"messages\":[" QUESTION "," ANSWER "]}|");
    expect("{\"text\":\"t\"}", "jsonl", "text", "1T{\"text\":\"t\"}|");
}

static void test_formats_are_found_by_looking(void **state)
{
    (void)state;
    expect("\xef\xbb\xbf\n\n{\"text\":\"a\"}\r\n\n{\"text\":\"b\"}", "jsonl", "text",
           "3T{\"text\":\"a\"}|5T{\"text\":\"b\"}|");
    expect("[\n {\"text\":\"a,]\\\"}\"},\n {\"text\":\n\"b\"} ]", "json", "text",
           "2T{\"text\":\"a,]\\\"}\"}|3T{\"text\":\"b\"}|");
    expect("prompt,completion\np,c\n\"x\ny\",\"say \"\"hi\"\"\"\r\n", "csv", "prompt",
           "2P{\"completion\":\"c\",\"prompt\":\"p\"}|"
           "3P{\"completion\":\"say \\\"hi\\\"\",\"prompt\":\"x\\ny\"}|");
    expect("text;n\none, two;1\n", "csv", "text", "2T{\"text\":\"one, two\"}|");
    expect("\n\ttext\n0\ta\n1\tb\n", "csv", "text", "3T{\"text\":\"a\"}|4T{\"text\":\"b\"}|");
    expect("", "jsonl", "", "");
    expect("[]", "json", "", "");
}

static void test_faults_are_told_by_line_and_reading_goes_on(void **state)
{
    (void)state;
    static const char text[] = "{\"text\":\"a\"}\nno json\n{\"text\":\"\"}\n{\"text\":\"b\"}\n"
                               "{\"messages\":[" QUESTION "]}\n{\"other\":1}\n[1]\n";
    struct hearth_dataset_facts facts;
    struct seen seen;
    assert_int_equal(read_bytes(text, strlen(text), &seen, &facts), 0);
    assert_int_equal(facts.rows, 2);
    assert_int_equal(facts.faulty, 5);
    assert_int_equal(facts.fault_count, 5);
    static const uint64_t lines[] = {2, 3, 5, 6, 7};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(facts.faults[i].line, lines[i]);
    assert_non_null(strstr(facts.faults[2].message, "nothing to learn"));
    assert_non_null(strstr(facts.faults[3].message, "a row needs"));
}

static void expect_fault(const char *text, size_t length, uint64_t line, uint64_t column,
                         const char *words)
{
    struct hearth_dataset_facts facts;
    struct seen seen;
    assert_int_equal(read_bytes(text, length, &seen, &facts), 0);
    assert_int_equal(facts.faulty, 1);
    assert_int_equal(facts.faults[0].line, line);
    assert_int_equal(facts.faults[0].column, column);
    assert_non_null(strstr(facts.faults[0].message, words));
}
#define EXPECT_FAULT(text, line, column, words)                                                    \
    expect_fault(text, sizeof(text) - 1, line, column, words)

static void test_faults_have_lines_and_columns(void **state)
{
    (void)state;
    EXPECT_FAULT("{\"text\":\"a\"}\n{\"text\":x}\n", 2, 9, "this is not valid JSON");
    EXPECT_FAULT("[{\"text\":\"a\"},\n  {\"text\":\n 1 2}]", 3, 4, "this is not valid JSON");
    EXPECT_FAULT("[{\"text\":\"a\"},  {\"text\":x}]", 1, 25, "this is not valid JSON");
    EXPECT_FAULT("{\"text\":\"a\"}\n{\"text\":\"a\",\"text\":\"b\"}\n", 2, 18, "twice");
    EXPECT_FAULT("text,n\na,1\nb,\"1\" 2\n", 3, 6, "closing quotation mark");
    EXPECT_FAULT("text,n\na,1\nb,\"1\n2,3\n", 3, 3, "is not closed");
    EXPECT_FAULT("text,n\na,1\nb\n", 3, 0, "1 fields and the head 2");
    EXPECT_FAULT("text,n\na,1\nb,\xff\n", 3, 3, "not UTF-8");
    EXPECT_FAULT("text,n\na,1\nb,\0\n", 3, 3, "NUL");
    EXPECT_FAULT("messages\n[1\n", 2, 0, "must be JSON");
    EXPECT_FAULT("text,n,text\na,1,b\n", 1, 0, "same name");
    EXPECT_FAULT("text\ra\rb\r", 1, 0, "\\r alone");
    EXPECT_FAULT("[{\"text\":\"a\"}]\n[{\"text\":\"b\"}]\n", 2, 1, "goes on behind the array");
}

static void test_values_of_a_row_are_bounded(void **state)
{
    (void)state;
    enum { DEPTH = HEARTH_DATASET_DEPTH_MAX + 8, LONG = 3 << 20 };
    char *text = malloc(LONG + 64);
    strcpy(text, "{\"text\":\"a\",\"x\":");
    size_t length = strlen(text);
    memset(text + length, '[', DEPTH);
    memset(text + length + DEPTH, ']', DEPTH);
    text[length + 2 * DEPTH] = '}';
    expect_fault(text, length + 2 * DEPTH + 1, 1, 0, "nested too deep");
    strcpy(text, "{\"text\":\"a\",\"x\":[[]");
    length = strlen(text);
    while (length < LONG)
        memcpy(text + length, ",[]", 3), length += 3;
    memcpy(text + length, "]}", 2);
    expect_fault(text, length + 2, 1, 0, "too many values");
    free(text);
}

static void test_all_faults_are_counted_and_few_are_told(void **state)
{
    (void)state;
    char text[1000];
    memset(text, '\n', sizeof(text));
    text[0] = '{';
    for (size_t i = 2; i < sizeof(text); i += 2)
        text[i] = 'x';
    struct hearth_dataset_facts facts;
    struct seen seen;
    assert_int_equal(read_bytes(text, sizeof(text), &seen, &facts), 0);
    assert_int_equal(facts.faulty, 500);
    assert_int_equal(facts.fault_count, HEARTH_DATASET_FAULTS_MAX);
}

static void test_a_row_too_long_is_a_fault_alone(void **state)
{
    (void)state;
    size_t length = HEARTH_DATASET_ROW_MAX + 100;
    char *text = malloc(length + 64);
    memset(text, ' ', length);
    memcpy(text, "{\"text\":\"a\"}", 12);
    int tail = snprintf(text + length, 64, "\n{\"text\":\"b\"}\n");
    struct hearth_dataset_facts facts;
    struct seen seen;
    assert_int_equal(read_bytes(text, length + (size_t)tail, &seen, &facts), 0);
    assert_string_equal(seen.rows, "2T{\"text\":\"b\"}|");
    assert_int_equal(facts.faulty, 1);
    free(text);
}

static void test_hostile_bytes_are_faults(void **state)
{
    (void)state;
    struct hearth_dataset_facts facts;
    struct seen seen;
    static const char nul[] = "{\"text\":\"a\\u0000b\"}\n{\"text\":\"\xff\"}\n\0\0\0\n";
    assert_int_equal(read_bytes(nul, sizeof(nul) - 1, &seen, &facts), 0);
    assert_int_equal(facts.rows, 0);
    assert_int_equal(facts.faulty, 3);
    static char deep[200000];
    memset(deep, '[', sizeof(deep));
    assert_int_equal(read_bytes(deep, sizeof(deep), &seen, &facts), 0);
    assert_int_equal(facts.rows, 0);
    assert_int_equal(facts.faulty, 1);
}

static void test_files_of_other_formats_are_refused_with_what_to_do(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *said;
        size_t length;
    } files[] = {
        {"PAR1\x15\x04\x15\x10PAR1", "Parquet, which is not read; write it as JSONL first", 12},
        {"ARROW1\0\0", "Arrow", 8},
        {"\x1f\x8b\x08\0", "gunzip", 4},
        {"\x28\xb5\x2f\xfd\x24", "unzstd", 5},
        {"PK\x03\x04\x14", "zip archive", 5},
        {"\xff\xfe{\0", "UTF-16, which is not read; save it as UTF-8 first", 4},
        {"\xfe\xff\0[", "UTF-16", 4},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct hearth_dataset_facts facts;
        struct hearth_error error = {.code = 0};
        struct seen seen;
        assert_int_equal(read_bytes_telling(files[i].bytes, files[i].length, &seen, &facts, &error),
                         HEARTH_EFIELDS);
        assert_non_null(strstr(error.message, files[i].said));
        assert_int_equal(seen.count, 0);
    }
    expect("PAR,text\n1,t", "csv", "text", "2T{\"text\":\"t\"}|");
}

static void test_what_is_no_file_is_refused(void **state)
{
    (void)state;
    struct hearth_dataset_facts facts;
    const struct hearth_dataset_reader reader = {.on_row = NULL};
    assert_int_equal(hearth_dataset_read("/tmp", &reader, &facts, NULL), HEARTH_EPATH);
    assert_int_equal(hearth_dataset_read("/proc/self/exe", &reader, &facts, NULL), HEARTH_EPATH);
    assert_int_equal(hearth_dataset_read("/tmp/hearth-no-such-file", &reader, &facts, NULL),
                     HEARTH_ENOTFOUND);
}

static void test_the_digest_is_that_of_the_file(void **state)
{
    (void)state;
    struct hearth_dataset_facts facts;
    struct seen seen;
    char wanted[HEARTH_SHA256_HEX];
    static const char text[] = "[{\"text\":\"a\"}] and more";
    assert_int_equal(read_bytes(text, strlen(text), &seen, &facts), 0);
    hearth_sha256_of(text, strlen(text), wanted);
    assert_string_equal(facts.sha256, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes_are_found_by_their_members),
        cmocka_unit_test(test_formats_are_found_by_looking),
        cmocka_unit_test(test_faults_are_told_by_line_and_reading_goes_on),
        cmocka_unit_test(test_faults_have_lines_and_columns),
        cmocka_unit_test(test_values_of_a_row_are_bounded),
        cmocka_unit_test(test_all_faults_are_counted_and_few_are_told),
        cmocka_unit_test(test_a_row_too_long_is_a_fault_alone),
        cmocka_unit_test(test_hostile_bytes_are_faults),
        cmocka_unit_test(test_files_of_other_formats_are_refused_with_what_to_do),
        cmocka_unit_test(test_what_is_no_file_is_refused),
        cmocka_unit_test(test_the_digest_is_that_of_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
