/* The forward pass: sequences packed one behind the other without padding, every linear layer over
 * all of their tokens at once, attention sequence by sequence and head by head.
 *
 * A small batch is computed by all members of the team together: hearth_linear_run and the loops
 * over `take` share the work out, and end with a barrier. A large one is cut into parts of whole
 * sequences, which the members take one by one and compute alone: nobody waits for a member whose
 * core does something else meanwhile. Each row is computed in the same order whatever stands beside
 * it, so a text's vector depends neither on its batch nor on the way it was cut. */
#include "engine/encoder/encoder_pass.h"

#include "base/memory.h"

#include <stdatomic.h>

/* Tokens of a part. With fewer than PART_ROWS_LEAST each part would read all weights for too few
 * products. */
enum { PART_ROWS = 256, PART_ROWS_LEAST = 64 };

/* Consecutive sequences of a batch. */
struct part {
    size_t first, count; /* sequences */
    size_t row, rows;
};

struct batch {
    struct encoder_pass whole;
    struct part *parts;
    size_t part_count;
};

/* Stops between two layers when that is asked. */
static bool goes_on(const struct encoder_pass *pass, struct hearth_member *member)
{
    /* One member asks and tells the others, so that all stop before the same layer: a member that
     * went on alone would wait at a barrier for ever. */
    if (hearth_member_index(member) == 0 && pass->abort && atomic_load(pass->abort))
        atomic_store(pass->aborted, 1);
    hearth_member_barrier(member);
    return !atomic_load(pass->aborted);
}

/* Every member of the team runs this; the steps share their rows out among them. */
static void run_pass(const struct encoder_pass *pass, struct hearth_member *member)
{
    encoder_pass_embed(pass, member);
    for (size_t layer = 0; layer < pass->model->config.layers; layer++) {
        if (!goes_on(pass, member))
            return;
        encoder_pass_layer(pass, member, layer);
    }
    if (pass->model->final_norm.weight)
        encoder_pass_normalize(pass, member, &pass->model->final_norm, pass->work->hidden, NULL,
                               pass->work->hidden);
    encoder_pass_finish(pass, member);
}

/* Batches
 * ------- */
static void run_part(const struct encoder_pass *whole, const struct part *part,
                     struct hearth_member *member)
{
    /* The part's rows of every buffer, the scratch of this thread, and a team of one: the same code
     * as for a whole batch. */
    struct encoder_workspace work =
        encoder_workspace_from(whole->work, part->row, hearth_member_index(member));
    struct encoder_pass pass = *whole;
    pass.work = &work;
    pass.sequences += part->first;
    pass.sequence_count = part->count;
    pass.starts += part->first;
    pass.rows = part->rows;
    run_pass(&pass, hearth_member_alone(member));
}

static void run_batch(struct hearth_member *member, void *argument)
{
    const struct batch *batch = argument;
    size_t index;
    /* Small: all members work on the whole batch, step by step. */
    if (batch->part_count < 2) {
        run_pass(&batch->whole, member);
        return;
    }
    while ((index = hearth_member_take(member)) < batch->part_count)
        run_part(&batch->whole, &batch->parts[index], member);
}

/* About PART_ROWS rows each and as many for each thread. Without a longest sequence that would hold
 * all threads up at the end, and with enough rows to be worth it. */
static void cut(struct batch *batch, unsigned threads, size_t longest)
{
    const struct encoder_pass *whole = &batch->whole;
    /* Rounded to the nearest: about as many parts for each thread as there are PART_ROWS. */
    size_t rounds = (whole->rows + threads * PART_ROWS / 2) / (threads * PART_ROWS);
    size_t parts = (rounds ? rounds : 1) * threads, each = (whole->rows + parts - 1) / parts;
    if (each < PART_ROWS_LEAST || longest > 2 * each)
        return;
    struct part *part = NULL;
    for (size_t i = 0; i < whole->sequence_count; i++) {
        /* A sequence is never cut, so parts differ in size; each begins where its share of all rows
         * begins, which keeps what one has too much from adding up. */
        if (!part || part->row + part->rows >= batch->part_count * each) {
            part = &batch->parts[batch->part_count++];
            *part = (struct part){.first = i, .row = whole->starts[i]};
        }
        part->count++;
        part->rows += whole->sequences[i].count;
    }
}

static int run(struct batch *batch, struct hearth_team *team, size_t longest)
{
    struct encoder_pass *whole = &batch->whole;
    /* On this stack: nobody looks at it once the team's run has ended. */
    _Atomic int aborted = 0;
    int rc = encoder_workspace_grow(whole->work, whole->rows, longest);
    if (rc)
        return rc;
    whole->aborted = &aborted;
    cut(batch, hearth_team_size(team), longest);
    hearth_team_run(team, run_batch, batch);
    return atomic_load(&aborted) ? HEARTH_ECANCELED : 0;
}

/* The last look before ids, segments and positions become addresses. */
static bool fits(const struct encoder_config *config, const struct encoder_sequence *sequence)
{
    if (!sequence->count || sequence->count > config->positions - config->position_offset ||
        sequence->unpooled >= sequence->count)
        return false;
    for (size_t i = 0; i < sequence->count; i++)
        if (sequence->ids[i] < 0 || (size_t)sequence->ids[i] >= config->vocabulary ||
            (config->types && sequence->types && sequence->types[i] >= config->types) ||
            (sequence->positions && sequence->positions[i] >= config->positions))
            return false;
    return true;
}

int encoder_forward(const struct encoder_model *model, struct encoder_workspace *workspace,
                    struct hearth_team *team, const struct encoder_sequence *sequences,
                    size_t count, const _Atomic int *abort)
{
    for (size_t i = 0; i < count; i++)
        if (!fits(&model->config, &sequences[i]))
            return HEARTH_EMODEL;
    size_t *starts = hearth_try_calloc(count + 1, sizeof(*starts)), longest = 1;
    struct part *parts = hearth_try_calloc(count, sizeof(*parts));
    int rc = starts && parts ? 0 : HEARTH_ENOMEM;
    if (!rc) {
        for (size_t i = 0; i < count; i++) {
            /* One entry more than sequences, so that the last one has an end too. */
            starts[i + 1] = starts[i] + sequences[i].count;
            longest = sequences[i].count > longest ? sequences[i].count : longest;
        }
        struct batch batch = {.whole = {.model = model,
                                        .work = workspace,
                                        .sequences = sequences,
                                        .sequence_count = count,
                                        .rows = starts[count],
                                        .starts = starts,
                                        .abort = abort},
                              .parts = parts};
        rc = run(&batch, team, longest);
    }
    hearth_free(parts);
    hearth_free(starts);
    return rc;
}
