/* Weights go from the mapped file into panels, once. All members of a team take chunks of about
 * equal size, in the order in which a pass uses them; a chunk is written by one member to a place
 * that follows from its number alone, so the result is the same however many there are. Afterwards
 * the mapping goes, and the weights are the only copy. */
#include "base/big_memory.h"
#include "base/error.h"
#include "base/memory.h"
#include "network/weights_plan.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum { CHUNK_BYTES = 1 << 20 }; /* of panels that one member repacks at once */

struct loading {
    struct hearth_weights *weights;
    const struct hearth_checkpoint *checkpoint;
    const struct hearth_weights_progress *progress;
    /* Chunks of all pieces, numbered through: piece i has those from first_chunk[i] on. */
    size_t *first_chunk;
    size_t chunk_count;
    atomic_int rc;                /* the first failure */
    struct hearth_error *error;   /* written by whoever sets rc */
    _Atomic uint64_t done_chunks; /* for progress */
};

static size_t panels_in_chunk(const struct hearth_piece *piece)
{
    size_t count = CHUNK_BYTES / piece->panels->panel_bytes;
    return count > 0 ? count : 1;
}

static size_t rows_in_chunk(const struct hearth_piece *piece)
{
    size_t count = CHUNK_BYTES / hearth_quant_bytes(piece->type, (size_t)piece->inputs);
    return count > 0 ? count : 1;
}

static size_t chunks_of(const struct hearth_piece *piece)
{
    if (piece->kind == HEARTH_PIECE_VECTOR)
        return 1;
    if (piece->kind == HEARTH_PIECE_RAW)
        return (size_t)((piece->count + rows_in_chunk(piece) - 1) / rows_in_chunk(piece));
    size_t count = panels_in_chunk(piece);
    return (piece->panels->panel_count + count - 1) / count;
}

/* Whoever comes first sets the code and is thereby the only one who writes the message. It is read
 * when the team's run has ended. */
static void set_failure(struct loading *loading, int rc, const struct hearth_error *error)
{
    int none = 0;
    if (atomic_compare_exchange_strong(&loading->rc, &none, rc) && loading->error != NULL)
        *loading->error = *error;
}

/* Norms and biases touch every row, so that a single one which is not finite would make all results
 * so; and so would a factor of positions that is 0. Panels are looked at in hearth_panels_repack.
 */
static int load_vector(const struct hearth_piece *piece, const void *source, float *to,
                       struct hearth_error *error)
{
    hearth_dequantize((enum hearth_quant)piece->source[0].type, source, (size_t)piece->count, to);
    for (uint64_t i = 0; i < piece->count; i++) {
        if (!isfinite(to[i]))
            return hearth_error_set(error, HEARTH_EMODEL,
                                    "a value is not a finite number: the file is damaged, or was "
                                    "made so");
        if (piece->divides && !(fabs(1 / (double)to[i]) <= HEARTH_NETWORK_NUMBER_MAX))
            return hearth_error_set(error, HEARTH_EMODEL, "a value is too close to 0 to divide by");
        to[i] += piece->add_one ? 1 : 0;
    }
    if (piece->vector != NULL)
        *piece->vector = to;
    return 0;
}

static int refuse_weight(struct hearth_error *error)
{
    return hearth_error_set(error, HEARTH_EMODEL,
                            "a weight is not a finite number: the file is damaged, or was made so");
}

/* A row of a float type as another type; `floats` has room for it. Quantizing wants finite values;
 * what it makes of them may be infinite all the same, where a value is beyond f16. */
static int convert_row(enum hearth_quant from, const void *source, enum hearth_quant to,
                       size_t count, float *floats, void *ret_row, struct hearth_error *error)
{
    if (!hearth_quant_is_finite(from, source, count))
        return refuse_weight(error);
    hearth_dequantize(from, source, count, floats);
    hearth_quantize(to, floats, count, ret_row);
    if (!hearth_quant_is_finite(to, ret_row, count))
        return hearth_error_set(error, HEARTH_EMODEL, "a weight is too large for %s",
                                hearth_quant_type((uint32_t)to)->name);
    return 0;
}

