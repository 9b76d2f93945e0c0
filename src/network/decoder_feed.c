/* The feed-forward half of a layer, without experts: down · (activation(gate · x) ∘ (up · x)),
 * which with SiLU is SwiGLU (Shazeer, arXiv 2002.05202); without a gate down · activation(up · x).
 *
 * Gate and up of one type are interleaved panel by panel, so that one tile holds both halves of the
 * same outputs and multiplies them at once. Phases, each ended by a barrier: the rows normed and
 * packed; the inner products, finished and packed; the product with `down`. */
#include "network/decoder_adapters.h"
#include "network/decoder_experts.h"
#include "network/decoder_private.h"

bool hearth_feed_reads_attention_rows(const struct hearth_decoder *decoder,
                                      const struct hearth_layer_weights *weights)
{
    return decoder->network.architecture->side_by_side && weights->feed_norm == NULL;
}

void hearth_feed_want(struct hearth_packed_set *set, const struct hearth_layer_weights *weights)
{
    /* Which of the three exist depends on the layer; an absent matrix has no outputs and wants
     * nothing. */
    hearth_packed_set_want(set, &weights->feed.both);
    hearth_packed_set_want(set, &weights->feed.gate);
    hearth_packed_set_want(set, &weights->feed.up);
}

/* What the phases of one layer share; each member has its own copy. */
struct feed {
    struct hearth_pass *pass;
    const struct hearth_decoder *decoder;
    const struct hearth_layer_weights *weights;
    uint32_t layer;
    const struct hearth_packed_set *in;
    const struct hearth_packed_rows *out;
};

static const enum hearth_adapter_target gate_and_up[2] = {HEARTH_ADAPTER_GATE, HEARTH_ADAPTER_UP};

static struct hearth_product product_of(const struct feed *feed,
                                        const struct hearth_panels *weights,
                                        void (*finish)(void *, const struct hearth_tile *),
                                        void *argument)
{
    return (struct hearth_product){
        .weights = weights,
        .rows = &feed->in->rows[hearth_packing_of(weights->form)],
        .strip = 64,
        .finish = finish,
        .argument = argument,
    };
}

/* Gate and up of different types, each stored whole and then multiplied: their panels differ in
 * size and cannot be interleaved. It costs a barrier and a way through memory, and is rare (a few
 * layers of files that mix types). */
static void run_apart(struct hearth_member *member, const struct feed *feed)
{
    const struct hearth_decoder *decoder = feed->decoder;
    const struct hearth_workspace *space = &decoder->space;
    const struct hearth_gated_weights *gated = &feed->weights->feed;
    size_t width = decoder->network.feed, row;
    struct hearth_finish_store stores[2] = {
        {.y = space->gate, .stride = width, .bias = feed->weights->gate_bias},
        {.y = space->up, .stride = width, .bias = feed->weights->up_bias},
    };
    struct hearth_adapted_finish finishes[2];
    const struct hearth_product products[2] = {
        hearth_adapted_product(&finishes[0], feed->pass, feed->layer, &gate_and_up[0],
                               product_of(feed, &gated->gate, hearth_finish_store, &stores[0])),
        hearth_adapted_product(&finishes[1], feed->pass, feed->layer, &gate_and_up[1],
                               product_of(feed, &gated->up, hearth_finish_store, &stores[1])),
    };
    bool keeps = hearth_adapters_read(feed->pass, feed->layer, HEARTH_ADAPTER_FEED_OUT);
    hearth_products_run(member, decoder->kernels, products, 2);
    hearth_member_barrier(member);
    while ((row = hearth_member_take(member)) < feed->pass->rows) {
        float *gate = space->gate + row * width;
        decoder->ops->gate(gate, space->up + row * width, decoder->network.architecture->activation,
                           width, gate);
        hearth_pack_row(decoder->kernels, feed->out, row, gate);
        if (keeps)
            hearth_adapters_keep(feed->pass, row, 0, width, gate);
    }
    hearth_member_barrier(member);
}

/* From the rows to what `down` reads. Strips of 64 outputs are whole parts of packed rows, also
 * after gate and up have become one, so that no two members pack the same part. */
