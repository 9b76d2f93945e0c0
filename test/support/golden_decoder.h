/* A small decoder of test/golden/decoder as a whole Hugging Face folder: config.json as it stands
 * there, and model.safetensors with weights that are made here. Weights follow from a tensor's name
 * and shape alone, bit for bit as test/golden/make_decoders.py makes them for transformers. */
#ifndef HEARTH_TEST_GOLDEN_DECODER_H
#define HEARTH_TEST_GOLDEN_DECODER_H

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "unit/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOLDEN_DECODERS HEARTH_SOURCE_DIR "/test/golden/decoder/"

struct golden_shape {
    uint64_t rows, columns; /* columns: the innermost extent; rows: the product of the others */
    bool is_vector;
};

/* A number in [−1, 1) of 16 bits, exact in f32: SplitMix64 (Steele et al., "Fast splittable
 * pseudorandom number generators", 2014), seeded by the name's FNV-1a hash. */
static inline float golden_random(uint64_t seed, uint64_t index)
{
    uint64_t mixed = seed + (index + 1) * 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    mixed ^= mixed >> 31;
    return ((float)(mixed >> 48) - 32768) / 32768;
}

static inline uint64_t golden_seed(const char *name)
{
    uint64_t seed = 14695981039346656037u;
    for (; *name != '\0'; name++)
        seed = (seed ^ (unsigned char)*name) * 1099511628211u;
    return seed;
}

/* Of a size that keeps activations near 1. */
static inline void golden_values(const char *name, const struct golden_shape *shape, float *values)
{
    uint64_t seed = golden_seed(name), count = shape->rows * shape->columns;
    size_t length = strlen(name);
    bool bias = length >= 4 && strcmp(name + length - 4, "bias") == 0;
    bool embedding = strstr(name, "embed") != NULL;
    float factor = embedding ? 0.5f : (float)(1.7 / sqrt((double)shape->columns));
    for (uint64_t i = 0; i < count; i++) {
        float random = golden_random(seed, i);
        values[i] = !shape->is_vector ? random * factor
                    : bias            ? random * 0.25f
                                      : 1 + random * 0.25f;
    }
}

static inline json_t *golden_json(const char *model, const char *file)
{
    char *path = hearth_format(GOLDEN_DECODERS "%s/%s", model, file);
    json_t *json = json_load_file(path, 0, NULL);
    if (json == NULL)
        fail_msg("%s is no JSON", path);
    hearth_free(path);
    return json;
}

static inline void golden_write(const char *folder, const char *name, const char *text)
{
    char *path = hearth_format("%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    hearth_free(path);
}

static inline struct golden_shape golden_shape_of(const json_t *list)
{
    size_t extents = json_array_size(list);
    struct golden_shape shape = {.rows = 1, .columns = 1, .is_vector = extents == 1};
    for (size_t i = 0; i + 1 < extents; i++)
        shape.rows *= (uint64_t)json_integer_value(json_array_get(list, i));
    shape.columns = (uint64_t)json_integer_value(json_array_get(list, extents - 1));
    return shape;
}

/* Format: format/safetensors.h. */
static inline void golden_write_weights(const char *folder, const char *file_name, json_t *tensors)
{
    json_t *header = json_object(), *shape_json;
    struct hearth_buf bytes;
    const char *name;
    hearth_buf_init(&bytes, 64u << 20);
    json_object_foreach(tensors, name, shape_json)
    {
        struct golden_shape shape = golden_shape_of(shape_json);
        size_t length = shape.rows * shape.columns * sizeof(float);
        float *values = hearth_alloc(length);
        golden_values(name, &shape, values);
        json_object_set_new(header, name,
                            json_pack("{s:s,s:O,s:[I,I]}", "dtype", "F32", "shape", shape_json,
                                      "data_offsets", (json_int_t)bytes.length,
                                      (json_int_t)(bytes.length + length)));
        hearth_buf_append(&bytes, values, length);
        hearth_free(values);
    }
    char *text = json_dumps(header, JSON_COMPACT | JSON_PRESERVE_ORDER);
    char *path = hearth_format("%s/%s", folder, file_name);
    uint64_t length = strlen(text);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(bytes.failed, 0);
    assert_int_equal(fwrite(&length, sizeof(length), 1, file), 1);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fwrite(bytes.bytes, 1, bytes.length, file), bytes.length);
    assert_int_equal(fclose(file), 0);
    hearth_free(path);
    free(text);
    json_decref(header);
    hearth_buf_finish(&bytes);
}

/* Into an empty folder of the caller's. */
static inline void golden_make_folder(const char *model, const char *folder)
{
    json_t *expected = golden_json(model, "expected.json");
    json_t *config = golden_json(model, "config.json");
    char *text = json_dumps(config, JSON_COMPACT);
    golden_write(folder, "config.json", text);
    golden_write_weights(folder, "model.safetensors", json_object_get(expected, "tensors"));
    free(text);
    json_decref(config);
    json_decref(expected);
}

#endif
