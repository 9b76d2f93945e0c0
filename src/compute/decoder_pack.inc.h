/* Packing of rows, for products and for the KV cache. A part of decoder.inc.h and of
 * decoder_plain.c. */

/* What becomes of 32 numbers: codes and their scale. The sums of codes are kept by halves for forms
 * that have a scale for 16. */
struct packed_block {
    int8_t codes[HEARTH_ROW_PART];
    float scale;
    int32_t low, high;
};

/* A block that is all but 0 gets the scale 0, because the inverse of its largest number would be
 * infinite. Codes are in −127 … 127, never −128, which the products of pairs in 16 bits rely on
 * (decoder_blocks.inc.h). One that is not a number is the largest, whose bits as an integer are, so
 * that what is computed with such a block is not a number either. */
#ifdef VECTOR_BYTES

static inline int32_t largest_of_8(__m256i x)
{
    __m128i four = _mm_max_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    __m128i two = _mm_max_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    return _mm_cvtsi128_si32(_mm_max_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}

/* Rounded as an integer in the lowest byte. */
static inline __m256i low_bytes(const float *x, __m256 inverse)
{
    __m256 shifted = _mm256_fmadd_ps(_mm256_loadu_ps(x), inverse, _mm256_set1_ps(ROUNDER));
    return _mm256_and_si256(_mm256_castps_si256(shifted), _mm256_set1_epi32(255));
}

static inline __m256i magnitudes_of_8(const float *x)
{
    return _mm256_and_si256(_mm256_loadu_si256((const void *)x), _mm256_set1_epi32(0x7fffffff));
}

static inline __m256i codes_of_32(const float *x, __m256 inverse)
{
    __m256i low = _mm256_packus_epi32(low_bytes(x, inverse), low_bytes(x + 8, inverse));
    __m256i high = _mm256_packus_epi32(low_bytes(x + 16, inverse), low_bytes(x + 24, inverse));
    /* Both instructions pack within each half of a vector: words 0, 4, 1, 5 … are in order. */
    return _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high),
                                       _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

/* In 256 bits for all: there is little to gain by more. */
static inline void encode_block(const float *x, struct packed_block *block)
{
    __m256i a = _mm256_max_epi32(magnitudes_of_8(x), magnitudes_of_8(x + 8));
    __m256i b = _mm256_max_epi32(magnitudes_of_8(x + 16), magnitudes_of_8(x + 24));
    float largest = float_of((uint32_t)largest_of_8(_mm256_max_epi32(a, b)));
    bool nothing = largest < HEARTH_LEAST_LARGEST;
    __m256 inverse = _mm256_set1_ps(nothing ? 0 : 127 / largest);
    __m256i codes = codes_of_32(x, inverse);
    _mm256_storeu_si256((void *)block->codes, codes);
    /* Sums of eight bytes; with 128 added they are unsigned. */
    __m256i sums =
        _mm256_sad_epu8(_mm256_xor_si256(codes, _mm256_set1_epi8(-128)), _mm256_setzero_si256());
    __m256i halves = _mm256_add_epi64(sums, _mm256_shuffle_epi32(sums, 0x4e));
    block->low = _mm256_extract_epi32(halves, 0) - 16 * 128;
    block->high = _mm256_extract_epi32(halves, 4) - 16 * 128;
    block->scale = nothing ? 0 : largest / 127;
}

#else

static inline float largest_magnitude(const float *x)
{
    int32_t largest = 0;
    for (size_t i = 0; i < HEARTH_ROW_PART; i++) {
        int32_t bits = (int32_t)(bits_of(x[i]) & 0x7fffffff);
        largest = bits > largest ? bits : largest;
    }
    return float_of((uint32_t)largest);
}

static inline void encode_block(const float *x, struct packed_block *block)
{
    float largest = largest_magnitude(x);
    bool nothing = largest < HEARTH_LEAST_LARGEST;
    float inverse = nothing ? 0 : 127 / largest;
    block->low = block->high = 0;
    for (int i = 0; i < HEARTH_ROW_PART; i++) { /* the integer is in the lowest byte */
        block->codes[i] = (int8_t)(bits_of(fused(x[i], inverse, ROUNDER)) & 255);
        *(i < 16 ? &block->low : &block->high) += block->codes[i];
    }
    block->scale = nothing ? 0 : largest / 127;
}

#endif

static float to_codes(const float *x, int8_t *codes)
{
    struct packed_block block;
    encode_block(x, &block);
    memcpy(codes, block.codes, sizeof(block.codes));
    return block.scale;
}

static inline void put_word(uint8_t *words, size_t rows, size_t row, enum hearth_s8_word which,
                            uint32_t bits)
{
    memcpy(words + (which * rows + row) * sizeof(bits), &bits, sizeof(bits));
}

/* The words of decoder_table.h: what a block of a row contributes where weights have an offset or a
 * minimum is the same for all outputs, and so computed once here and not in each product. */
static inline void put_words(uint8_t *words, size_t rows, size_t row, float scale, int32_t low,
                             int32_t high)
{
    put_word(words, rows, row, HEARTH_S8_SCALE, bits_of(scale));
    put_word(words, rows, row, HEARTH_S8_START, (uint32_t)(-8 * (low + high)));
    put_word(words, rows, row, HEARTH_S8_START_128, (uint32_t)(-128 * (low + high)));
    put_word(words, rows, row, HEARTH_S8_SUM, bits_of(scale * (float)(low + high)));
    put_word(words, rows, row, HEARTH_S8_START_LOW, (uint32_t)(-8 * low));
    put_word(words, rows, row, HEARTH_S8_START_HIGH, (uint32_t)(-8 * high));
    put_word(words, rows, row, HEARTH_S8_SUM_LOW, bits_of(scale * (float)low));
    put_word(words, rows, row, HEARTH_S8_SUM_HIGH, bits_of(scale * (float)high));
}

/* Codes of four inputs lie together, then those of the next row: the dot product instructions take
 * four at a time, and the rows of a group are read one after the other. */
static inline void pack_block(const float *x, uint8_t *to, size_t rows, size_t row)
{
    struct packed_block block;
    encode_block(x, &block);
    for (size_t t = 0; t < HEARTH_ROW_PART / 4; t++)
        memcpy(to + (t * rows + row) * 4, block.codes + 4 * t, 4);
    put_words(to + HEARTH_S8_CODES_BYTES * rows, rows, row, block.scale, block.low, block.high);
}

/* What the last block lacks is packed as zeros, so that products need no special end. */
static void pack_s8(const float *x, size_t first, size_t count, void *group, size_t rows,
                    size_t row)
{
    uint8_t *block = (uint8_t *)group + first / HEARTH_ROW_PART * rows * HEARTH_S8_ROW_BYTES;
    size_t i = 0;
    for (; i + HEARTH_ROW_PART <= count; i += HEARTH_ROW_PART, block += rows * HEARTH_S8_ROW_BYTES)
        pack_block(x + i, block, rows, row);
    if (i < count) {
        float padded[HEARTH_ROW_PART] = {0};
        memcpy(padded, x + i, (count - i) * sizeof(*x));
        pack_block(padded, block, rows, row);
    }
}

/* A block of all eight rows of a group: the same numbers as pack_block's, but a word of all rows is
 * one vector, and so are four inputs of all rows once the codes are transposed. */
#ifdef VECTOR_BYTES

/* Lane r: the largest of the eight lanes of x[r]. */
static inline __m256i largest_of_rows(const __m256i *x)
{
    __m256i pairs[4], fours[2];
    for (int i = 0; i < 4; i++)
        pairs[i] = _mm256_max_epi32(_mm256_unpacklo_epi32(x[2 * i], x[2 * i + 1]),
                                    _mm256_unpackhi_epi32(x[2 * i], x[2 * i + 1]));
    for (int i = 0; i < 2; i++)
        fours[i] = _mm256_max_epi32(_mm256_unpacklo_epi64(pairs[2 * i], pairs[2 * i + 1]),
                                    _mm256_unpackhi_epi64(pairs[2 * i], pairs[2 * i + 1]));
    return _mm256_max_epi32(_mm256_permute2x128_si256(fours[0], fours[1], 0x20),
                            _mm256_permute2x128_si256(fours[0], fours[1], 0x31));
}

/* Lane r: the sums of the first and of the last 16 codes of row r. */
static inline void sums_of_rows_codes(const __m256i *codes, __m256i *ret_low, __m256i *ret_high)
{
    __m256i pairs[4], fours[2];
    for (int i = 0; i < 4; i++) {
        __m256i sums[2];
        for (int j = 0; j < 2; j++)
            sums[j] = _mm256_sad_epu8(_mm256_xor_si256(codes[2 * i + j], _mm256_set1_epi8(-128)),
                                      _mm256_setzero_si256());
        pairs[i] = _mm256_or_si256(sums[0], _mm256_slli_epi64(sums[1], 32));
        pairs[i] = _mm256_add_epi32(pairs[i], _mm256_shuffle_epi32(pairs[i], 0x4e));
    }
    for (int i = 0; i < 2; i++)
        fours[i] = _mm256_unpacklo_epi64(pairs[2 * i], pairs[2 * i + 1]);
    const __m256i added = _mm256_set1_epi32(16 * 128);
    *ret_low = _mm256_sub_epi32(_mm256_permute2x128_si256(fours[0], fours[1], 0x20), added);
    *ret_high = _mm256_sub_epi32(_mm256_permute2x128_si256(fours[0], fours[1], 0x31), added);
}

/* x[r] lane t becomes x[t] lane r. */
static inline void transpose_8(__m256i *x)
{
    __m256i a[8], b[8];
    for (int i = 0; i < 4; i++) {
        a[2 * i] = _mm256_unpacklo_epi32(x[2 * i], x[2 * i + 1]);
        a[2 * i + 1] = _mm256_unpackhi_epi32(x[2 * i], x[2 * i + 1]);
    }
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            b[4 * i + 2 * j] = _mm256_unpacklo_epi64(a[4 * i + j], a[4 * i + 2 + j]);
            b[4 * i + 2 * j + 1] = _mm256_unpackhi_epi64(a[4 * i + j], a[4 * i + 2 + j]);
        }
    for (int i = 0; i < 4; i++) {
        x[i] = _mm256_permute2x128_si256(b[i], b[4 + i], 0x20);
        x[4 + i] = _mm256_permute2x128_si256(b[i], b[4 + i], 0x31);
    }
}

