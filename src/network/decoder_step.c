/* From spans of sequences to the rows of a pass. */
#include "base/error.h"
#include "network/decoder_adapters.h"
#include "network/decoder_private.h"

#include <inttypes.h>

/* Tokens index the embeddings, so each is checked here, once; below this nobody looks again. The
 * comparison with all spans before it also bounds their number by that of the sequences. */
static int check_span(const struct hearth_decoder *decoder, const struct hearth_decoder_span *spans,
                      size_t index, struct hearth_error *error)
{
    const struct hearth_decoder_span *span = &spans[index];
    if (span->sequence >= decoder->params.sequences || span->count == 0 ||
        span->outputs > span->count)
        return hearth_error_set(error, HEARTH_EINVAL, "a step of a sequence that cannot be");
    for (size_t i = 0; i < index; i++)
        if (spans[i].sequence == span->sequence)
            return hearth_error_set(error, HEARTH_EINVAL, "a sequence twice in a step");
    for (uint32_t i = 0; i < span->count; i++)
        if (span->tokens[i] < 0 || (uint32_t)span->tokens[i] >= decoder->network.vocabulary)
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "token %" PRId32 " is not in the vocabulary", span->tokens[i]);
    return 0;
}

static int check(const struct hearth_decoder *decoder, const struct hearth_decoder_span *spans,
                 size_t count, enum hearth_decoder_result result, struct hearth_error *error)
{
    uint64_t rows = 0, outputs = 0;
    uint64_t most =
        result == HEARTH_DECODER_LOGITS ? decoder->params.outputs : decoder->params.states;
    for (size_t i = 0; i < count; i++) {
        int rc = check_span(decoder, spans, i, error);
        if (rc != 0)
            return rc;
        rows += spans[i].count;
        outputs += spans[i].outputs;
    }
    if (rows > decoder->params.batch || outputs > most)
        return hearth_error_set(error, HEARTH_EINVAL, "a step of more rows than a batch has");
    return 0;
}

/* Pages for what comes; the rows of the pass. Pages are reserved before the pass, since nothing may
 * fail within it, and a page that is shared is copied now, by one thread. When a later span fails,
 * the pages reserved here stay with their sequence and serve its next step. */
static int add_span(struct hearth_pass *pass, const struct hearth_decoder_span *span,
                    struct hearth_error *error)
{
    struct hearth_decoder *decoder = pass->decoder;
    struct hearth_workspace *space = &decoder->space;
    uint32_t length = hearth_kv_cache_length(&decoder->cache, span->sequence);
    int rc = hearth_kv_cache_reserve(&decoder->cache, span->sequence, span->count);
    if (rc == HEARTH_ECONTEXT)
        return hearth_error_set(error, rc, "%" PRIu32 " tokens more than the context of %" PRIu32,
                                length + span->count - decoder->params.context,
                                decoder->params.context);
    if (rc != 0)
        return hearth_error_set(error, rc, "the KV cache is full");
    const uint32_t *table = hearth_kv_cache_table(&decoder->cache, span->sequence);
    space->queries[pass->sequences++] = (struct hearth_attention_queries){
        .pages = table, .first_position = length, .count = span->count, .first_row = pass->rows};
    for (uint32_t i = 0; i < span->count; i++) {
        struct hearth_pass_row *row = &space->rows[pass->rows];
        *row = (struct hearth_pass_row){
            .token = span->tokens[i],
            .position = length + i,
            .page = table[(length + i) / HEARTH_KV_PAGE_TOKENS],
        };
        if (space->adapters != NULL)
            space->adapters->scales[pass->rows] =
                decoder->adapter_scales + (size_t)span->sequence * decoder->params.adapter_count;
        if (i >= span->count - span->outputs)
            space->output_rows[pass->outputs++] = (uint32_t)pass->rows;
        pass->rows++;
    }
    return 0;
}

int hearth_decoder_step(struct hearth_decoder *decoder, const struct hearth_decoder_span *spans,
                        size_t count, enum hearth_decoder_result result,
                        const atomic_bool *canceled, struct hearth_error *error)
{
    /* Lengths grow only when the whole pass is done. After a cancel, keys and values of some layers
     * are in the pages already, but behind the end of their sequence, where the next step writes
     * over them before it reads. */
    struct hearth_pass pass = {.decoder = decoder, .result = result, .canceled = canceled};
    int rc = check(decoder, spans, count, result, error);
    decoder->result_stride =
        result == HEARTH_DECODER_LOGITS ? decoder->network.vocabulary : decoder->network.width;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = add_span(&pass, &spans[i], error);
    if (rc == 0 && pass.rows > 0) {
        hearth_adapters_sort(&pass);
        hearth_team_run(decoder->team, hearth_pass, &pass);
        if (pass.stop)
            rc = hearth_error_set(error, HEARTH_ECANCELED, "the step was aborted");
    }
    for (size_t i = 0; rc == 0 && i < count; i++)
        hearth_kv_cache_extend(&decoder->cache, spans[i].sequence, spans[i].count);
    return rc;
}
