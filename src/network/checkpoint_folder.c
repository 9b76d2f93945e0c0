/* A Hugging Face folder as a checkpoint. Safetensors have a header at their front, which the reader
 * (format/safetensors.h) maps with the file and checks; pages of tensors are touched when they are
 * read, not before. What a GGUF file has as tensors and a config as numbers (divisors of rotary
 * frequencies) is a tensor here too, behind those of the files. */
#include "network/checkpoint_ops.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "compute/quant.h"
#include "network/config.h"
#include "network/shards.h"

#include <stdio.h>
#include <string.h>

enum { FACTOR_TENSORS = 3, NAME_BYTES = 192 };
#define NO_FILE UINT32_MAX /* of factors */

/* Where a network's tensors lie in its folder: in one that was saved with a head, of a whole that
 * sees pictures too (transformers 4, and 5), or saved without a head. */
static const struct {
    const char *prefix, *root;
} places[] = {
    {"model.", ""},
    {"language_model.model.", "language_model."},
    {"model.language_model.", ""},
    {"", ""},
};

struct folder {
    struct hearth_checkpoint head;
    struct hearth_config *config;
    struct hearth_shards shards;
    struct hearth_config_factors factors;
    bool has_head; /* other than the embeddings */
    bool tied;
    size_t place; /* in the list of places */
};

static const struct folder *self(const struct hearth_checkpoint *checkpoint)
{
    return (const struct folder *)checkpoint;
}

static int network(const struct hearth_checkpoint *checkpoint,
                   const struct hearth_network_overrides *overrides,
                   struct hearth_network *ret_network, struct hearth_error *error)
{
    struct hearth_config_factors *factors = hearth_calloc(1, sizeof(*factors));
    int rc =
        hearth_config_network(self(checkpoint)->config, overrides, ret_network, factors, error);
    hearth_free(factors);
    if (rc == 0 && self(checkpoint)->has_head) {
        ret_network->tied = false;
        ret_network->required |= HEARTH_PART_BIT(HEARTH_PART_HEAD);
    }
    return rc;
}

static size_t count(const struct hearth_checkpoint *checkpoint)
{
    return self(checkpoint)->shards.tensor_count + FACTOR_TENSORS;
}

static uint32_t type_of(enum hearth_dtype dtype)
{
    enum hearth_quant type = hearth_shards_quant(dtype);
    return type == HEARTH_QUANT_END ? HEARTH_CHECKPOINT_NO_TYPE : (uint32_t)type;
}

static struct hearth_checkpoint_tensor describe(const struct hearth_tensor *tensor, size_t index,
                                                size_t file)
{
    struct hearth_checkpoint_tensor made = {
        .index = index,
        .type = type_of(tensor->dtype),
        .size_bytes = tensor->length,
        .file = (uint32_t)file,
    };
    /* One of more dimensions keeps extents of 0, which no network has. */
    for (size_t i = 0; i < HEARTH_GGUF_DIMENSIONS_MAX; i++)
        if (tensor->dim_count <= HEARTH_GGUF_DIMENSIONS_MAX)
            made.extents[i] = i < tensor->dim_count ? tensor->dims[tensor->dim_count - 1 - i] : 1;
    return made;
}

static bool find_factors(const struct folder *folder, size_t which,
                         struct hearth_checkpoint_tensor *ret_tensor)
{
    uint32_t length = folder->factors.count[which];
    if (length == 0)
        return false;
    *ret_tensor = (struct hearth_checkpoint_tensor){
        .index = folder->shards.tensor_count + which,
        .type = HEARTH_QUANT_F32,
        .extents = {length, 1, 1, 1},
        .offset = which,
        .size_bytes = length * sizeof(float),
        .file = NO_FILE,
    };
    return true;
}

static bool find(const struct hearth_checkpoint *checkpoint, enum hearth_part part, uint32_t layer,
                 uint32_t item, struct hearth_checkpoint_tensor *ret_tensor)
{
    const struct folder *folder = self(checkpoint);
    if (part >= HEARTH_PART_ROTARY_FACTORS && part <= HEARTH_PART_ROTARY_FACTORS_LONG)
        return find_factors(folder, part - HEARTH_PART_ROTARY_FACTORS, ret_tensor);
    const char *names = hearth_model_type_names(hearth_config_type(folder->config), part);
    char name[NAME_BYTES];
    while (names != NULL) {
        const char *pattern = names;
        if (!hearth_part_name_write(&names, places[folder->place].prefix,
                                    places[folder->place].root, layer, item, name, sizeof(name)))
            continue;
        const struct hearth_shard_tensor *found = hearth_shards_find(&folder->shards, name);
        if (found == NULL)
            continue;
        const char *of_item = strstr(pattern, "{item}");
        *ret_tensor = describe(found->tensor, found->index, found->file);
        ret_tensor->is_item = of_item != NULL && (names == NULL || of_item < names);
        return true;
    }
    return false;
}

