/* The decoder's kernels in vectors; included by one file for each instruction set, which says what
 * it has:
 *
 *     DECODER, DECODER_NAME   the table and its name
 *     VECTOR_BYTES            32 or 64
 *     HAS_VNNI                optional: vpdpbusd of VECTOR_BYTES
 *     HAS_BF16                optional: vdpbf16ps
 *     TILED_DECODER           optional: one more table, with tile registers for bf16
 *
 * A tile is ROW_BLOCK rows by 16 channels. The loops over its accumulators have constant bounds and
 * are unrolled whole, so that the arrays live in registers. */
#include "compute/decoder_table.h"
#include "compute/panel_form.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

/* In this order: each uses what stands before it. */
/* clang-format off */
#include "compute/decoder_rows.inc.h"
#include "compute/decoder_pack.inc.h"
#include "compute/decoder_logits.inc.h"
#include "compute/decoder_vector.inc.h"
#include "compute/decoder_blocks.inc.h"
#include "compute/decoder_floats.inc.h"
#ifdef TILED_DECODER
#include "compute/decoder_tiles.inc.h"
#endif
/* clang-format on */

#define TABLE(its_name, packs_bf16, tiles_bf16)                                                    \
    {                                                                                              \
        .name = its_name, .rows = ROW_OPS, .logits = LOGIT_OPS,                                    \
        .pack = {[HEARTH_PACKING_S8] = pack_s8,                                                    \
                 [HEARTH_PACKING_BF16] = packs_bf16,                                               \
                 [HEARTH_PACKING_F32] = pack_f32},                                                 \
        .pack_s8_group = pack_s8_group,                                                            \
        .tile =                                                                                    \
            {[HEARTH_FORM_F32] = tile_f32,         [HEARTH_FORM_F16] = tile_f16,                   \
             [HEARTH_FORM_BF16] = tiles_bf16,      [HEARTH_FORM_Q4] = tile_q4,                     \
             [HEARTH_FORM_Q4_MIN] = tile_q4_min,   [HEARTH_FORM_Q4_TABLE] = tile_q4_table,         \
             [HEARTH_FORM_Q4_HALF] = tile_q4_half, [HEARTH_FORM_Q4_HALF_MIN] = tile_q4_half_min,   \
             [HEARTH_FORM_Q5] = tile_q5,           [HEARTH_FORM_Q5_MIN] = tile_q5_min,             \
             [HEARTH_FORM_Q6_HALF] = tile_q6_half, [HEARTH_FORM_Q8] = tile_q8},                    \
        .gate_groups = gate_groups, .soften = soften,                                              \
        .weigh = {[HEARTH_KV_F16] = weigh_f16,                                                     \
                  [HEARTH_KV_BF16] = weigh_bf16,                                                   \
                  [HEARTH_KV_Q8_0] = weigh_q8_0,                                                   \
                  [HEARTH_KV_F32] = weigh_f32},                                                    \
        .merge = merge, .exp = exp_of,                                                             \
        .to_16_bits = {[HEARTH_KV_F16] = to_f16, [HEARTH_KV_BF16] = to_bf16},                      \
        .to_codes = to_codes,                                                                      \
    }

const struct hearth_decoder_kernels DECODER;
const struct hearth_decoder_kernels DECODER = TABLE(DECODER_NAME, pack_bf16, tile_bf16);
#ifdef TILED_DECODER
const struct hearth_decoder_kernels TILED_DECODER;
const struct hearth_decoder_kernels TILED_DECODER = TABLE("amx", pack_bf16_parts, tile_bf16_parts);
#endif