/* Rows of embeddings, which stay rows. */
static int load_rows(const struct hearth_piece *piece, const char *source, size_t chunk, char *to,
                     struct hearth_error *error)
{
    size_t inputs = (size_t)piece->inputs, count = rows_in_chunk(piece), first = chunk * count;
    enum hearth_quant from = (enum hearth_quant)piece->source[0].type;
    size_t from_bytes = hearth_quant_bytes(from, inputs);
    size_t to_bytes = hearth_quant_bytes(piece->type, inputs);
    if (count > piece->count - first)
        count = (size_t)piece->count - first;
    if (chunk == 0)
        *piece->raw = to;
    if (from == piece->type) {
        if (!hearth_quant_is_finite(from, source + first * from_bytes, count * inputs))
            return refuse_weight(error);
        memcpy(to + first * to_bytes, source + first * from_bytes, count * to_bytes);
        return 0;
    }
    float *floats = hearth_try_calloc(inputs, sizeof(*floats));
    int rc = floats != NULL ? 0 : hearth_error_set(error, HEARTH_ENOMEM, "no memory for a row");
    for (size_t i = first; rc == 0 && i < first + count; i++)
        rc = convert_row(from, source + i * from_bytes, piece->type, inputs, floats,
                         to + i * to_bytes, error);
    hearth_free(floats);
    return rc;
}

/* One panel, repacked as a matrix that has no others. Where the panels are of another type than the
 * file's, its rows are converted before, for which `floats` and `rows` have room. */
static int load_panel(const struct hearth_piece *piece, const void *const *sources, size_t number,
                      float *floats, char *rows, struct hearth_error *error)
{
    const struct hearth_panels *panels = piece->panels;
    size_t part = number % panels->parts, output = number / panels->parts * HEARTH_PANEL_OUTPUTS;
    enum hearth_quant from = (enum hearth_quant)piece->source[part].type;
    size_t from_bytes = hearth_quant_bytes(from, panels->inputs);
    size_t row_bytes = hearth_quant_bytes(panels->type, panels->inputs);
    struct hearth_panels one = *panels;
    one.parts = 1;
    one.panel_count = 1;
    one.outputs = panels->outputs - output;
    if (one.outputs > HEARTH_PANEL_OUTPUTS)
        one.outputs = HEARTH_PANEL_OUTPUTS;
    one.memory = (char *)panels->memory + number * panels->panel_bytes;
    const char *from_rows = (const char *)sources[part] + output * from_bytes;
    const void *source = from == panels->type ? from_rows : rows;
    int rc = 0;
    for (size_t i = 0; rc == 0 && source == rows && i < one.outputs; i++)
        rc = convert_row(from, from_rows + i * from_bytes, panels->type, panels->inputs, floats,
                         rows + i * row_bytes, error);
    return rc == 0 ? hearth_panels_repack(&one, &source, 0, 1, error) : rc;
}

static bool converts(const struct hearth_piece *piece)
{
    for (unsigned i = 0; i < piece->panels->parts; i++)
        if (piece->source[i].type != (uint32_t)piece->panels->type)
            return true;
    return false;
}

/* `ret_source` is the number of the source that was read last, for a failure to name. */
static int load_panels(const struct hearth_piece *piece, const void *const *sources, size_t chunk,
                       size_t *ret_source, struct hearth_error *error)
{
    const struct hearth_panels *panels = piece->panels;
    size_t count = panels_in_chunk(piece), first = chunk * count;
    size_t left = panels->panel_count - first;
    float *floats = NULL;
    char *rows = NULL;
    int rc = 0;
    count = count < left ? count : left;
    if (converts(piece)) {
        floats = hearth_try_calloc(panels->inputs, sizeof(*floats));
        rows = hearth_try_calloc(HEARTH_PANEL_OUTPUTS,
                                 hearth_quant_bytes(panels->type, panels->inputs));
        if (floats == NULL || rows == NULL)
            rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory to quantize with");
    }
    for (size_t i = first; rc == 0 && i < first + count; i++) {
        *ret_source = i % panels->parts;
        rc = load_panel(piece, sources, i, floats, rows, error);
    }
    hearth_free(floats);
    hearth_free(rows);
    return rc;
}

/* Which tensor is damaged is what a person can look into. */
static void name_tensor(const struct loading *loading, const struct hearth_piece *piece,
                        size_t source, struct hearth_error *error)
{
    char name[HEARTH_GGUF_TENSOR_NAME_MAX + 1];
    if (error->code != HEARTH_EMODEL)
        return;
    hearth_checkpoint_name(loading->checkpoint, piece->source[source].index, name, sizeof(name));
    hearth_error_prefix(error, "tensor '%s'", name);
}

