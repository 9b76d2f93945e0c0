/* A classifier's numbers as labels with probabilities. */
#include "task/labels.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const float numbers[] = {0, 1, 0};

static void expect(const struct hearth_labels *labels, uint32_t count, const char *text)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 4096);
    hearth_labels_write(labels, numbers, count, &buf);
    assert_string_equal(hearth_buf_cstr(&buf), text);
    hearth_buf_finish(&buf);
}

static void one_of_several_is_a_softmax_and_ties_keep_their_order(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b\"", "c"};
    const struct hearth_labels labels = {names, 3, false};
    expect(&labels, 3,
           "[{\"label\":\"b\\\"\",\"score\":0.57611686},{\"label\":\"a\",\"score\":0.21194156},"
           "{\"label\":\"c\",\"score\":0.21194156}]");
}

static void independent_labels_are_sigmoids_and_unnamed_ones_are_numbered(void **state)
{
    (void)state;
    const struct hearth_labels labels = {NULL, 0, true};
    expect(&labels, 2,
           "[{\"label\":\"LABEL_1\",\"score\":0.7310586},{\"label\":\"LABEL_0\",\"score\":0.5}]");
}

static void names_are_read_from_the_facts(void **state)
{
    (void)state;
    struct hearth_model_facts facts = {.embedding_length = 2};
    snprintf(facts.labels_json, sizeof(facts.labels_json), "[\"no\",\"\",\"yes\",7]");
    struct hearth_labels *labels = hearth_labels_create(&facts);
    assert_non_null(labels);
    assert_int_equal(labels->count, 4);
    assert_string_equal(labels->names[0], "no");
    assert_string_equal(labels->names[1], "");
    assert_string_equal(labels->names[2], "yes");
    assert_string_equal(labels->names[3], "");
    assert_false(labels->independent);
    hearth_labels_destroy(labels);
    facts.labels_json[0] = '\0';
    facts.embedding_length = 1;
    labels = hearth_labels_create(&facts);
    assert_non_null(labels);
    assert_null(labels->names);
    assert_true(labels->independent);
    hearth_labels_destroy(labels);
}

/* A vectors' work keeps them while the pool writes: they must not lean on what they were read from.
 */
static void labels_outlive_the_facts(void **state)
{
    (void)state;
    struct hearth_model_facts *facts = hearth_calloc(1, sizeof(*facts));
    facts->embedding_length = 2;
    snprintf(facts->labels_json, sizeof(facts->labels_json), "[\"no\",\"yes\"]");
    struct hearth_labels *labels = hearth_labels_create(facts);
    memset(facts, 0x55, sizeof(*facts));
    hearth_free(facts);
    expect(labels, 2,
           "[{\"label\":\"yes\",\"score\":0.7310586},{\"label\":\"no\",\"score\":0.26894143}]");
    hearth_labels_destroy(labels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_several_is_a_softmax_and_ties_keep_their_order),
        cmocka_unit_test(independent_labels_are_sigmoids_and_unnamed_ones_are_numbered),
        cmocka_unit_test(names_are_read_from_the_facts),
        cmocka_unit_test(labels_outlive_the_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
