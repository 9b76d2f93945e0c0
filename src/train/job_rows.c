#include "train/job_rows.h"

#include "base/error.h"
#include "base/memory.h"
#include "compute/philox.h"
#include "dataset/token_lengths.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { USE_OF_ORDER = 3, USE_OF_SPLIT = 4 }; /* of the generator; lora.c and linear.c have others */

struct reading {
    const struct hearth_job_rows_source *source;
    struct hearth_job_rows *rows;
};

static bool grow(void **array, uint64_t *capacity, uint64_t wanted, size_t size)
{
    if (wanted <= *capacity)
        return true;
    uint64_t more = *capacity * 2 > wanted ? *capacity * 2 : wanted + 1024;
    void *longer = hearth_try_realloc(*array, more * size);
    if (!longer)
        return false;
    *array = longer;
    *capacity = more;
    return true;
}

static int add_row(struct hearth_job_rows *rows, const struct hearth_learnt *learnt,
                   struct hearth_error *error)
{
    uint64_t at = rows->count ? rows->starts[rows->count] : 0, end = at + learnt->count;
    uint64_t same = rows->token_capacity;
    if (end > HEARTH_JOB_TOKENS_MAX || rows->count >= UINT32_MAX / 2)
        return hearth_error_set(error, HEARTH_ETOOLARGE,
                                "the data has more than %" PRIu64 " tokens", HEARTH_JOB_TOKENS_MAX);
    if (!grow((void **)&rows->tokens, &same, end, sizeof(*rows->tokens)) ||
        !grow((void **)&rows->counts, &rows->token_capacity, end, sizeof(*rows->counts)) ||
        !grow((void **)&rows->starts, &rows->capacity, rows->count + 2, sizeof(*rows->starts)))
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the data's tokens");
    memcpy(rows->tokens + at, learnt->tokens, learnt->count * sizeof(*rows->tokens));
    memcpy(rows->counts + at, learnt->counts, learnt->count * sizeof(*rows->counts));
    rows->starts[rows->count++] = at;
    rows->starts[rows->count] = end;
    rows->learnt += learnt->learnt;
    rows->longest = learnt->count > rows->longest ? learnt->count : rows->longest;
    return 0;
}

/* A row that is of no use after it was cut, since nothing that is learnt is left of it, is dropped.
 */
static int take_long(const struct reading *reading, uint64_t line, struct hearth_learnt *learnt,
                     struct hearth_error *error)
{
    switch (reading->source->parameters->long_rows) {
    case HEARTH_LONG_ROWS_REFUSE:
        return hearth_error_set(error, HEARTH_EINVAL,
                                "line %" PRIu64 " has %u tokens, more than the context of %u; "
                                "parameters.long_rows may cut or drop such rows",
                                line, learnt->count, reading->source->context);
    case HEARTH_LONG_ROWS_CUT:
        hearth_learnt_cut(learnt, reading->source->context);
        if (learnt->learnt) {
            reading->rows->cut++;
            return add_row(reading->rows, learnt, error);
        }
        break;
    default:
        break;
    }
    reading->rows->dropped++;
    return 0;
}

struct row_reading {
    const struct reading *reading;
    uint64_t line;
    int rc; /* of what ends the whole reading */
};

static int take_part(void *argument, struct hearth_learnt *part, struct hearth_error *error)
{
    struct row_reading *at = argument;
    at->rc = part->count > at->reading->source->context
                 ? take_long(at->reading, at->line, part, error)
                 : add_row(at->reading->rows, part, error);
    return at->rc;
}

static void note_fault(struct hearth_dataset_facts *facts, uint64_t line,
                       const struct hearth_error *why)
{
    facts->faulty++;
    if (facts->fault_count == HEARTH_DATASET_FAULTS_MAX)
        return;
    struct hearth_dataset_fault *fault = &facts->faults[facts->fault_count++];
    *fault = (struct hearth_dataset_fault){.line = line};
    memcpy(fault->message, why->message, sizeof(fault->message));
    fault->message[sizeof(fault->message) - 1] = '\0';
}

