/* A pass from tokens to results, run by all members of a team at once. Every phase takes its pieces
 * from one counter and ends with a barrier; between two barriers no member reads what another
 * writes. A row's numbers are computed by whichever member takes it, always by the same operations
 * in the same order, so that they do not depend on who that is. */
#include "network/decoder_private.h"

#include <string.h>

float *hearth_pass_member_rows(const struct hearth_pass *pass, const struct hearth_member *member)
{
    const struct hearth_workspace *space = &pass->decoder->space;
    return space->member_rows + hearth_member_index(member) * HEARTH_ROW_GROUP * space->widest;
}

void hearth_pass_norm(const struct hearth_decoder *decoder, const float *x, const float *weight,
                      const float *bias, float *y)
{
    const struct hearth_network *network = &decoder->network;
    if (weight == NULL)
        memcpy(y, x, network->width * sizeof(*y));
    else if (network->architecture->norm == HEARTH_NORM_RMS)
        decoder->ops->rms_norm(x, weight, network->norm_epsilon, network->width, y);
    else
        decoder->ops->layer_norm(x, weight, bias, network->norm_epsilon, network->width, y);
}

/* A branch that was waiting for its norm joins the stream: x += scale · norm(branch) (Gemma 2, OLMo
 * 2). It is the next reader of the row that does it, in the same phase in which it norms the row
 * for itself. */
static void join(const struct hearth_pass *pass, size_t row, const float *norm, float *scratch)
{
    const struct hearth_decoder *decoder = pass->decoder;
    size_t width = decoder->network.width;
    if (norm == NULL)
        return;
    hearth_pass_norm(decoder, decoder->space.branch + row * width, norm, NULL, scratch);
    decoder->ops->add(decoder->space.x + row * width, scratch, NULL,
                      decoder->network.residual_scale, width);
}

static size_t group_rows(size_t rows, size_t group)
{
    return rows - group < HEARTH_ROW_GROUP ? rows - group : HEARTH_ROW_GROUP;
}

/* Whole groups of rows to one member: packed rows of a group share cache lines, which two cores
 * would otherwise pull to and fro. */
void hearth_pass_rows(struct hearth_member *member, struct hearth_pass *pass,
                      const struct hearth_row_phase *phase)
{
    const struct hearth_decoder *decoder = pass->decoder;
    const struct hearth_workspace *space = &decoder->space;
    size_t width = decoder->network.width, group;
    float *scratch = hearth_pass_member_rows(pass, member);
    while ((group = hearth_member_take(member) * HEARTH_ROW_GROUP) < pass->rows) {
        float *normed = phase->copy != NULL ? phase->copy + group * width : scratch;
        size_t rows = group_rows(pass->rows, group);
        for (size_t i = 0; i < rows; i++) {
            join(pass, group + i, phase->branch_norm, scratch + i * width);
            hearth_pass_norm(decoder, space->x + (group + i) * width, phase->norm, phase->norm_bias,
                             normed + i * width);
        }
        hearth_packed_set_rows(phase->to, decoder->kernels, group, rows, normed, width);
    }
    hearth_member_barrier(member);
}

/* Angles are computed here once for each row, for all layers; layers with windows may turn by other
 * frequencies (Gemma 3) and then have tables of their own. */
static void embed(struct hearth_member *member, struct hearth_pass *pass)
{
    const struct hearth_decoder *decoder = pass->decoder;
    const struct hearth_network *network = &decoder->network;
    const struct hearth_workspace *space = &decoder->space;
    size_t width = network->width, angles = network->rotary_size / 2, row;
    while ((row = hearth_member_take(member)) < pass->rows) {
        const struct hearth_pass_row *at = &space->rows[row];
        float *x = space->x + row * width;
        hearth_weights_embedding(&decoder->weights, (uint32_t)at->token, x);
        if (network->embedding_scale != 1)
            decoder->ops->scale(x, network->embedding_scale, NULL, width, x);
        hearth_rotary_angles(at->position, decoder->frequencies, angles, network->rotary.magnitude,
                             space->cosines + row * angles, space->sines + row * angles);
        if (decoder->windowed_angles)
            hearth_rotary_angles(at->position, decoder->windowed_frequencies, angles,
                                 network->windowed_rotary.magnitude,
                                 space->windowed_cosines + row * angles,
                                 space->windowed_sines + row * angles);
    }
    hearth_member_barrier(member);
}

/* Rows that give a result, normed: as they are, or packed for the head. A caller may ask for fewer
 * rows than the step has, so row `i` of the results is row output_rows[i] of the stream. */
