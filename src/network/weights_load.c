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

static size_t chunks_of(const struct hearth_piece *piece)
{
    if (piece->kind != HEARTH_PIECE_PANELS)
        return 1;
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
 * so. Panels are looked at in hearth_panels_repack. */
static int load_vector(const struct hearth_piece *piece, const void *source, float *to,
                       struct hearth_error *error)
{
    hearth_dequantize((enum hearth_quant)piece->source[0].type, source, (size_t)piece->count, to);
    for (uint64_t i = 0; i < piece->count; i++)
        if (!isfinite(to[i]))
            return hearth_error_set(error, HEARTH_EMODEL, "a norm or a bias is not finite");
    *piece->vector = to;
    return 0;
}

/* Offsets and sizes are those of describe; map has made sure that the file still reaches so far. */
static int load_chunk(const struct loading *loading, const struct hearth_piece *piece, size_t chunk,
                      struct hearth_error *error)
{
    char *to = (char *)loading->weights->memory + piece->offset;
    const void *sources[2] = {NULL, NULL};
    for (size_t i = 0; i < 2 && piece->source[i].size_bytes > 0; i++)
        sources[i] = (const char *)hearth_checkpoint_bytes(loading->checkpoint, &piece->source[i]) +
                     piece->source_offset[i];
    if (piece->kind == HEARTH_PIECE_VECTOR)
        return load_vector(piece, sources[0], (float *)(void *)to, error);
    if (piece->kind == HEARTH_PIECE_RAW) {
        memcpy(to, sources[0], piece->bytes);
        *piece->raw = to;
        return 0;
    }
    size_t count = panels_in_chunk(piece), first = chunk * count;
    size_t left = piece->panels->panel_count - first;
    return hearth_panels_repack(piece->panels, sources, first, count < left ? count : left, error);
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
