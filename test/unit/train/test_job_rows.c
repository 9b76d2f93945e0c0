/* Rows of a job as tokens: what is cut, dropped, refused and kept apart, the order of an epoch, and
 * batches. */
#include "support/temp_folder.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "base/memory.h"
#include "train/job_rows.h"

#include <string.h>

/* A letter is a token, and 300 ends a text. */
static int tokenize(void *argument, const char *text, size_t length, bool begins, bool special,
                    int32_t **ret_tokens, uint32_t *ret_count, struct hearth_error *error)
{
    (void)argument, (void)begins, (void)special, (void)error;
    *ret_tokens = hearth_calloc(length + 1, sizeof(**ret_tokens));
    *ret_count = (uint32_t)length;
    for (size_t i = 0; i < length; i++)
        (*ret_tokens)[i] = (unsigned char)text[i];
    return 0;
}

static void spell(void *argument, int32_t token, struct hearth_buf *text)
{
    const char byte = (char)token;
    (void)argument;
    hearth_buf_append(text, &byte, 1);
}

static bool ends(void *argument, int32_t token)
{
    (void)argument;
    return token == 300;
}

static const struct hearth_words words = {
    .tokenize = tokenize, .spell = spell, .end = 300, .ends = ends};

struct bed {
    char folder[TEMP_FOLDER_BYTES], path[64];
    struct hearth_training_parameters parameters;
    struct hearth_job_rows_source source;
    struct hearth_job_rows rows;
    struct hearth_error error;
};