static void finish_rows(struct hearth_member *member, struct hearth_pass *pass,
                        const float *waiting_norm, const struct hearth_packed_set *to)
{
    const struct hearth_decoder *decoder = pass->decoder;
    const struct hearth_workspace *space = &decoder->space;
    float *scratch = hearth_pass_member_rows(pass, member);
    size_t width = decoder->network.width, group;
    bool states = pass->result == HEARTH_DECODER_STATES;
    while ((group = hearth_member_take(member) * HEARTH_ROW_GROUP) < pass->outputs) {
        size_t rows = group_rows(pass->outputs, group);
        float *normed = states ? space->results + group * width : scratch;
        for (size_t i = 0; i < rows; i++) {
            size_t row = space->output_rows[group + i];
            join(pass, row, waiting_norm, scratch + i * width);
            hearth_pass_norm(decoder, space->x + row * width, decoder->weights.final_norm,
                             decoder->weights.final_norm_bias, normed + i * width);
        }
        if (!states)
            hearth_packed_set_rows(to, decoder->kernels, group, rows, normed, width);
    }
    hearth_member_barrier(member);
}

/* logits = cap · tanh((head · x · scale + bias) / cap), where there is a cap (Gemma 2, arXiv
 * 2408.00118); the scale is 1 for all but a few. */
static void finish_logits(void *argument, const struct hearth_tile *tile)
{
    const struct hearth_decoder *decoder = argument;
    const struct hearth_network *network = &decoder->network;
    const float *bias = decoder->weights.head_bias;
    for (size_t i = 0; i < tile->rows; i++) {
        float *values = tile->values + i * tile->stride;
        float *to = decoder->space.results + (tile->first_row + i) * decoder->result_stride +
                    tile->first_output;
        decoder->ops->scale(values, network->logit_scale, bias ? bias + tile->first_output : NULL,
                            tile->outputs, to);
        if (network->logit_cap > 0)
            decoder->ops->soft_cap(to, network->logit_cap, tile->outputs, to);
    }
}

/* Without a barrier at its end: hearth_team_run returns when all members have. */
static void finish_pass(struct hearth_member *member, struct hearth_pass *pass,
                        const float *waiting_norm)
{
    struct hearth_decoder *decoder = pass->decoder;
    const struct hearth_panels *head = &decoder->weights.head;
    if (pass->outputs == 0)
        return;
    struct hearth_packed_set set =
        hearth_packed_set_over(&decoder->space.stream, pass->outputs, decoder->network.width);
    hearth_packed_set_want(&set, head);
    finish_rows(member, pass, waiting_norm, &set);
    if (pass->result == HEARTH_DECODER_STATES)
        return;
    struct hearth_product product = {
        .weights = head,
        .rows = &set.rows[hearth_packing_of(head->form)],
        .strip = 64,
        .finish = finish_logits,
        .argument = decoder,
    };
    hearth_products_run(member, decoder->kernels, &product, 1);
}

/* Behind the last attention only rows that give a result matter, since no later layer will read the
 * others' keys and values: the wanted rows move to the front. In a prompt that is one row of
 * hundreds. By one member, because a row may move into the place of another. */
static void keep_outputs(struct hearth_member *member, struct hearth_pass *pass)
{
    const struct hearth_decoder *decoder = pass->decoder;
    const struct hearth_workspace *space = &decoder->space;
    size_t width = decoder->network.width;
    if (hearth_member_index(member) == 0) {
        /* Their numbers ascend, so that none is written over before it has moved. */
        for (size_t i = 0; i < pass->outputs; i++) {
            size_t row = space->output_rows[i];
            memmove(space->x + i * width, space->x + row * width, width * sizeof(*space->x));
            if (space->branch != NULL)
                memmove(space->branch + i * width, space->branch + row * width,
                        width * sizeof(*space->branch));
            space->output_rows[i] = (uint32_t)i;
        }
        pass->rows = pass->outputs;
    }
    hearth_member_barrier(member);
}

/* The layers one after the other. `waiting_norm` goes from one half to the next: the norm of a
 * branch that has been computed and has yet to join the stream. A pass ends early only where all
 * members end alike, because a member that left others at a barrier would stop the team for
 * good. */
void hearth_pass(struct hearth_member *member, void *argument)
{
    struct hearth_pass *pass = argument;
    const struct hearth_decoder *decoder = pass->decoder;
    const float *waiting_norm = NULL;
    const uint32_t last = decoder->network.layers - 1;
    /* Decided before the number of rows changes, so that all decide alike. */
    const bool narrows = pass->outputs < pass->rows &&
                         !hearth_feed_reads_attention_rows(decoder, &decoder->weights.layers[last]);
    embed(member, pass);
    for (uint32_t i = 0; i <= last; i++) {
        /* Read by all behind the next barrier, so that all stop at the same place. */
        if (hearth_member_index(member) == 0)
            pass->stop = pass->canceled != NULL && atomic_load(pass->canceled);
        hearth_pass_attention(member, pass, i, waiting_norm);
        if (pass->stop)
            return;
        if (i == last && narrows)
            keep_outputs(member, pass);
        if (pass->rows == 0)
            return;
        hearth_pass_feed(member, pass, i);
        waiting_norm = decoder->weights.layers[i].feed_post_norm;
    }
    finish_pass(member, pass, waiting_norm);
}
