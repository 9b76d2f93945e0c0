#include "network/shards.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/small_file.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INDEX_NAME "model.safetensors.index.json"
#define SINGLE_NAME "model.safetensors"

enum { INDEX_BYTES_MAX = 64 << 20, FILE_NAME_MAX = 255, PATH_BYTES = 4096 };

/* A name from the index becomes part of a path, so it must not lead out of the folder. */
static bool is_plain_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > FILE_NAME_MAX || name[0] == '.' ||
        !hearth_text_ends(name, ".safetensors"))
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] == '/' || name[i] < ' ' || name[i] > '~')
            return false;
    return true;
}

static int open_file(struct hearth_shards *shards, const char *directory, const char *name,
                     struct hearth_error *error)
{
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof(path), "%s/%s", directory, name);
    if (length < 0 || (size_t)length >= sizeof(path))
        return hearth_error_set(error, HEARTH_EPATH, "the path of %s is too long", name);
    int rc = hearth_safetensors_open(path, &shards->files[shards->count], error);
    if (rc == HEARTH_ENOTFOUND)
        return hearth_error_set(error, HEARTH_EMODEL, "%s is missing", name);
    if (rc != 0)
        return rc;
    shards->tensor_count += hearth_safetensors_count(shards->files[shards->count++]);
    return 0;
}

static int make_room(struct hearth_shards *shards, size_t count)
{
    shards->files = hearth_try_calloc(count, sizeof(struct hearth_safetensors *));
    return shards->files == NULL ? HEARTH_ENOMEM : 0;
}

static int by_name(const void *a, const void *b)
{
    const struct hearth_shard_tensor *left = a, *right = b;
    return strcmp(left->tensor->name, right->tensor->name);
}

