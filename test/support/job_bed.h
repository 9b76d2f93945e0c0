/* A job over a small base with letters for tokens, and what it tells while it runs. For tests of
 * src/train/job.h. */
#ifndef HEARTH_TEST_JOB_BED_H
#define HEARTH_TEST_JOB_BED_H

#include "support/decoder_maker.h"
#include "support/temp_folder.h"
#include "unit/cmocka_all.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/small_file.h"
#include "train/job.h"

#include <string.h>

enum { JOB_BED_FILE_MAX = 8 << 20 };

struct job_bed {
    char folder[TEMP_FOLDER_BYTES], base[64], data[64];
    int stop_at_rest; /* between batches; 0: at none */
    int rests;
    int stop_after; /* events of the type `metrics`; −1: never */
    int metrics, checkpoints, warnings, plans;
    char warning[512];
    const char *made; /* the file that a job makes */
};

static inline int job_bed_render(void *argument, const json_t *conversation,
                                 struct hearth_buf *text, struct hearth_error *error)
{
    (void)argument, (void)conversation, (void)text;
    return hearth_error_set(error, HEARTH_EINVAL, "no template");
}

static inline int job_bed_tokenize(void *argument, const char *text, size_t length, bool begins,
                                   bool special, int32_t **ret_tokens, uint32_t *ret_count,
                                   struct hearth_error *error)
{
    (void)argument, (void)begins, (void)special, (void)error;
    *ret_tokens = hearth_calloc(length + 1, sizeof(**ret_tokens));
    *ret_count = (uint32_t)length;
    for (size_t i = 0; i < length; i++)
        (*ret_tokens)[i] = (unsigned char)text[i];
    return 0;
}

static inline void job_bed_spell(void *argument, int32_t token, struct hearth_buf *text)
{
    (void)argument;
    const char byte = (char)token;
    hearth_buf_append(text, &byte, 1);
}

static inline bool job_bed_ends(void *argument, int32_t token)
{
    (void)argument;
    return token == 300;
}

static const struct hearth_words job_bed_words = {
    job_bed_render, job_bed_tokenize, job_bed_spell, NULL, 300, job_bed_ends};

static inline void job_bed_on_event(void *argument, json_t *event)
{
    struct job_bed *bed = argument;
    assert_non_null(event);
    const char *type = hearth_json_text(event, "type", "");
    bed->metrics += strcmp(type, "metrics") == 0;
    bed->checkpoints += strcmp(type, "checkpoint") == 0;
    bed->plans += strcmp(type, "plan") == 0;
    if (strcmp(hearth_json_text(event, "level", ""), "warning") == 0) {
        bed->warnings++;
        snprintf(bed->warning, sizeof(bed->warning), "%s", hearth_json_text(event, "message", ""));
    }
    json_decref(event);
}

static inline bool job_bed_wants_stop(void *argument)
{
    struct job_bed *bed = argument;
    if (bed->stop_at_rest && bed->rests >= bed->stop_at_rest)
        return true;
    return bed->stop_after >= 0 && bed->metrics >= bed->stop_after;
}

static inline void job_bed_rest(void *argument)
{
    struct job_bed *bed = argument;
    bed->rests++;
}

static inline void job_bed_write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline void job_bed_begin(struct job_bed *bed, const struct decoder_maker *maker)
{
    *bed = (struct job_bed){.stop_after = -1, .made = "adapter.gguf"};
    temp_folder_make(bed->folder);
    snprintf(bed->base, sizeof(bed->base), "%s/base.gguf", bed->folder);
    snprintf(bed->data, sizeof(bed->data), "%s/data.jsonl", bed->folder);
    assert_true(decoder_make(maker, bed->base));
    job_bed_write_text(bed->data,
                       "{\"prompt\":\"one \",\"completion\":\"two three\"}\n"
                       "{\"prompt\":\"a\",\"completion\":\"b\"}\n{\"text\":\"some words\"}\n"
                       "{\"prompt\":\"who? \",\"completion\":\"nobody\"}\n{\"text\":\"x\"}\n");
}

static inline void job_bed_finish(struct job_bed *bed)
{
    temp_folder_remove(bed->folder);
}

/* Runs a job in `output` of the bed's folder, with some parameters beside the usual ones. */
static inline int job_bed_run(struct job_bed *bed, const char *output, const char *parameters,
                              json_t **ret_result, struct hearth_error *error)
{
    const struct hearth_job_listener listener = {job_bed_on_event, NULL, job_bed_wants_stop,
                                                 job_bed_rest, bed};
    char text[2048];
    struct hearth_job_order order;
    snprintf(text, sizeof(text), "%s/%s", bed->folder, output);
    mkdir(text, 0700);
    int length = snprintf(text, sizeof(text),
                          "{\"base\":{\"path\":\"%s\",\"name\":\"b\"},\"data\":{\"path\":\"%s\"},"
                          "\"output\":\"%s/%s\",\"parameters\":{\"rank\":2,\"batch_size\":2,"
                          "\"exports\":[\"gguf\"]%s}}",
                          bed->base, bed->data, bed->folder, output, parameters);
    *ret_result = NULL;
    *error = (struct hearth_error){.code = 0};
    bed->rests = bed->metrics = bed->checkpoints = bed->warnings = bed->plans = 0;
    assert_int_equal(hearth_job_order_read(text, (size_t)length, &order, error), 0);
    int rc = hearth_job_run(&order, &job_bed_words, &listener, ret_result, error);
    hearth_job_order_finish(&order);
    return rc;
}

static inline void job_bed_digest_of(const struct job_bed *bed, const char *output,
                                     char ret[HEARTH_SHA256_HEX])
{
    char path[128];
    struct hearth_buf bytes;
    snprintf(path, sizeof(path), "%s/%s/artifacts", bed->folder, output);
    hearth_buf_init(&bytes, JOB_BED_FILE_MAX);
    assert_int_equal(hearth_small_file_read_in(path, bed->made, &bytes, NULL), 0);
    hearth_sha256_of(bytes.bytes, bytes.length, ret);
    hearth_buf_finish(&bytes);
}

static inline bool job_bed_has_made(const struct job_bed *bed, const char *output)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s/artifacts/%s", bed->folder, output, bed->made);
    return access(path, F_OK) == 0;
}

static inline json_int_t job_bed_number_of(const json_t *result, const char *key)
{
    return json_integer_value(json_object_get(result, key));
}

static inline void job_bed_run_whole(struct job_bed *bed, const char *output,
                                     const char *parameters, json_int_t steps, json_int_t resumed,
                                     char ret_digest[HEARTH_SHA256_HEX])
{
    struct hearth_error error;
    json_t *result;
    if (job_bed_run(bed, output, parameters, &result, &error))
        fail_msg("%s", error.message);
    assert_int_equal(job_bed_number_of(result, "steps"), steps);
    assert_int_equal(job_bed_number_of(result, "resumed_from"), resumed);
    json_decref(result);
    job_bed_digest_of(bed, output, ret_digest);
}

#endif