static inline void put_words_of_8(__m256i *words, __m256 scale, __m256i low, __m256i high)
{
    __m256i whole = _mm256_add_epi32(low, high), none = _mm256_setzero_si256();
    words[HEARTH_S8_SCALE] = _mm256_castps_si256(scale);
    words[HEARTH_S8_START] = _mm256_slli_epi32(_mm256_sub_epi32(none, whole), 3);
    words[HEARTH_S8_START_128] = _mm256_slli_epi32(_mm256_sub_epi32(none, whole), 7);
    words[HEARTH_S8_START_LOW] = _mm256_slli_epi32(_mm256_sub_epi32(none, low), 3);
    words[HEARTH_S8_START_HIGH] = _mm256_slli_epi32(_mm256_sub_epi32(none, high), 3);
    words[HEARTH_S8_SUM] = _mm256_castps_si256(_mm256_mul_ps(scale, _mm256_cvtepi32_ps(whole)));
    words[HEARTH_S8_SUM_LOW] = _mm256_castps_si256(_mm256_mul_ps(scale, _mm256_cvtepi32_ps(low)));
    words[HEARTH_S8_SUM_HIGH] = _mm256_castps_si256(_mm256_mul_ps(scale, _mm256_cvtepi32_ps(high)));
}

static inline void pack_block_of_8(const float *x, size_t stride, uint8_t *to)
{
    __m256i rows[8], low, high;
    for (int r = 0; r < 8; r++) {
        const float *row = x + (size_t)r * stride;
        rows[r] = _mm256_max_epi32(
            _mm256_max_epi32(magnitudes_of_8(row), magnitudes_of_8(row + 8)),
            _mm256_max_epi32(magnitudes_of_8(row + 16), magnitudes_of_8(row + 24)));
    }
    __m256 largest = _mm256_castsi256_ps(largest_of_rows(rows));
    __m256 nothing = _mm256_cmp_ps(largest, _mm256_set1_ps(HEARTH_LEAST_LARGEST), _CMP_LT_OQ);
    __m256 inverse = _mm256_andnot_ps(nothing, _mm256_div_ps(_mm256_set1_ps(127), largest));
    __m256 scale = _mm256_andnot_ps(nothing, _mm256_div_ps(largest, _mm256_set1_ps(127)));
    for (int r = 0; r < 8; r++)
        rows[r] = codes_of_32(x + (size_t)r * stride,
                              _mm256_permutevar8x32_ps(inverse, _mm256_set1_epi32(r)));
    sums_of_rows_codes(rows, &low, &high);
    transpose_8(rows);
    memcpy(to, rows, sizeof(rows));
    __m256i words[HEARTH_S8_WORDS];
    put_words_of_8(words, scale, low, high);
    memcpy(to + sizeof(rows), words, sizeof(words));
}

