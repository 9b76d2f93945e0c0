/* The phases of a mixture of experts, each ended by a barrier: rows are normed; the router scores
 * every expert; each row chooses; one member lists who has which rows; rows are packed once more,
 * by expert; gate and up of all experts as one list of products; down likewise; and each row
 * gathers what its experts gave. */
#include "network/decoder_experts.h"
#include "network/cutting.h"

#include <math.h>
#include <string.h>

/* Rows of each expert are packed by themselves, and begin on a line. How the rows spread over
 * experts is not known beforehand, so there is slack for each expert besides what all rows take;
 * and an expert's packing follows from its weights' type, so there is room for the largest. */
static size_t packed_bytes(const struct hearth_decoder *decoder, size_t assignments, size_t inputs)
{
    size_t most = 0;
    for (int i = 0; i < HEARTH_PACKINGS; i++) {
        size_t all = hearth_packed_rows_bytes((enum hearth_packing)i, assignments, inputs);
        size_t one = hearth_packed_rows_bytes((enum hearth_packing)i, 1, inputs);
        size_t bytes = all + decoder->network.experts * (one + HEARTH_CUT_LINE);
        most = bytes > most ? bytes : most;
    }
    return most;
}

/* Runs twice, without memory to count and with it to cut: so the two cannot disagree. */
static size_t lay_out(const struct hearth_decoder *decoder, struct hearth_expert_space *space,
                      char *memory)
{
    struct hearth_cutting cutting = {.base = memory};
    size_t rows = decoder->params.batch, experts = decoder->network.experts;
    size_t assignments = rows * decoder->network.experts_used;
    space->scores = hearth_cut(&cutting, rows * experts, sizeof(float));
    space->chosen = hearth_cut(&cutting, assignments, sizeof(uint32_t));
    space->shares = hearth_cut(&cutting, assignments, sizeof(float));
    space->places = hearth_cut(&cutting, assignments, sizeof(uint32_t));
    space->first = hearth_cut(&cutting, experts + 1, sizeof(uint32_t));
    space->row_of = hearth_cut(&cutting, assignments, sizeof(uint32_t));
    space->expert_of = hearth_cut(&cutting, assignments, sizeof(uint32_t));
    space->in = hearth_cut(&cutting, experts, sizeof(*space->in));
    space->inner = hearth_cut(&cutting, experts, sizeof(*space->inner));
    space->gates = hearth_cut(&cutting, experts, sizeof(*space->gates));
    space->stores = hearth_cut(&cutting, experts, sizeof(*space->stores));
    space->products = hearth_cut(&cutting, experts, sizeof(*space->products));
    space->downs = hearth_cut(&cutting, experts, sizeof(*space->downs));
    space->in_memory =
        hearth_cut(&cutting, packed_bytes(decoder, assignments, decoder->network.width), 1);
    space->inner_memory =
        hearth_cut(&cutting, packed_bytes(decoder, assignments, decoder->network.expert_feed), 1);
    space->outputs = hearth_cut(&cutting, assignments * decoder->network.width, sizeof(float));
    return cutting.used;
}

size_t hearth_expert_space_bytes(const struct hearth_decoder *decoder)
{
    struct hearth_expert_space none;
    return lay_out(decoder, &none, NULL);
}

void hearth_expert_space_lay_out(const struct hearth_decoder *decoder,
                                 struct hearth_expert_space *space, char *memory)
{
    lay_out(decoder, space, memory);
}

/* The likeliest experts of a row, the first of equals first, and their shares. An insertion into a
 * list of `used` places, by `>` alone: of equal scores the first stays first, and the result
 * depends on nothing but this row's scores. */
