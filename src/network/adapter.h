/* An adapter in the form in which a pass computes with it: beside each matrix of the base that it
 * changes, y += scale · B · (A · x) in f32, for the rows that use it. The base stays as it is, so
 * that rows with different adapters, with several or with none go through one step together.
 *
 * What an adapter adds to one row depends on that row alone (compute/matmul.h's sums in their
 * order), so that the promise of decoder.h holds with adapters as it does without.
 *
 * Lifecycle: init finds and checks (adapter_file.h) and says how many bytes it will take; load
 * reads the values; then it is read only, by any number of threads; finish. */
#ifndef HEARTH_NETWORK_ADAPTER_H
#define HEARTH_NETWORK_ADAPTER_H

#include "base/digest.h"
#include "compute/panel.h"
#include "network/adapter_file.h"

enum { HEARTH_ADAPTERS_MAX = 32 };

/* Matrices that read the same rows: their A are one matrix, below each other. */
enum hearth_adapter_place {
    HEARTH_ADAPTER_ATTENTION_IN,
    HEARTH_ADAPTER_ATTENTION_OUT,
    HEARTH_ADAPTER_FEED_IN,
    HEARTH_ADAPTER_FEED_OUT,
    HEARTH_ADAPTER_PLACES,
};

/* Matrices whose rows are changed. */
enum hearth_adapter_target {
    HEARTH_ADAPTER_QUERY,
    HEARTH_ADAPTER_KEY,
    HEARTH_ADAPTER_VALUE,
    HEARTH_ADAPTER_OUT,
    HEARTH_ADAPTER_GATE,
    HEARTH_ADAPTER_UP,
    HEARTH_ADAPTER_DOWN,
    HEARTH_ADAPTER_TARGETS,
};

struct hearth_adapter_change {
    uint32_t first;         /* of the rows of A at its place */
    struct hearth_panels b; /* inputs: the rank; no outputs: it is not changed */
};

struct hearth_adapter_layer {
    struct hearth_panels a[HEARTH_ADAPTER_PLACES]; /* no outputs: nothing is changed */
    struct hearth_adapter_change changes[HEARTH_ADAPTER_TARGETS];
};

struct hearth_adapter {
    char name[HEARTH_ADAPTER_NAME_MAX];
    struct hearth_adapter_layer *layers;
    uint32_t layer_count;
    uint32_t ranks[HEARTH_ADAPTER_PLACES]; /* the most of any layer */
    uint64_t bytes;                        /* what load takes */
    char digest[HEARTH_SHA256_HEX];        /* of the loaded values */
    struct hearth_adapter_file *file;      /* until load */
    void *memory;
};

/* `network` must live until load is done. Errors as hearth_adapter_file_open's. */
int hearth_adapter_init(struct hearth_adapter *adapter, const char *path,
                        const struct hearth_network *network, struct hearth_error *error);
/* As init, of a whole GGUF file in memory, which must stay until load is done. */
int hearth_adapter_init_parsed(struct hearth_adapter *adapter, const char *name, const void *bytes,
                               size_t length, const struct hearth_network *network,
                               struct hearth_error *error);
/* Once. HEARTH_ENOMEM; HEARTH_EMODEL when a value is not finite. */
int hearth_adapter_load(struct hearth_adapter *adapter, struct hearth_error *error);
void hearth_adapter_finish(struct hearth_adapter *adapter); /* one that is all zeros is allowed */

enum hearth_adapter_place hearth_adapter_place_of(enum hearth_adapter_target target);

#endif