/* So that a look-up does not ask every file. */
static int list_tensors(struct hearth_shards *shards, struct hearth_error *error)
{
    size_t count = shards->tensor_count, index = 0;
    shards->tensors = hearth_try_calloc(count + 1, sizeof(*shards->tensors));
    shards->by_name = hearth_try_calloc(count + 1, sizeof(*shards->by_name));
    if (shards->tensors == NULL || shards->by_name == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for %zu tensors", count);
    for (size_t file = 0; file < shards->count; file++)
        for (size_t i = 0; i < hearth_safetensors_count(shards->files[file]); i++, index++)
            shards->tensors[index] = (struct hearth_shard_tensor){
                hearth_safetensors_at(shards->files[file], i), index, file};
    memcpy(shards->by_name, shards->tensors, count * sizeof(*shards->by_name));
    qsort(shards->by_name, count, sizeof(*shards->by_name), by_name);
    return 0;
}

/* The names of files in the order in which the index has them first. */
struct shard_names {
    const char *names[HEARTH_SHARDS_MAX];
    size_t count;
};

static size_t place_of(const struct shard_names *shards, const char *name)
{
    size_t i = 0;
    while (i < shards->count && strcmp(shards->names[i], name) != 0)
        i++;
    return i;
}

static int list_names(const json_t *map, struct shard_names *names, struct hearth_error *error)
{
    const char *tensor;
    json_t *value;
    const char *last = ""; /* neighbours mostly lie in one file */
    json_object_foreach((json_t *)map, tensor, value)
    {
        const char *name = json_string_value(value);
        if (name == NULL || !is_plain_name(name))
            return hearth_error_set(error, HEARTH_EMODEL,
                                    INDEX_NAME ": the file of tensor \"%.100s\" is no name of a "
                                               "safetensors file in this folder",
                                    tensor);
        if (strcmp(name, last) == 0)
            continue;
        last = name;
        if (place_of(names, name) < names->count)
            continue;
        if (names->count == HEARTH_SHARDS_MAX)
            return hearth_error_set(error, HEARTH_EMODEL, INDEX_NAME ": more than %d files",
                                    HEARTH_SHARDS_MAX);
        names->names[names->count++] = name;
    }
    if (names->count == 0)
        return hearth_error_set(error, HEARTH_EMODEL, INDEX_NAME ": it names no file");
    return 0;
}

/* Both ways: no tensor is missing from its file, and none lies in another one too. */
static int check_index(const struct hearth_shards *shards, const struct shard_names *names,
                       const json_t *map, struct hearth_error *error)
{
    for (size_t i = 0; i < shards->tensor_count; i++) {
        const char *tensor = shards->tensors[i].tensor->name;
        const char *file = names->names[shards->tensors[i].file];
        const char *told = json_string_value(json_object_get(map, tensor));
        if (told == NULL || strcmp(told, file) != 0)
            return hearth_error_set(error, HEARTH_EMODEL,
                                    "%s has a tensor \"%.100s\" that the index does not look for "
                                    "there",
                                    file, tensor);
    }
    if (shards->tensor_count != json_object_size(map))
        return hearth_error_set(error, HEARTH_EMODEL,
                                INDEX_NAME ": %zu tensors, but the files have %zu",
                                json_object_size(map), shards->tensor_count);
    return 0;
}

static int open_by_index(struct hearth_shards *shards, const char *directory, const json_t *root,
                         struct hearth_error *error)
{
    const json_t *map = json_object_get(root, "weight_map");
    if (!json_is_object(map))
        return hearth_error_set(error, HEARTH_EMODEL, INDEX_NAME ": 'weight_map' is no object");
    struct shard_names *names = hearth_calloc(1, sizeof(*names));
    int rc = list_names(map, names, error);
    if (rc == 0)
        rc = make_room(shards, names->count);
    for (size_t i = 0; rc == 0 && i < names->count; i++)
        rc = open_file(shards, directory, names->names[i], error);
    if (rc == 0)
        rc = list_tensors(shards, error);
    if (rc == 0)
        rc = check_index(shards, names, map, error);
    hearth_free(names);
    return rc;
}

static int read_index(const char *directory, json_t **ret_root, struct hearth_error *error)
{
    struct hearth_buf text;
    hearth_buf_init(&text, INDEX_BYTES_MAX);
    int rc = hearth_small_file_read_in(directory, INDEX_NAME, &text, NULL);
    if (rc == HEARTH_ENOTFOUND)
        hearth_error_set(error, rc = HEARTH_EMODEL,
                         "the folder has neither " SINGLE_NAME " nor " INDEX_NAME);
    else if (rc != 0)
        hearth_error_set(error, rc = HEARTH_EMODEL, INDEX_NAME " cannot be read");
    else if ((*ret_root = hearth_json_parse(text.bytes != NULL ? text.bytes : "", text.length,
                                            error)) == NULL) {
        rc = HEARTH_EMODEL;
        hearth_error_prefix(error, INDEX_NAME);
        if (error != NULL)
            error->code = rc;
    }
    hearth_buf_finish(&text);
    return rc;
}

/* As transformers looks for them: the one file first. */
int hearth_shards_open(const char *directory, struct hearth_shards *ret_shards,
                       struct hearth_error *error)
{
    struct hearth_shards shards = {0};
    char path[PATH_BYTES];
    struct stat status;
    json_t *root = NULL;
    int rc = 0, length = snprintf(path, sizeof(path), "%s/" SINGLE_NAME, directory);
    bool single = length > 0 && (size_t)length < sizeof(path) && lstat(path, &status) == 0;
    if (single) {
        rc = make_room(&shards, 1);
        if (rc == 0)
            rc = open_file(&shards, directory, SINGLE_NAME, error);
        if (rc == 0)
            rc = list_tensors(&shards, error);
    } else {
        rc = read_index(directory, &root, error);
        if (rc == 0)
            rc = open_by_index(&shards, directory, root, error);
    }
    json_decref(root);
    if (rc == 0)
        *ret_shards = shards;
    else
        hearth_shards_close(&shards);
    return rc;
}

void hearth_shards_close(struct hearth_shards *shards)
{
    for (size_t i = 0; i < shards->count; i++)
        hearth_safetensors_close(shards->files[i]);
    hearth_free(shards->files);
    hearth_free(shards->tensors);
    hearth_free(shards->by_name);
    *shards = (struct hearth_shards){0};
}

enum hearth_quant hearth_shards_quant(enum hearth_dtype dtype)
{
    switch (dtype) {
    case HEARTH_DTYPE_F32:
        return HEARTH_QUANT_F32;
    case HEARTH_DTYPE_F16:
        return HEARTH_QUANT_F16;
    case HEARTH_DTYPE_BF16:
        return HEARTH_QUANT_BF16;
    default:
        return HEARTH_QUANT_END;
    }
}

const struct hearth_tensor *hearth_shards_at(const struct hearth_shards *shards, size_t index)
{
    return index < shards->tensor_count ? shards->tensors[index].tensor : NULL;
}

const struct hearth_shard_tensor *hearth_shards_find(const struct hearth_shards *shards,
                                                     const char *name)
{
    const struct hearth_tensor wanted = {.name = name};
    const struct hearth_shard_tensor key = {.tensor = &wanted};
    return bsearch(&key, shards->by_name, shards->tensor_count, sizeof(key), by_name);
}