static void choose(const struct hearth_decoder *decoder, size_t row)
{
    const struct hearth_expert_space *space = decoder->space.experts;
    size_t experts = decoder->network.experts, used = decoder->network.experts_used;
    const float *scores = space->scores + row * experts;
    uint32_t *chosen = space->chosen + row * used;
    float *shares = space->shares + row * used, sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < experts; i++) {
        size_t at = count;
        if (count == used && !(scores[i] > scores[chosen[used - 1]]))
            continue;
        if (count == used)
            at = used - 1;
        else
            count++;
        for (; at > 0 && scores[i] > scores[chosen[at - 1]]; at--)
            chosen[at] = chosen[at - 1];
        chosen[at] = (uint32_t)i;
    }
    /* softmax(s)_i / Σ_chosen softmax(s)_j = e^(s_i − s_0) / Σ_chosen e^(s_j − s_0): the softmax's
     * own sum over all experts cancels out when the shares are brought to a sum of 1. s_0 is the
     * largest, so that nothing overflows. */
    for (size_t i = 0; i < used; i++)
        sum += shares[i] = expf(scores[chosen[i]] - scores[chosen[0]]);
    for (size_t i = 0; i < used; i++)
        shares[i] /= sum;
}

/* Gathers the rows of each expert; by one member. A counting sort: how many each expert has, where
 * it begins, then every row in its place. Placing moves the beginnings on, and at the end each is
 * where its successor began; shifted by one, they are the beginnings again. */
static void assign(const struct hearth_pass *pass)
{
    const struct hearth_decoder *decoder = pass->decoder;
    struct hearth_expert_space *space = decoder->space.experts;
    size_t experts = decoder->network.experts, used = decoder->network.experts_used;
    memset(space->first, 0, (experts + 1) * sizeof(*space->first));
    for (size_t i = 0; i < pass->rows * used; i++)
        space->first[space->chosen[i] + 1]++;
    for (size_t i = 0; i < experts; i++)
        space->first[i + 1] += space->first[i];
    for (size_t i = 0; i < pass->rows * used; i++) {
        uint32_t place = space->first[space->chosen[i]]++;
        space->places[i] = place;
        space->row_of[place] = (uint32_t)(i / used);
        space->expert_of[place] = space->chosen[i];
    }
    memmove(space->first + 1, space->first, experts * sizeof(*space->first));
    space->first[0] = 0;
}

static char *line_after(char *at, size_t bytes)
{
    return at + (bytes + HEARTH_CUT_LINE - 1) / HEARTH_CUT_LINE * HEARTH_CUT_LINE;
}

/* The products of all experts that have rows; by one member, because products are handed out by
 * their number and all members must have the same list. Experts without rows are left out, so that
 * their weights are not even read. The two pieces of memory that are cut up here have room for any
 * spread of rows, see packed_bytes. */
static void list_products(const struct hearth_pass *pass,
                          const struct hearth_layer_weights *weights)
{
    const struct hearth_decoder *decoder = pass->decoder;
    const struct hearth_network *network = &decoder->network;
    struct hearth_expert_space *space = decoder->space.experts;
    char *in = space->in_memory, *inner = space->inner_memory;
    space->active = 0;
    for (size_t i = 0; i < network->experts; i++) {
        size_t rows = space->first[i + 1] - space->first[i], at = space->active;
        const struct hearth_gated_weights *expert = &weights->experts[i];
        if (rows == 0)
            continue;
        enum hearth_packing reads = hearth_packing_of(expert->both.form);
        enum hearth_packing down_reads = hearth_packing_of(expert->down.form);
        hearth_packed_rows_init(&space->in[i], reads, rows, network->width, in);
        hearth_packed_rows_init(&space->inner[i], down_reads, rows, network->expert_feed, inner);
        in = line_after(in, hearth_packed_rows_bytes(reads, rows, network->width));
        inner = line_after(inner, hearth_packed_rows_bytes(down_reads, rows, network->expert_feed));
        space->gates[at] = (struct hearth_finish_gate){
            .activation = network->architecture->activation, .to = &space->inner[i]};
        space->stores[at] = (struct hearth_finish_store){
            .y = space->outputs + (size_t)space->first[i] * network->width,
            .stride = network->width};
        space->products[at] = (struct hearth_product){.weights = &expert->both,
                                                      .rows = &space->in[i],
                                                      .strip = 64,
                                                      .finish = hearth_finish_gate,
                                                      .argument = &space->gates[at]};
        space->downs[at] = (struct hearth_product){.weights = &expert->down,
                                                   .rows = &space->inner[i],
                                                   .strip = 64,
                                                   .finish = hearth_finish_store,
                                                   .argument = &space->stores[at]};
        space->active++;
    }
}

