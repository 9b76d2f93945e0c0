/* The inner loops of a decoder (products with quantized weights, attention over paged keys and
 * values, norms, rotary positions), one table for each instruction set of kernels.h. Which one a
 * process uses is decided at run time and then passed to everything in matmul.h, paged_attention.h
 * and rows.h.
 *
 * **The same bits.** Every number is a sum in one fixed order that does not depend on how many rows
 * are computed together, on the split into tasks, or on threads. All tables use the same order and
 * the same fused operations, so that on numbers that are not denormal they agree to the bit with
 * plain C and with each other; but for products of bf16 in tile registers, which sum in an order of
 * their own (decoder_tiles.inc.h).
 *
 * Any thread; the tables are constant. */
#ifndef HEARTH_COMPUTE_DECODER_KERNELS_H
#define HEARTH_COMPUTE_DECODER_KERNELS_H

#include "compute/kernels.h"

struct hearth_decoder_kernels;

/* Never NULL; whether this CPU can run it is what hearth_isa_usable tells. */
const struct hearth_decoder_kernels *hearth_decoder_kernels_for(enum hearth_isa isa);
/* The name of its instruction set: "avx512_vnni". */
const char *hearth_decoder_kernels_name(const struct hearth_decoder_kernels *kernels);

#endif