static void run_inner(struct hearth_member *member, const struct feed *feed)
{
    const struct hearth_decoder *decoder = feed->decoder;
    const struct hearth_gated_weights *gated = &feed->weights->feed;
    enum hearth_activation activation = decoder->network.architecture->activation;
    struct hearth_finish_gate gate = {.activation = activation,
                                      .bias = {feed->weights->gate_bias, feed->weights->up_bias},
                                      .to = feed->out};
    struct hearth_finish_activate plain = {
        .activation = activation, .bias = feed->weights->up_bias, .to = feed->out};
    if (!gated->interleaved && gated->gate.outputs > 0) {
        run_apart(member, feed);
        return;
    }
    struct hearth_adapted_finish finish;
    const struct hearth_product product = hearth_adapted_product(
        &finish, feed->pass, feed->layer, gated->interleaved ? gate_and_up : &gate_and_up[1],
        gated->interleaved ? product_of(feed, &gated->both, hearth_finish_gate, &gate)
                           : product_of(feed, &gated->up, hearth_finish_activate, &plain));
    hearth_products_run(member, decoder->kernels, &product, 1);
    hearth_member_barrier(member);
}

/* As attention's project(): into the stream, or beside it where a norm of the result comes
 * first. */
static void run_down(struct hearth_member *member, const struct feed *feed)
{
    const struct hearth_decoder *decoder = feed->decoder;
    const struct hearth_layer_weights *weights = feed->weights;
    size_t width = decoder->network.width;
    struct hearth_finish_add add = {.y = decoder->space.x,
                                    .stride = width,
                                    .bias = weights->down_bias,
                                    .scale = decoder->network.residual_scale};
    struct hearth_finish_store store = {
        .y = decoder->space.branch, .stride = width, .bias = weights->down_bias};
    bool waits = decoder->waits_for_norm;
    static const enum hearth_adapter_target target = HEARTH_ADAPTER_DOWN;
    struct hearth_adapted_finish finish;
    const struct hearth_product product =
        hearth_adapted_product(&finish, feed->pass, feed->layer, &target,
                               (struct hearth_product){
                                   .weights = &weights->feed.down,
                                   .rows = feed->out,
                                   .strip = 64,
                                   .finish = waits ? hearth_finish_store : hearth_finish_add,
                                   .argument = waits ? (void *)&store : (void *)&add,
                               });
    hearth_adapters_reduce(member, feed->pass, feed->layer, HEARTH_ADAPTER_FEED_OUT);
    hearth_products_run(member, decoder->kernels, &product, 1);
    hearth_member_barrier(member);
}

void hearth_pass_feed(struct hearth_member *member, struct hearth_pass *pass, uint32_t layer)
{
    const struct hearth_decoder *decoder = pass->decoder;
    const struct hearth_workspace *space = &decoder->space;
    const struct hearth_layer_weights *weights = &decoder->weights.layers[layer];
    struct hearth_packed_set in =
        hearth_packed_set_over(&space->stream, pass->rows, decoder->network.width);
    if (decoder->network.experts > 0) {
        hearth_pass_experts(member, pass, layer);
        return;
    }
    /* A branch of attention that waits for its norm joins the stream in this row phase. Where the
     * feed-forward part reads attention's own rows, they are packed already and there is no such
     * phase. */
    struct hearth_packed_set out =
        hearth_packed_set_over(&space->feed, pass->rows, decoder->network.feed);
    hearth_feed_want(&in, weights);
    const struct hearth_row_phase phase = {.branch_norm = weights->attention_post_norm,
                                           .norm = weights->feed_norm,
                                           .norm_bias = weights->feed_norm_bias,
                                           .to = &in,
                                           .keeps = pass->adapted};
    if (!hearth_feed_reads_attention_rows(decoder, weights)) {
        hearth_pass_rows(member, pass, &phase);
        hearth_adapters_reduce(member, pass, layer, HEARTH_ADAPTER_FEED_IN);
    }
    const struct feed feed = {
        .pass = pass,
        .decoder = decoder,
        .weights = weights,
        .layer = layer,
        .in = &in,
        .out = &out.rows[hearth_packing_of(weights->feed.down.form)],
    };
    run_inner(member, &feed);
    run_down(member, &feed);
}
