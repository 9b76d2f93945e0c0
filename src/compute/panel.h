/* A weight matrix, repacked once at load so that the kernels read it in a straight line.
 *
 * A matrix W[outputs, inputs] comes as GGUF stores it (row-major, a row is an output, in blocks
 * along the inputs). It is cut into panels of 16 outputs; what the last panel lacks is zero. A
 * panel lies in one piece, and panels lie one after the other. Two matrices of the same shape and
 * type may be interleaved panel by panel (gate and up of a gated feed-forward), so that what
 * belongs together is finished together.
 *
 * **Forms.** What a panel looks like inside is its form; there are fewer of them than types, and
 * each type has one (hearth_form_of). No form is worse than the file: integer codes are kept as
 * they are, and where a type multiplies two scales (the K types: d·sc, dmin·m) their product is
 * rounded once to f16: a relative error of at most 2^-11, or 2^-25 where it is denormal.
 *
 *     form         for             bits   what it holds
 *     q4           Q4_0            4.5    4 bits, a scale for 32
 *     q4_min       Q4_1, Q4_K      5      4 bits, a scale and a minimum for 32
 *     q4_table     IQ4_NL, IQ4_XS  4.5    4 bits that index a table, a scale for 32
 *     q4_half      Q3_K            5      4 bits, a scale for 16
 *     q4_half_min  Q2_K            6      4 bits, a scale and a minimum for 16
 *     q5           Q5_0            5.5    5 bits, a scale for 32
 *     q5_min       Q5_1, Q5_K      6      5 bits, a scale and a minimum for 32
 *     q6_half      Q6_K            7      6 bits, a scale for 16
 *     q8           Q8_0            8.5    8 bits, a scale for 32
 *     f32, f16, bf16               32, 16, 16, as they are
 *
 * Scales and minima are f16.
 *
 * **Lifecycle.** hearth_panels_init says what there will be and how many bytes it takes (the memory
 * plan asks before anything is allocated); the caller gives memory of that size, aligned to 64
 * bytes (huge pages are its affair); hearth_panels_repack fills a range of panels, ranges on
 * several threads if wanted; from then on it is read only, by any number of threads. The source may
 * then be unmapped. There is nothing to destroy: the memory stays the caller's. */
#ifndef HEARTH_COMPUTE_PANEL_H
#define HEARTH_COMPUTE_PANEL_H

#include "compute/quant.h"

#include "hearth/error.h"

enum { HEARTH_PANEL_OUTPUTS = 16, HEARTH_PANEL_ALIGNMENT = 64 };

enum hearth_form {
    HEARTH_FORM_F32,
    HEARTH_FORM_F16,
    HEARTH_FORM_BF16,
    HEARTH_FORM_Q4,
    HEARTH_FORM_Q4_MIN,
    HEARTH_FORM_Q4_TABLE,
    HEARTH_FORM_Q4_HALF,
    HEARTH_FORM_Q4_HALF_MIN,
    HEARTH_FORM_Q5,
    HEARTH_FORM_Q5_MIN,
    HEARTH_FORM_Q6_HALF,
    HEARTH_FORM_Q8,
    HEARTH_FORM_COUNT,
};

enum hearth_form hearth_form_of(enum hearth_quant type);
/* As in the table above, for `show`. */
const char *hearth_form_name(enum hearth_form form);

struct hearth_panels {
    enum hearth_form form;
    enum hearth_quant type; /* of the source */
    unsigned parts; /* 1, or 2 interleaved: panel 2i is of the first, 2i + 1 of the second */
    size_t outputs, inputs; /* of one part */
    size_t panel_count;     /* of all parts */
    size_t panel_bytes;
    void *memory; /* panel_count × panel_bytes, the caller's */
};

/* Everything but `memory`, which is NULL then. `parts` is 1 or 2. HEARTH_EMODEL with a sentence
 * when the inputs are no multiple of the type's block, a size is 0, or the whole overflows. */
int hearth_panels_init(struct hearth_panels *panels, enum hearth_quant type, size_t outputs,
                       size_t inputs, unsigned parts, struct hearth_error *error);
size_t hearth_panels_bytes(const struct hearth_panels *panels);

/* Fills panels `first` … `first + count − 1`. `sources[part]` is the whole matrix of that part:
 * outputs × hearth_quant_bytes(type, inputs) bytes. HEARTH_EMODEL when a weight's scale, or a
 * weight of a float type, is not finite (such a file is damaged), or a product of scales is beyond
 * f16; the panels are then of no use. The bytes may be anything. */
int hearth_panels_repack(const struct hearth_panels *panels, const void *const *sources,
                         size_t first, size_t count, struct hearth_error *error);

/* One row of one part in f32, out of the panels: y[inputs]. So a tied head gives the embeddings of
 * tokens, and a merged adapter or a test sees what the kernels see. */
void hearth_panels_row(const struct hearth_panels *panels, unsigned part, size_t output, float *y);

#endif
