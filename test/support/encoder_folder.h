/* A model's folder for the encoder, made of a small one of test/golden/encoder: its files are
 * links, and a test writes or patches those that it is about. */
#ifndef HEARTH_TEST_ENCODER_FOLDER_H
#define HEARTH_TEST_ENCODER_FOLDER_H

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct encoder_folder {
    char path[64];
    const char *golden;
};

static inline void encoder_folder_write(const struct encoder_folder *folder, const char *name,
                                        const char *text)
{
    char *path = hearth_format("%s/%s", folder->path, name);
    unlink(path); /* a link's target stays as it is */
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    assert_int_equal(fclose(file), 0);
    hearth_free(path);
}

static inline void encoder_folder_link(const struct encoder_folder *folder, const char *name)
{
    char *target =
        hearth_format(HEARTH_SOURCE_DIR "/test/golden/encoder/%s/%s", folder->golden, name);
    char *path = hearth_format("%s/%s", folder->path, name);
    assert_int_equal(symlink(target, path), 0);
    hearth_free(target);
    hearth_free(path);
}

static inline void encoder_folder_unlink(const struct encoder_folder *folder, const char *name)
{
    char *path = hearth_format("%s/%s", folder->path, name);
    assert_int_equal(unlink(path), 0);
    hearth_free(path);
}

static inline void encoder_folder_mkdir(const struct encoder_folder *folder, const char *name)
{
    char *path = hearth_format("%s/%s", folder->path, name);
    assert_int_equal(mkdir(path, 0700), 0);
    hearth_free(path);
}

static inline struct encoder_folder encoder_folder_make(const char *golden)
{
    struct encoder_folder folder = {"/tmp/hearth-encoder-XXXXXX", golden};
    assert_non_null(mkdtemp(folder.path));
    encoder_folder_link(&folder, "config.json");
    encoder_folder_link(&folder, "model.safetensors");
    encoder_folder_link(&folder, "tokenizer.json");
    return folder;
}

/* Members of the patch take the place of those of the file, object by object. */
static inline void encoder_folder_patch(const struct encoder_folder *folder, const char *name,
                                        const char *patch)
{
    char *path = hearth_format("%s/%s", folder->path, name);
    json_t *json = json_load_file(path, 0, NULL);
    json_t *with = hearth_json_parse(patch, strlen(patch), NULL);
    assert_non_null(json);
    assert_non_null(with);
    assert_int_equal(json_object_update_recursive(json, with), 0);
    char *text = json_dumps(json, JSON_COMPACT);
    encoder_folder_write(folder, name, text);
    free(text);
    json_decref(json);
    json_decref(with);
    hearth_free(path);
}

static inline void encoder_folder_remove(const struct encoder_folder *folder)
{
    static const char *const names[] = {"config.json",
                                        "model.safetensors",
                                        "model.safetensors.index.json",
                                        "tokenizer.json",
                                        "tokenizer_config.json",
                                        "sentence_bert_config.json",
                                        "config_sentence_transformers.json",
                                        "modules.json",
                                        "pool/config.json",
                                        "pool",
                                        "dense/config.json",
                                        "dense/model.safetensors",
                                        "dense",
                                        ""};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *path = hearth_format("%s/%s", folder->path, names[i]);
        remove(path);
        hearth_free(path);
    }
}

#endif
