/* How long the rows of a data set are as tokens of a base. */
#include "train/base.h"
#include "train/job.h"
#include "train/job_rows.h"

static json_t *result_of(const struct hearth_job_rows *rows, uint32_t context)
{
    uint64_t over = 0;
    for (uint64_t i = 0; i < rows->count; i++)
        over += context && rows->starts[i + 1] - rows->starts[i] > context;
    return json_pack("{s:s, s:o, s:I, s:I, s:I, s:I}", "type", "measure", "tokens",
                     hearth_job_rows_lengths(rows), "learnt_tokens", (json_int_t)rows->learnt,
                     "context", (json_int_t)context, "over_context", (json_int_t)over, "faulty",
                     (json_int_t)rows->facts.faulty);
}

/* No row is cut or left out: how many are too long is what is asked. */
int hearth_job_measure(const struct hearth_job_order *order, const struct hearth_words *words,
                       const struct hearth_job_listener *listener, json_t **ret_result,
                       struct hearth_error *error)
{
    const struct hearth_job_rows_source source = {
        .path = order->data.path,
        .sha256 = order->data.sha256,
        .words = words,
        .parameters = &order->parameters,
        .context = UINT32_MAX,
        .is_canceled = listener->wants_stop,
        .argument = listener->argument,
    };
    struct hearth_train_base *base = NULL;
    struct hearth_job_rows rows = {0};
    int rc = hearth_train_base_open(order->base_path, &base, error);
    if (!rc)
        rc = hearth_job_rows_read(&source, &rows, error);
    if (!rc)
        *ret_result = result_of(&rows, hearth_train_base_network(base)->trained_context);
    hearth_job_rows_finish(&rows);
    hearth_train_base_close(base);
    return rc;
}