static void begin(struct bed *bed, const char *text)
{
    *bed = (struct bed){.source = {.sha256 = "", .words = &words, .context = 100}};
    temp_folder_make(bed->folder);
    snprintf(bed->path, sizeof(bed->path), "%s/data.jsonl", bed->folder);
    FILE *file = fopen(bed->path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(hearth_training_parameters_read(NULL, &bed->parameters, NULL), 0);
    bed->source.path = bed->path;
    bed->source.parameters = &bed->parameters;
}

static int take(struct bed *bed)
{
    bed->error = (struct hearth_error){.code = 0};
    return hearth_job_rows_read(&bed->source, &bed->rows, &bed->error);
}

static void finish(struct bed *bed)
{
    hearth_job_rows_finish(&bed->rows);
    temp_folder_remove(bed->folder);
}

#define ROWS                                                                                       \
    "{\"prompt\":\"ab\",\"completion\":\"cd\"}\n{\"prompt\":\"long prompt\",\"completion\":\"x\"}" \
    "\n{\"text\":\"ninechars\"}\n{\"prompt\":1}\n"

static void a_batch_has_the_rows_with_their_labels(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_job_batch batch;
    begin(&bed, ROWS);
    assert_int_equal(take(&bed), 0);
    assert_true(bed.rows.count == 3 && bed.rows.facts.faulty == 1 && bed.rows.longest == 13);
    /* "cd" and the end; "x" and the end; all but the first of ten. */
    assert_true(bed.rows.learnt == 3 + 2 + 9);
    assert_int_equal(hearth_job_rows_most(&bed.rows, 2), 13 + 10);
    assert_int_equal(hearth_job_rows_most(&bed.rows, 9), 13 + 10 + 5);
    assert_int_equal(hearth_job_batch_create(&batch, 2, 23, NULL), 0);
    hearth_job_batch_fill(&batch, &bed.rows, 0, 2, 7);
    const int32_t labels[] = {HEARTH_TRAIN_UNLABELED, 'c', 'd', 300, HEARTH_TRAIN_UNLABELED};
    assert_memory_equal(batch.labels, labels, sizeof(labels));
    assert_true(batch.labels[15] == 'x' && batch.labels[16] == 300);
    assert_true(batch.starts[1] == 5 && batch.starts[2] == 18 && batch.learnt == 5);
    assert_true(batch.tokens[0] == 'a' && batch.tokens[5] == 'l' && batch.tokens[4] == 300);
    hearth_job_batch_destroy(&batch);
    finish(&bed);
}

static void long_rows_are_cut_dropped_or_refused(void **state)
{
    (void)state;
    static const struct {
        int64_t how;
        uint32_t context;
        int rc;
        uint64_t rows, cut, dropped;
    } cases[] = {
        /* Of the second row nothing that is learnt is left. */
        {HEARTH_LONG_ROWS_CUT, 6, 0, 2, 1, 1},
        {HEARTH_LONG_ROWS_DROP, 6, 0, 1, 0, 2},
        {HEARTH_LONG_ROWS_DROP, 10, 0, 2, 0, 1},
        {HEARTH_LONG_ROWS_REFUSE, 12, HEARTH_EINVAL, 0, 0, 0},
        {HEARTH_LONG_ROWS_REFUSE, 13, 0, 3, 0, 0},
        {HEARTH_LONG_ROWS_DROP, 4, HEARTH_EINVAL, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bed bed;
        begin(&bed, ROWS);
        bed.parameters.long_rows = cases[i].how;
        bed.source.context = cases[i].context;
        assert_int_equal(take(&bed), cases[i].rc);
        assert_int_equal(bed.rows.count, cases[i].rows);
        assert_int_equal(bed.rows.cut, cases[i].cut);
        assert_int_equal(bed.rows.dropped, cases[i].dropped);
        if (cases[i].context == 12)
            assert_non_null(strstr(bed.error.message, "line 2 has 13 tokens"));
        if (cases[i].context == 4)
            assert_non_null(strstr(bed.error.message, "3 were dropped"));
        finish(&bed);
    }
}

static void data_without_a_row_and_other_data_are_refused(void **state)
{
    (void)state;
    struct bed bed;
    begin(&bed, "");
    assert_int_equal(take(&bed), HEARTH_EINVAL);
    finish(&bed);
    begin(&bed, "{\"text\":\"fine\"}\n");
    bed.source.sha256 = "0000000000000000000000000000000000000000000000000000000000000000";
    assert_int_equal(take(&bed), HEARTH_ECONFLICT);
    assert_non_null(strstr(bed.error.message, "has changed since it was registered"));
    finish(&bed);
    begin(&bed, "{\"prompt\":1}\n");
    assert_int_equal(take(&bed), HEARTH_EINVAL);
    assert_non_null(strstr(bed.error.message, "line 1"));
    finish(&bed);
}

enum { MANY = 40 };

static void begin_many(struct bed *bed)
{
    char text[4096];
    int at = 0;
    for (int i = 0; i < MANY; i++)
        at += snprintf(text + at, sizeof(text) - (size_t)at, "{\"text\":\"%c%c\"}\n", 'A' + i / 20,
                       'a' + i % 20);
    begin(bed, text);
    assert_int_equal(take(bed), 0);
    assert_int_equal(bed->rows.count, MANY);
}

static void an_epoch_has_each_row_once_in_an_order_of_its_own(void **state)
{
    (void)state;
    struct bed bed;
    uint32_t first[MANY], seen[MANY] = {0};
    begin_many(&bed);
    hearth_job_rows_shuffle(&bed.rows, 5, 0);
    memcpy(first, bed.rows.order, sizeof(first));
    for (int i = 0; i < MANY; i++)
        seen[first[i]]++;
    for (int i = 0; i < MANY; i++)
        assert_int_equal(seen[i], 1);
    hearth_job_rows_shuffle(&bed.rows, 5, 1);
    assert_memory_not_equal(bed.rows.order, first, sizeof(first));
    hearth_job_rows_shuffle(&bed.rows, 6, 0);
    assert_memory_not_equal(bed.rows.order, first, sizeof(first));
    hearth_job_rows_shuffle(&bed.rows, 5, 0);
    assert_memory_equal(bed.rows.order, first, sizeof(first));
    finish(&bed);
}

static uint32_t name_of(const struct hearth_job_rows *rows, uint64_t row)
{
    const int32_t *tokens = rows->tokens + rows->starts[row];
    return (uint32_t)(tokens[0] - 'A') * 20 + (uint32_t)(tokens[1] - 'a');
}

static void rows_that_are_kept_apart_are_in_one_part_only(void **state)
{
    (void)state;
    static const struct {
        double share;
        uint64_t part;
    } cases[] = {{0, 0}, {0.01, 0}, {0.25, 10}, {0.9, 36}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bed bed;
        struct hearth_job_rows part;
        uint32_t seen[MANY] = {0};
        begin_many(&bed);
        uint64_t learnt = bed.rows.learnt;
        assert_int_equal(hearth_job_rows_split(&bed.rows, cases[i].share, 9, &part, NULL), 0);
        assert_int_equal(part.count, cases[i].part);
        assert_int_equal(bed.rows.count, MANY - cases[i].part);
        assert_int_equal(bed.rows.learnt + part.learnt, learnt);
        for (uint64_t j = 0; j < bed.rows.count; j++)
            seen[name_of(&bed.rows, j)]++;
        for (uint64_t j = 0; j < part.count; j++)
            seen[name_of(&part, j)]++;
        for (int j = 0; j < MANY; j++)
            assert_int_equal(seen[j], 1);
        hearth_job_rows_finish(&part);
        finish(&bed);
    }
}

static void one_row_stays_whatever_the_share(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_job_rows part;
    begin(&bed, "{\"text\":\"only\"}\n");
    assert_int_equal(take(&bed), 0);
    assert_int_equal(hearth_job_rows_split(&bed.rows, 0.9, 1, &part, NULL), 0);
    assert_true(bed.rows.count == 1 && part.count == 0);
    hearth_job_rows_finish(&part);
    finish(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_has_the_rows_with_their_labels),
        cmocka_unit_test(long_rows_are_cut_dropped_or_refused),
        cmocka_unit_test(data_without_a_row_and_other_data_are_refused),
        cmocka_unit_test(an_epoch_has_each_row_once_in_an_order_of_its_own),
        cmocka_unit_test(rows_that_are_kept_apart_are_in_one_part_only),
        cmocka_unit_test(one_row_stays_whatever_the_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
