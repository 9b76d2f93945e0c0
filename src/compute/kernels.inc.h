/* The kernels of kernels.h, in GCC's vector types; included by one file for each instruction set,
 * which says what it has:
 *
 *     KERNELS        name of the table              VECTOR_BYTES   16, 32 or 64
 *     ROWS, VECTORS  the f32 micro-kernel's accumulators: ROWS × VECTORS vectors and VECTORS + 1
 *                    more must fit the registers
 *     DOT_U8(acc, a, b)   optional: u8·s8 dot products of 4 added to s32 lanes
 *     DOT_BF16(acc, a, b) optional: bf16 dot products of 2 added to f32 lanes
 *
 * The loops over accumulators have constant bounds and are unrolled whole, so the arrays live in
 * registers: on AVX-512 the f32 kernel runs at the machine's limit. */
#include "compute/kernels.h"

#include <math.h>
#include <string.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

/* In this order: each uses what stands before it. */
/* clang-format off */
#include "compute/kernels_vector.inc.h"
#include "compute/kernels_gemm.inc.h"
#include "compute/kernels_rows.inc.h"
#include "compute/kernels_attention.inc.h"
/* clang-format on */

const struct hearth_kernels KERNELS;
const struct hearth_kernels KERNELS = {
    .name = KERNELS_NAME,
    .shape =
        {
            [HEARTH_PRECISION_F32] = {.row_block = ROWS, .panel_width = PANEL, .depth_step = 1},
#ifdef DOT_BF16
            [HEARTH_PRECISION_BF16] = {.row_block = ROWS, .panel_width = PANEL, .depth_step = 2},
#endif
            [HEARTH_PRECISION_INT16] = {.row_block = ROWS,
                                        .panel_width = PANEL,
                                        .depth_step = 2,
                                        .weight_max = 1023,
                                        .input_max = 8191},
            [HEARTH_PRECISION_INT8] = {.row_block = ROWS,
                                       .panel_width = PANEL,
                                       .depth_step = 4,
                                       .weight_max = WEIGHT_MAX_I8,
                                       .input_max = INPUT_MAX_I8},
        },
    .gemm =
        {
            [HEARTH_PRECISION_F32] = gemm_f32,
#ifdef DOT_BF16
            [HEARTH_PRECISION_BF16] = gemm_bf16,
#endif
            [HEARTH_PRECISION_INT16] = gemm_i16,
            [HEARTH_PRECISION_INT8] = gemm_i8,
        },
    .layer_norm = layer_norm,
    .to_u8 = to_u8,
    .to_s16 = to_s16,
    .to_bf16 = to_bf16,
    .attention = attention,
    .gate = gate,
};