/* A row that the template refuses is a fault like one of the file. */
static int on_row(void *argument, const struct hearth_dataset_row *row, struct hearth_error *error)
{
    const struct reading *reading = argument;
    struct row_reading at = {.reading = reading, .line = row->line};
    const struct hearth_learnt_taker taker = {take_part, &at};
    struct hearth_error why = {.code = 0};
    bool all = reading->source->parameters->train_on == HEARTH_TRAIN_ON_ALL;
    int rc = hearth_learn_parts(reading->source->words, row, all, &taker, &why);
    if (at.rc || rc == HEARTH_ENOMEM)
        return hearth_error_set(error, rc, "%s", why.message);
    if (rc)
        note_fault(&reading->rows->facts, row->line, &why);
    return 0;
}

static bool is_canceled(void *argument)
{
    const struct reading *reading = argument;
    return reading->source->is_canceled && reading->source->is_canceled(reading->source->argument);
}

static int no_row(const struct hearth_job_rows *rows, struct hearth_error *error)
{
    const struct hearth_dataset_facts *facts = &rows->facts;
    if (rows->dropped)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the data has no row that fits into the context: %" PRIu64
                                " were dropped",
                                rows->dropped);
    if (facts->fault_count)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the data has no usable row; line %" PRIu64 ": %s",
                                facts->faults[0].line, facts->faults[0].message);
    return hearth_error_set(error, HEARTH_EINVAL, "the data has no row");
}

int hearth_job_rows_read(const struct hearth_job_rows_source *source,
                         struct hearth_job_rows *ret_rows, struct hearth_error *error)
{
    *ret_rows = (struct hearth_job_rows){0};
    struct reading reading = {source, ret_rows};
    struct hearth_dataset_reader reader = {on_row, &reading, is_canceled};
    int rc = hearth_dataset_read(source->path, &reader, &ret_rows->facts, error);
    if (!rc && *source->sha256 && strcmp(source->sha256, ret_rows->facts.sha256) != 0)
        rc = hearth_error_set(error, HEARTH_ECONFLICT,
                              "%s has changed since it was registered: its sha256 is %s, not %s",
                              source->path, ret_rows->facts.sha256, source->sha256);
    if (!rc && ret_rows->count == 0)
        rc = no_row(ret_rows, error);
    if (!rc)
        ret_rows->order = hearth_try_calloc(ret_rows->count, sizeof(*ret_rows->order));
    if (!rc && !ret_rows->order)
        rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory for the data's rows");
    for (uint32_t i = 0; !rc && i < ret_rows->count; i++)
        ret_rows->order[i] = i;
    if (rc)
        hearth_job_rows_finish(ret_rows);
    return rc;
}

void hearth_job_rows_finish(struct hearth_job_rows *rows)
{
    hearth_free(rows->tokens);
    hearth_free(rows->counts);
    hearth_free(rows->starts);
    hearth_free(rows->order);
    *rows = (struct hearth_job_rows){0};
}