static void part_name(const struct hearth_checkpoint *checkpoint, enum hearth_part part,
                      uint32_t layer, uint32_t item, char *ret_name, size_t size)
{
    const struct folder *folder = self(checkpoint);
    const char *names = hearth_model_type_names(hearth_config_type(folder->config), part);
    if (names == NULL)
        hearth_part_name(part, layer, ret_name, size);
    else
        hearth_part_name_write(&names, places[folder->place].prefix, places[folder->place].root,
                               layer, item, ret_name, size);
}

static const char *name_of(const struct hearth_checkpoint *checkpoint, size_t index,
                           size_t *ret_length)
{
    const struct hearth_tensor *tensor = hearth_shards_at(&self(checkpoint)->shards, index);
    const char *name = tensor != NULL ? tensor->name : "";
    *ret_length = strlen(name);
    return name;
}

/* A head whose numbers are not those of the embeddings counts, whatever the config says of ties:
 * since its release 5 transformers takes it so too. Most folders that have both say one thing
 * twice, and then only one is kept. */
static bool has_own_head(const struct hearth_checkpoint *checkpoint)
{
    const struct folder *folder = self(checkpoint);
    struct hearth_checkpoint_tensor head, embedding;
    if (!find(checkpoint, HEARTH_PART_HEAD, 0, 0, &head) ||
        !find(checkpoint, HEARTH_PART_EMBEDDING, 0, 0, &embedding))
        return false;
    const struct hearth_tensor *a = hearth_shards_at(&folder->shards, head.index);
    const struct hearth_tensor *b = hearth_shards_at(&folder->shards, embedding.index);
    return a->length != b->length || a->dtype != b->dtype ||
           memcmp(a->bytes, b->bytes, a->length) != 0;
}

/* Frequencies that old folders store follow from the config; a head that says what tied embeddings
 * say is not looked at. */
static bool is_beside(const struct hearth_checkpoint *checkpoint, size_t index)
{
    const struct folder *folder = self(checkpoint);
    const struct hearth_tensor *tensor = hearth_shards_at(&folder->shards, index);
    const struct hearth_model_type *type = hearth_config_type(folder->config);
    char head[NAME_BYTES];
    if (tensor == NULL || hearth_text_ends(tensor->name, ".rotary_emb.inv_freq"))
        return true;
    part_name(checkpoint, HEARTH_PART_HEAD, 0, 0, head, sizeof(head));
    if (folder->tied && strcmp(tensor->name, head) == 0)
        return true;
    for (size_t i = 0; i < HEARTH_TENSORS_BESIDE_MAX && type->beside[i] != NULL; i++)
        if (strncmp(tensor->name, type->beside[i], strlen(type->beside[i])) == 0)
            return true;
    return false;
}

/* The files are mapped since they were opened, and stay so until close; what they take of memory is
 * given back before. */
static int map(struct hearth_checkpoint *checkpoint, struct hearth_error *error)
{
    (void)checkpoint;
    (void)error;
    return 0;
}

static void unmap(struct hearth_checkpoint *checkpoint)
{
    const struct folder *folder = self(checkpoint);
    for (size_t i = 0; i < folder->shards.count; i++)
        hearth_safetensors_release(folder->shards.files[i]);
}

static const void *bytes(const struct hearth_checkpoint *checkpoint,
                         const struct hearth_checkpoint_tensor *tensor)
{
    const struct folder *folder = self(checkpoint);
    if (tensor->file == NO_FILE)
        return folder->factors.values[tensor->offset];
    return hearth_shards_at(&folder->shards, tensor->index)->bytes;
}

static void close_folder(struct hearth_checkpoint *checkpoint)
{
    struct folder *folder = (struct folder *)checkpoint;
    hearth_shards_close(&folder->shards);
    hearth_config_close(folder->config);
    hearth_free(folder);
}

static const struct hearth_checkpoint_ops ops = {
    .network = network,
    .count = count,
    .find = find,
    .part_name = part_name,
    .name = name_of,
    .map = map,
    .unmap = unmap,
    .bytes = bytes,
    .close = close_folder,
    .is_beside = is_beside,
};

/* Where the embeddings lie, the rest does; nowhere means that they are reported as missing from the
 * usual place. */
static size_t place_of(struct folder *folder)
{
    struct hearth_checkpoint_tensor tensor;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        folder->place = i;
        if (find(&folder->head, HEARTH_PART_EMBEDDING, 0, 0, &tensor))
            return i;
    }
    return 0;
}

int hearth_checkpoint_open_folder(const char *path, struct hearth_checkpoint **ret_checkpoint,
                                  struct hearth_error *error)
{
    struct folder *folder = hearth_calloc(1, sizeof(*folder));
    struct hearth_network *read = hearth_calloc(1, sizeof(*read));
    folder->head.ops = &ops;
    int rc = hearth_config_open(path, &folder->config, error);
    if (rc == 0)
        rc = hearth_config_network(folder->config, NULL, read, &folder->factors, error);
    if (rc == 0)
        rc = hearth_shards_open(path, &folder->shards, error);
    if (rc == 0) {
        folder->place = place_of(folder);
        folder->has_head = has_own_head(&folder->head);
        folder->tied = read->tied && !folder->has_head;
        *ret_checkpoint = &folder->head;
    } else {
        close_folder(&folder->head);
    }
    hearth_free(read);
    return rc;
}