/* Three phases: scores, choices, lists. The router is a matrix like any other. */
static void route(struct hearth_member *member, struct hearth_pass *pass,
                  const struct hearth_layer_weights *weights, const struct hearth_packed_set *in)
{
    const struct hearth_decoder *decoder = pass->decoder;
    struct hearth_finish_store store = {.y = decoder->space.experts->scores,
                                        .stride = decoder->network.experts};
    const struct hearth_product product = {
        .weights = &weights->router,
        .rows = &in->rows[hearth_packing_of(weights->router.form)],
        .strip = 64,
        .finish = hearth_finish_store,
        .argument = &store,
    };
    size_t row;
    hearth_products_run(member, decoder->kernels, &product, 1);
    hearth_member_barrier(member);
    while ((row = hearth_member_take(member)) < pass->rows)
        choose(decoder, row);
    hearth_member_barrier(member);
    if (hearth_member_index(member) == 0) {
        assign(pass);
        list_products(pass, weights);
    }
    hearth_member_barrier(member);
}

/* A row is packed once for each of its experts, in the packing that this expert's weights read.
 * What its bytes are depends on the row alone, wherever it comes to lie. */
static void pack_assignments(struct hearth_member *member, const struct hearth_pass *pass)
{
    const struct hearth_decoder *decoder = pass->decoder;
    const struct hearth_expert_space *space = decoder->space.experts;
    size_t assignments = pass->rows * decoder->network.experts_used, at;
    while ((at = hearth_member_take(member)) < assignments) {
        uint32_t expert = space->expert_of[at];
        hearth_pack_row(decoder->kernels, &space->in[expert], at - space->first[expert],
                        decoder->space.normed + (size_t)space->row_of[at] * decoder->network.width);
    }
    hearth_member_barrier(member);
}

/* What a row's experts gave, by their shares, joins the stream: x += Σ_i share_i · y_i, in the
 * order in which choose() put them. That order, and with it every bit, is the row's own affair. */
static void gather(struct hearth_member *member, const struct hearth_pass *pass)
{
    const struct hearth_decoder *decoder = pass->decoder;
    const struct hearth_expert_space *space = decoder->space.experts;
    size_t used = decoder->network.experts_used, width = decoder->network.width, row;
    while ((row = hearth_member_take(member)) < pass->rows)
        for (size_t i = 0; i < used; i++)
            decoder->ops->add(decoder->space.x + row * width,
                              space->outputs + space->places[row * used + i] * width, NULL,
                              space->shares[row * used + i] * decoder->network.residual_scale,
                              width);
    hearth_member_barrier(member);
}

void hearth_pass_experts(struct hearth_member *member, struct hearth_pass *pass, uint32_t layer)
{
    const struct hearth_decoder *decoder = pass->decoder;
    const struct hearth_layer_weights *weights = &decoder->weights.layers[layer];
    const struct hearth_expert_space *space = decoder->space.experts;
    struct hearth_packed_set in =
        hearth_packed_set_over(&decoder->space.stream, pass->rows, decoder->network.width);
    hearth_packed_set_want(&in, &weights->router);
    const struct hearth_row_phase phase = {.norm = weights->feed_norm,
                                           .norm_bias = weights->feed_norm_bias,
                                           .to = &in,
                                           .copy = decoder->space.normed};
    hearth_pass_rows(member, pass, &phase);
    route(member, pass, weights, &in);
    pack_assignments(member, pass);
    hearth_products_run(member, decoder->kernels, space->products, space->active);
    hearth_member_barrier(member);
    hearth_products_run(member, decoder->kernels, space->downs, space->active);
    hearth_member_barrier(member);
    gather(member, pass);
}