/* Offsets and sizes are those of describe; map has made sure that the file still reaches so far. */
static int load_chunk(const struct loading *loading, const struct hearth_piece *piece, size_t chunk,
                      struct hearth_error *error)
{
    char *to = (char *)loading->weights->memory + piece->offset;
    const void *sources[2] = {NULL, NULL};
    size_t source = 0;
    int rc = 0;
    for (size_t i = 0; i < 2 && piece->source[i].size_bytes > 0; i++)
        sources[i] = (const char *)hearth_checkpoint_bytes(loading->checkpoint, &piece->source[i]) +
                     piece->source_offset[i];
    if (piece->kind == HEARTH_PIECE_VECTOR)
        rc = load_vector(piece, sources[0], (float *)(void *)to, error);
    else if (piece->kind == HEARTH_PIECE_RAW)
        rc = load_rows(piece, sources[0], chunk, to, error);
    else
        rc = load_panels(piece, sources, chunk, &source, error);
    if (rc != 0)
        name_tensor(loading, piece, source, error);
    return rc;
}

/* The piece that has this chunk. */
static size_t piece_of(const struct loading *loading, size_t chunk)
{
    size_t low = 0, high = loading->weights->plan->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (loading->first_chunk[middle] <= chunk)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Only member 0 reports: it is the thread that called load, which is where the caller expects
 * it. */
static void report(struct loading *loading)
{
    const struct hearth_weights_progress *progress = loading->progress;
    struct hearth_error error = {0};
    if (progress == NULL)
        return;
    float fraction = (float)atomic_load(&loading->done_chunks) / (float)loading->chunk_count;
    if (!progress->report(progress->argument, fraction))
        set_failure(loading, hearth_error_set(&error, HEARTH_ECANCELED, "loading was given up"),
                    &error);
}

static void load_chunks(struct hearth_member *member, void *argument)
{
    struct loading *loading = argument;
    struct hearth_error error = {0};
    size_t chunk;
    while ((chunk = hearth_member_take(member)) < loading->chunk_count) {
        /* After a failure the rest is counted through and not loaded, so that all members end. */
        if (atomic_load(&loading->rc) != 0)
            continue;
        size_t index = piece_of(loading, chunk);
        int rc = load_chunk(loading, &loading->weights->plan->pieces[index],
                            chunk - loading->first_chunk[index], &error);
        if (rc != 0)
            set_failure(loading, rc, &error);
        atomic_fetch_add(&loading->done_chunks, 1);
        if (hearth_member_index(member) == 0)
            report(loading);
    }
}

static int allocate(struct loading *loading, struct hearth_error *error)
{
    struct hearth_weights_plan *plan = loading->weights->plan;
    loading->weights->memory = hearth_big_alloc((size_t)plan->bytes);
    loading->first_chunk = hearth_try_calloc(plan->count + 1, sizeof(*loading->first_chunk));
    if (loading->weights->memory == NULL || loading->first_chunk == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the model's weights");
    for (size_t i = 0; i < plan->count; i++) {
        struct hearth_piece *piece = &plan->pieces[i];
        if (piece->kind == HEARTH_PIECE_PANELS)
            piece->panels->memory = (char *)loading->weights->memory + piece->offset;
        loading->first_chunk[i] = loading->chunk_count;
        loading->chunk_count += chunks_of(piece);
    }
    return 0;
}

/* Pieces say where in the file to read, which is of no use once the weights are there. */
static void drop_plan(struct hearth_weights *weights)
{
    if (weights->plan != NULL)
        hearth_free(weights->plan->pieces);
    hearth_free(weights->plan);
    weights->plan = NULL;
}

/* Memory before the mapping: what cannot be held is not even read. */
int hearth_weights_load(struct hearth_weights *weights, struct hearth_checkpoint *checkpoint,
                        struct hearth_team *team, const struct hearth_weights_progress *progress,
                        struct hearth_error *error)
{
    struct loading loading = {
        .weights = weights, .checkpoint = checkpoint, .progress = progress, .error = error};
    int rc = allocate(&loading, error);
    if (rc == 0)
        rc = hearth_checkpoint_map(checkpoint, error);
    if (rc == 0) {
        hearth_team_run(team, load_chunks, &loading);
        hearth_checkpoint_unmap(checkpoint);
        rc = atomic_load(&loading.rc);
    }
    hearth_free(loading.first_chunk);
    drop_plan(weights);
    return rc;
}

void hearth_weights_finish(struct hearth_weights *weights)
{
    for (uint32_t i = 0; weights->layers != NULL && i < weights->layer_count; i++)
        hearth_free(weights->layers[i].experts);
    hearth_free(weights->layers);
    drop_plan(weights);
    hearth_big_free(weights->memory, (size_t)weights->bytes);
    *weights = (struct hearth_weights){0};
}

void hearth_weights_embedding(const struct hearth_weights *weights, uint32_t token, float *y)
{
    if (weights->tied)
        hearth_panels_row(&weights->head, 0, token, y);
    else
        hearth_dequantize(weights->embedding_type,
                          (const char *)weights->embedding + token * weights->embedding_row_bytes,
                          weights->width, y);
}
