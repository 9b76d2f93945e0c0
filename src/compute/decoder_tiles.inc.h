/* Products with bf16 weights in the tile registers of AMX; a part of decoder.inc.h.
 *
 * tdpbf16ps multiplies up to 16 rows by 16 channels over 32 inputs. It sums even and odd inputs
 * apart, and four tiles of sums take turns here, because one alone would wait for its own last
 * result. So the order of a sum is another one than in the tables without tiles; it is the same for
 * any number of rows.
 *
 * Bytes have no use for tiles: every 32 inputs have a scale of their own, so that a tile's sums
 * must go through memory to be scaled that often. On the machine where it was measured (Emerald
 * Rapids) that gave the same bits at half the speed of vpdpbusd. */

/* Tiles by number, which the instructions have as a constant: 0 to 3 are sums; two pairs of
 * operands, so that one is loaded while the other is multiplied. */
#define TILE_ROWS 4
#define TILE_WEIGHTS 5
#define TILE_ROWS_SECOND 6
#define TILE_WEIGHTS_SECOND 7

enum {
    TILE_SUMS = 4,
    TILE_INPUTS = 32,
    TILE_ROW_BYTES = 2 * TILE_INPUTS,                    /* of activations */
    TILE_WEIGHT_BYTES = TILE_INPUTS / 2 * HEARTH_VECTOR, /* of one tile of a panel */
};

/* As ldtilecfg reads it (Intel's manual, volume 1, chapter 18). */
struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};
_Static_assert(sizeof(struct tile_config) == 64, "what ldtilecfg reads");

/* GCC's intrinsics do not tell the compiler that they read memory. */
INLINE void written(void)
{
    __asm__ volatile("" ::: "memory");
}

/* What the thread had is put back by tiles_end: libllama keeps tiles of its own configured. */
static void tiles_begin(struct tile_config *saved, size_t rows)
{
    struct tile_config config = {.palette = 1};
    _tile_storeconfig(saved);
    for (int tile = 0; tile <= TILE_WEIGHTS_SECOND; tile++) {
        bool weights = tile == TILE_WEIGHTS || tile == TILE_WEIGHTS_SECOND;
        config.rows[tile] = (uint8_t)(weights ? TILE_INPUTS / 2 : rows);
        config.row_bytes[tile] = HEARTH_VECTOR;
    }
    written();
    _tile_loadconfig(&config);
}

static void tiles_end(const struct tile_config *saved)
{
    written();
    if (saved->palette)
        _tile_loadconfig(saved);
    else
        _tile_release();
}

/* Parts of 32 inputs; within a part row by row, so that it is a tile. What the last one lacks is
 * 0. */
static void pack_bf16_parts(const float *x, size_t first, size_t count, void *group, size_t rows,
                            size_t row)
{
    for (size_t i = 0; i < count; i += TILE_INPUTS) {
        size_t part = (first + i) / TILE_INPUTS;
        uint16_t *to = (uint16_t *)group + (part * rows + row) * TILE_INPUTS;
        for (size_t j = 0; j < TILE_INPUTS; j++)
            to[j] = i + j < count ? bf16_of(x[i + j]) : 0;
    }
}

#define ADD_PART(sum, rows_tile, weights_tile)                                                     \
    _tile_loadd(rows_tile, part_rows, TILE_ROW_BYTES);                                             \
    _tile_loadd(weights_tile, weights, HEARTH_VECTOR);                                             \
    _tile_dpbf16ps(sum, rows_tile, weights_tile);

/* Part p is added to sum p % 4. The last part may end before its 32 inputs; its weights are copied
 * then, for behind them other weights stand. */
static void add_parts(const struct hearth_tile_input *input, const char *weights)
{
    const char *part_rows = input->group;
    _Alignas(64) char last[TILE_WEIGHT_BYTES];
    for (size_t part = 0; part * TILE_INPUTS < input->inputs; part++) {
        size_t left = input->inputs - part * TILE_INPUTS;
        fetch_next(input, weights, 1, TILE_WEIGHT_BYTES);
        if (left < TILE_INPUTS) {
            memset(last, 0, sizeof(last));
            memcpy(last, weights, (left + 1) / 2 * HEARTH_VECTOR);
            weights = last;
            written();
        }
        if (part % TILE_SUMS == 0) {
            ADD_PART(0, TILE_ROWS, TILE_WEIGHTS)
        } else if (part % TILE_SUMS == 1) {
            ADD_PART(1, TILE_ROWS_SECOND, TILE_WEIGHTS_SECOND)
        } else if (part % TILE_SUMS == 2) {
            ADD_PART(2, TILE_ROWS, TILE_WEIGHTS)
        } else {
            ADD_PART(3, TILE_ROWS_SECOND, TILE_WEIGHTS_SECOND)
        }
        part_rows += input->rows * TILE_ROW_BYTES;
        weights += TILE_WEIGHT_BYTES;
    }
}

typedef float tile_sums[HEARTH_ROW_GROUP][HEARTH_PANEL_OUTPUTS];

static void tile_bf16_parts(const struct hearth_tile_input *input)
{
    _Alignas(64) tile_sums sums[TILE_SUMS];
    struct tile_config saved;
    tiles_begin(&saved, input->rows);
    for (size_t i = 0; i < input->panels; i++) {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        add_parts(input, (const char *)input->panel + i * input->panel_bytes);
        _tile_stored(0, sums[0], HEARTH_VECTOR);
        _tile_stored(1, sums[1], HEARTH_VECTOR);
        _tile_stored(2, sums[2], HEARTH_VECTOR);
        _tile_stored(3, sums[3], HEARTH_VECTOR);
        for (size_t r = 0; r < input->rows; r++) {
            vf *c = (vf *)(input->c + r * input->c_stride + i * HEARTH_PANEL_OUTPUTS);
            *c = (*(const vf *)sums[0][r] + *(const vf *)sums[1][r]) +
                 (*(const vf *)sums[2][r] + *(const vf *)sums[3][r]);
        }
    }
    tiles_end(&saved);
}