static void pack_s8_group(const float *x, size_t stride, size_t first, size_t count, void *group)
{
    uint8_t *block =
        (uint8_t *)group + first / HEARTH_ROW_PART * HEARTH_ROW_GROUP * HEARTH_S8_ROW_BYTES;
    for (size_t i = 0; i < count; i += HEARTH_ROW_PART)
        pack_block_of_8(x + i, stride, block + i * HEARTH_ROW_GROUP * 2);
}

#else

static void pack_s8_group(const float *x, size_t stride, size_t first, size_t count, void *group)
{
    for (size_t r = 0; r < HEARTH_ROW_GROUP; r++)
        pack_s8(x + r * stride, first, count, group, HEARTH_ROW_GROUP, r);
}

#endif

/* To the nearest, ties to even; one that is not a number stays so. */
static inline uint16_t bf16_of(float x)
{
    uint32_t bits = bits_of(x), quiet = bits >> 16 | 0x40;
    uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
}

static void to_bf16(const float *x, size_t count, uint16_t *y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = bf16_of(x[i]);
}

#ifndef HAS_AMX
/* Pairs of inputs in 32 bits, which vdpbf16ps broadcasts as one; an odd last one has 0 beside
 * it. */
static void pack_bf16(const float *x, size_t first, size_t count, void *group, size_t rows,
                      size_t row)
{
    uint32_t *to = (uint32_t *)group + first / 2 * rows + row;
    for (size_t i = 0; i < count / 2; i++)
        to[i * rows] = bf16_of(x[2 * i]) | (uint32_t)bf16_of(x[2 * i + 1]) << 16;
    if (count % 2)
        to[count / 2 * rows] = bf16_of(x[count - 1]);
}
#endif

static void pack_f32(const float *x, size_t first, size_t count, void *group, size_t rows,
                     size_t row)
{
    float *to = (float *)group + first * rows + row;
    for (size_t i = 0; i < count; i++)
        to[i * rows] = x[i];
}

#define PACKS                                                                                      \
    {                                                                                              \
        [HEARTH_PACKING_S8] = pack_s8, [HEARTH_PACKING_BF16] = pack_bf16,                          \
        [HEARTH_PACKING_F32] = pack_f32                                                            \
    }