/* Fisher and Yates, with numbers that depend on the seed, the epoch and the place alone. */
static void shuffle(uint32_t *order, uint64_t count, uint64_t seed, uint64_t epoch, uint32_t use)
{
    for (uint64_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (uint64_t i = count; i-- > 1;) {
        double share = hearth_philox_uniform(seed, (uint32_t)i, use, (uint32_t)epoch);
        uint64_t other = (uint64_t)(share * (double)(i + 1));
        other = other > i ? i : other;
        uint32_t kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

void hearth_job_rows_shuffle(struct hearth_job_rows *rows, uint64_t seed, uint64_t epoch)
{
    shuffle(rows->order, rows->count, seed, epoch, USE_OF_ORDER);
}

static struct hearth_learnt row_at(const struct hearth_job_rows *rows, uint32_t row)
{
    uint64_t at = rows->starts[row];
    struct hearth_learnt learnt = {rows->tokens + at, rows->counts + at,
                                   (uint32_t)(rows->starts[row + 1] - at), 0};
    for (uint32_t i = 0; i < learnt.count; i++)
        learnt.learnt += learnt.counts[i];
    return learnt;
}

static int copy_rows(const struct hearth_job_rows *rows, const uint32_t *order, uint64_t count,
                     struct hearth_job_rows *ret, struct hearth_error *error)
{
    int rc = 0;
    *ret =
        (struct hearth_job_rows){.facts = rows->facts, .cut = rows->cut, .dropped = rows->dropped};
    for (uint64_t i = 0; !rc && i < count; i++) {
        struct hearth_learnt row = row_at(rows, order[i]);
        rc = add_row(ret, &row, error);
    }
    ret->order = rc ? NULL : hearth_try_calloc(count, sizeof(*ret->order));
    if (!rc && !ret->order)
        rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory for the data's rows");
    for (uint32_t i = 0; !rc && i < count; i++)
        ret->order[i] = i;
    return rc;
}

int hearth_job_rows_split(struct hearth_job_rows *rows, double share, uint64_t seed,
                          struct hearth_job_rows *ret_part, struct hearth_error *error)
{
    uint64_t part = (uint64_t)((double)rows->count * share + 0.5);
    struct hearth_job_rows rest = {0};
    *ret_part = rest;
    part = part < rows->count ? part : rows->count - 1;
    if (part == 0)
        return 0;
    shuffle(rows->order, rows->count, seed, 0, USE_OF_SPLIT);
    uint64_t kept = rows->count - part;
    int rc = copy_rows(rows, rows->order, kept, &rest, error);
    if (!rc)
        rc = copy_rows(rows, rows->order + kept, part, ret_part, error);
    if (rc) {
        hearth_job_rows_finish(&rest);
        hearth_job_rows_finish(ret_part);
        return rc;
    }
    hearth_job_rows_finish(rows);
    *rows = rest;
    return 0;
}

static int longer_first(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? 1 : left > right ? -1 : 0;
}

uint64_t hearth_job_rows_most(const struct hearth_job_rows *rows, uint32_t count)
{
    uint64_t sum = 0, *lengths = hearth_calloc(rows->count, sizeof(*lengths));
    for (uint64_t i = 0; i < rows->count; i++)
        lengths[i] = rows->starts[i + 1] - rows->starts[i];
    qsort(lengths, rows->count, sizeof(*lengths), longer_first);
    for (uint64_t i = 0; i < count && i < rows->count; i++)
        sum += lengths[i];
    hearth_free(lengths);
    return sum;
}

int hearth_job_batch_create(struct hearth_job_batch *batch, uint32_t rows, uint64_t tokens,
                            struct hearth_error *error)
{
    *batch = (struct hearth_job_batch){0};
    batch->tokens = hearth_try_calloc(tokens, sizeof(*batch->tokens));
    batch->labels = hearth_try_calloc(tokens, sizeof(*batch->labels));
    batch->starts = hearth_try_calloc((size_t)rows + 1, sizeof(*batch->starts));
    if (batch->tokens && batch->labels && batch->starts)
        return 0;
    hearth_job_batch_destroy(batch);
    return hearth_error_set(error, HEARTH_ENOMEM, "no memory for a batch");
}

void hearth_job_batch_destroy(struct hearth_job_batch *batch)
{
    hearth_free(batch->tokens);
    hearth_free(batch->labels);
    hearth_free(batch->starts);
    *batch = (struct hearth_job_batch){0};
}

void hearth_job_batch_fill(struct hearth_job_batch *batch, const struct hearth_job_rows *rows,
                           uint64_t first, uint32_t count, uint32_t number)
{
    uint32_t at = 0;
    batch->learnt = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct hearth_learnt row = row_at(rows, rows->order[first + i]);
        batch->starts[i] = at;
        memcpy(batch->tokens + at, row.tokens, row.count * sizeof(*row.tokens));
        for (uint32_t j = 0; j < row.count; j++) {
            bool learnt = j + 1 < row.count && row.counts[j + 1];
            batch->labels[at + j] = learnt ? row.tokens[j + 1] : HEARTH_TRAIN_UNLABELED;
        }
        batch->learnt += row.learnt;
        at += row.count;
    }
    batch->starts[count] = at;
    batch->batch =
        (struct hearth_train_batch){batch->tokens, batch->labels, batch->starts, count, number};
}

json_t *hearth_job_rows_lengths(const struct hearth_job_rows *rows)
{
    struct hearth_token_lengths found;
    uint32_t *lengths = hearth_try_calloc(rows->count + 1, sizeof(*lengths));
    if (!lengths)
        return json_null();
    for (uint64_t i = 0; i < rows->count; i++)
        lengths[i] = (uint32_t)(rows->starts[i + 1] - rows->starts[i]);
    hearth_token_lengths_of(lengths, rows->count, &found);
    hearth_free(lengths);
    return hearth_token_lengths_json(&found);
}
