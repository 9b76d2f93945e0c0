#include "train/saved_state.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/out_file.h"
#include "base/small_file.h"

#include <string.h>

/* The file: this head, then values, first and second moments and, where `has_best`, the best
 * values, and the digest of all that in 64 digits. Of the machine that wrote it: in its order of
 * bytes. */
struct head {
    char magic[8];
    char identity[HEARTH_SHA256_HEX + 7]; /* whole words */
    uint64_t count, number_bytes, has_best;
    uint64_t optimizer_step;
    double rate_factor;
    struct hearth_job_progress progress;
};

static const char magic[8] = "hearths1";

int hearth_saved_state_write(const char *folder, const char *identity,
                             const struct hearth_job_progress *progress,
                             const struct hearth_lora *lora, struct hearth_optimizer *optimizer,
                             const hearth_number *best_values, struct hearth_error *error)
{
    struct hearth_optimizer_state state = hearth_optimizer_state(optimizer);
    struct head head;
    memset(&head, 0, sizeof(head));
    memcpy(head.magic, magic, sizeof(magic));
    memcpy(head.identity, identity, HEARTH_SHA256_HEX);
    head.count = lora->count;
    head.number_bytes = sizeof(hearth_number);
    head.has_best = best_values != NULL;
    head.optimizer_step = *state.step;
    head.rate_factor = *state.rate_factor;
    head.progress = *progress;
    struct hearth_out_file *file = hearth_calloc(1, sizeof(*file));
    int rc = hearth_out_begin(file, folder, "state", error);
    if (!rc) {
        char digest[HEARTH_SHA256_HEX];
        size_t bytes = lora->count * sizeof(hearth_number);
        hearth_out_digest(file);
        hearth_out_write(file, &head, sizeof(head));
        hearth_out_write(file, lora->values, bytes);
        hearth_out_write(file, state.first, bytes);
        hearth_out_write(file, state.second, bytes);
        if (best_values)
            hearth_out_write(file, best_values, bytes);
        hearth_out_digest_end(file, digest);
        hearth_out_write(file, digest, HEARTH_SHA256_HEX - 1);
        rc = hearth_out_end(file, error);
    }
    hearth_free(file);
    return rc;
}

static const char *fault_of(const struct hearth_buf *bytes, const char *identity, size_t count,
                            const struct head *head)
{
    char digest[HEARTH_SHA256_HEX];
    const size_t tail = HEARTH_SHA256_HEX - 1;
    if (memcmp(head->magic, magic, sizeof(magic)) != 0 ||
        head->number_bytes != sizeof(hearth_number))
        return "it is no checkpoint of this program";
    hearth_sha256_of(bytes->bytes, bytes->length - tail, digest);
    if (memcmp(digest, bytes->bytes + bytes->length - tail, tail) != 0)
        return "it is damaged";
    if (memcmp(head->identity, identity, HEARTH_SHA256_HEX) != 0 || head->count != count ||
        head->optimizer_step > UINT32_MAX)
        return "it is another job's";
    return NULL;
}

static void take(const struct hearth_buf *bytes, const struct head *head, struct hearth_lora *lora,
                 struct hearth_optimizer *optimizer, hearth_number *best_values)
{
    struct hearth_optimizer_state state = hearth_optimizer_state(optimizer);
    size_t size = lora->count * sizeof(hearth_number);
    const char *from = bytes->bytes + sizeof(*head);
    memcpy(lora->values, from, size);
    memcpy(state.first, from + size, size);
    memcpy(state.second, from + 2 * size, size);
    if (best_values && head->has_best)
        memcpy(best_values, from + 3 * size, size);
    *state.step = (uint32_t)head->optimizer_step;
    *state.rate_factor = head->rate_factor;
}

int hearth_saved_state_read(const char *folder, const char *identity,
                            struct hearth_job_progress *progress, struct hearth_lora *lora,
                            struct hearth_optimizer *optimizer, hearth_number *best_values,
                            struct hearth_error *error)
{
    const size_t numbers = lora->count * sizeof(hearth_number);
    const size_t least = sizeof(struct head) + 3 * numbers + HEARTH_SHA256_HEX - 1;
    struct hearth_buf bytes;
    struct head head;
    const char *fault = "it is damaged";
    hearth_buf_init(&bytes, least + numbers);
    int rc = hearth_small_file_read_in(folder, "state", &bytes, error);
    if (rc == HEARTH_ETOOLARGE || (!rc && bytes.length < least)) {
        rc = HEARTH_EPARSE;
    } else if (!rc) {
        memcpy(&head, bytes.bytes, sizeof(head));
        fault = bytes.length == least + (head.has_best ? numbers : 0)
                    ? fault_of(&bytes, identity, lora->count, &head)
                    : fault;
        rc = fault ? HEARTH_EPARSE : 0;
    }
    if (rc == HEARTH_EPARSE)
        hearth_error_set(error, rc, "the checkpoint in %s cannot be used: %s", folder, fault);
    if (!rc) {
        take(&bytes, &head, lora, optimizer, best_values);
        *progress = head.progress;
    }
    hearth_buf_finish(&bytes);
    return rc;
}
