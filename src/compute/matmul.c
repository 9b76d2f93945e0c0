/* How a product is split into tasks. The shape of the tasks is for speed alone: every result is the
 * sum of one tile kernel over all inputs in their order, and belongs to one tile, however rows and
 * outputs are cut. */
#include "compute/matmul.h"

#include "compute/decoder_table.h"

enum {
    /* A task reads about this many bytes of weights at least, so that taking it costs little … */
    TASK_BYTES = 24 << 10,
    /* … and keeps at most this many bytes of packed rows in the second cache while it goes from
     * strip to strip. */
    CHUNK_BYTES = 384 << 10,
    TASKS_PER_MEMBER = 6, /* where there is enough to do, so that all end at about the same time */
    /* With few rows memory is what limits, and weights are best asked for so far ahead; with more
     * the kernels read two panels side by side, and ask for the next two. */
    FEW_ROWS = 2,
    AHEAD_BYTES = 8 << 10,
};

/* How a product is split: into chunks of strips by chunks of groups of rows. A task reads its
 * strips once from memory and goes with each over its groups, which stay in the second cache. */
struct split {
    size_t panels_of_strip, strips, groups;
    size_t strips_of_task, groups_of_task;
    size_t tasks;
};

static size_t divide_up(size_t x, size_t y)
{
    return x / y + (x % y != 0);
}

static size_t at_least(size_t x, size_t least)
{
    return x > least ? x : least;
}

/* With few rows a task is a number of strips, as large as TASK_BYTES asks; with many rows groups
 * are divided too, until all members have enough tasks to end together. All members compute the
 * same split, because nothing but the product and the size of the team goes into it. */
static struct split split_of(const struct hearth_product *product, unsigned members)
{
    const struct hearth_panels *weights = product->weights;
    struct split split = {.panels_of_strip = product->strip / HEARTH_PANEL_OUTPUTS,
                          .groups = divide_up(product->rows->rows, HEARTH_ROW_GROUP)};
    split.strips = divide_up(weights->panel_count, split.panels_of_strip);
    size_t group_bytes = HEARTH_ROW_GROUP * product->rows->row_bytes;
    split.groups_of_task = at_least(CHUNK_BYTES / group_bytes, 1);
    split.strips_of_task = at_least(TASK_BYTES / (split.panels_of_strip * weights->panel_bytes), 1);
    size_t wanted = (size_t)members * TASKS_PER_MEMBER;
    if (members > 1)
        while (split.groups_of_task > 4 && divide_up(split.strips, split.strips_of_task) *
                                                   divide_up(split.groups, split.groups_of_task) <
                                               wanted)
            split.groups_of_task = divide_up(split.groups_of_task, 2);
    split.tasks = divide_up(split.strips, split.strips_of_task) *
                  divide_up(split.groups, split.groups_of_task);
    return split;
}

/* A strip for one group of rows. `fresh`: its weights are not in the near caches yet. */
static void run_strip(const struct hearth_decoder_kernels *kernels,
                      const struct hearth_product *product, size_t panels_of_strip, size_t strip,
                      size_t group, bool fresh)
{
    _Alignas(64) float values[HEARTH_ROW_GROUP * HEARTH_STRIP_MAX];
    const struct hearth_panels *weights = product->weights;
    const struct hearth_packed_rows *packed = product->rows;
    size_t first = strip * panels_of_strip, row = group * HEARTH_ROW_GROUP;
    size_t count = weights->panel_count - first;
    count = count < panels_of_strip ? count : panels_of_strip;
    size_t rows = packed->rows - row < HEARTH_ROW_GROUP ? packed->rows - row : HEARTH_ROW_GROUP;
    struct hearth_tile_input input = {.group =
                                          (const char *)packed->memory + row * packed->row_bytes,
                                      .rows = rows,
                                      .panel_bytes = weights->panel_bytes,
                                      .inputs = weights->inputs,
                                      .c_stride = count * HEARTH_PANEL_OUTPUTS};
    for (size_t p = 0; p < count; p += input.panels) {
        input.panels = count - p < 2 ? 1 : 2;
        input.panel = (const char *)weights->memory + (first + p) * weights->panel_bytes;
        size_t ahead = rows > FEW_ROWS ? input.panels * weights->panel_bytes : AHEAD_BYTES;
        input.next = fresh ? (const char *)input.panel + ahead : NULL;
        input.c = values + p * HEARTH_PANEL_OUTPUTS;
        kernels->tile[weights->form](&input);
    }
    /* With two interleaved parts the strip has half as many outputs as columns. The last panel's
     * missing outputs are columns of zeros, which `finish` is not told of. */
    size_t output = first / weights->parts * HEARTH_PANEL_OUTPUTS;
    size_t outputs = count / weights->parts * HEARTH_PANEL_OUTPUTS;
    if (weights->outputs - output < outputs)
        outputs = weights->outputs - output;
    struct hearth_tile tile = {.kernels = kernels,
                               .values = values,
                               .stride = input.c_stride,
                               .first_row = row,
                               .rows = rows,
                               .first_output = output,
                               .outputs = outputs};
    product->finish(product->argument, &tile);
}

/* Weights are the outer loop and rows the inner one: weights are what comes from memory. */
static void run_task(const struct hearth_decoder_kernels *kernels,
                     const struct hearth_product *product, const struct split *split, size_t task)
{
    size_t chunks = divide_up(split->strips, split->strips_of_task);
    size_t strip = task % chunks * split->strips_of_task;
    size_t first = task / chunks * split->groups_of_task;
    size_t last_strip = strip + split->strips_of_task, last = first + split->groups_of_task;
    last_strip = last_strip < split->strips ? last_strip : split->strips;
    last = last < split->groups ? last : split->groups;
    for (; strip < last_strip; strip++)
        for (size_t group = first; group < last; group++)
            run_strip(kernels, product, split->panels_of_strip, strip, group, group == first);
}

/* Pieces are numbered through over all products. Each member's numbers only grow, so that it walks
 * the list once and keeps the split of the product that it is in. */
void hearth_products_run(struct hearth_member *member, const struct hearth_decoder_kernels *kernels,
                         const struct hearth_product *products, size_t count)
{
    if (!count)
        return;
    unsigned members = hearth_member_count(member);
    struct split split = split_of(products, members);
    size_t number = 0, before = 0, piece;
    while (piece = hearth_member_take(member), number < count) {
        while (piece - before >= split.tasks) {
            before += split.tasks;
            if (++number == count)
                return;
            split = split_of(&products[number], members);
        }
        run_task(kernels, &products[number], &split, piece - before);
    }
}
