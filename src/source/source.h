/* Fetches models from the places where they are kept. A source is first resolved to a fixed list of
 * files, then each file is fetched into a blob. Blocking; for lanes of the pool and the command
 * line.
 *
 *     file:PATH                      a GGUF file (all parts of a split one), or a Hugging Face
 *                                    directory: the files that source_select.c names
 *     hf:ORG/REPO[@REV][:FILE]       the hub's protocol; a repository with GGUF files gives the one
 *                                    (or FILE, or the only one whose name has the word FILE in it:
 *                                    ":Q4_K_M"), one without gives the files of a directory
 *     https://HOST/PATH[#sha256=…]   one file, or all parts of a split GGUF; http only from a
 *                                    loopback address
 *     fake:SCRIPT, fake:[@]PATH      a script of the fake engine, as the file model.fake
 *
 * Whatever a server says is hostile: paths, sizes, counts and redirects are bounded and checked. */
#ifndef HEARTH_SOURCE_SOURCE_H
#define HEARTH_SOURCE_SOURCE_H

#include "base/arena.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_blob_store;
struct hearth_fetch_progress;

struct hearth_source_options {
    const char *hf_endpoint; /* "https://huggingface.co" when NULL */
    const char *hf_token;    /* or NULL */
    const char
        *base_directory;      /* what a relative path is relative to; NULL: the process's folder */
    bool absolute_only;       /* a relative path is HEARTH_EPATH, fake:SCRIPT is never a path */
    uint32_t retries;         /* of a failed transfer; each goes on where it stopped */
    uint32_t retry_delay_ms;  /* before the first retry, then doubled, at most 30 s; 0: 500 */
    uint32_t idle_timeout_ms; /* a server that is silent for so long has failed; 0: 60 s */
    struct hearth_fetch_progress *progress; /* its is_canceled ends a resolve; or NULL */
};

struct hearth_source_file {
    const char *path;   /* within the model; checked: relative, no "..", no link */
    int64_t size;       /* -1 when unknown */
    const char *sha256; /* 64 hex digits, or "" when the source does not say */
    const char *etag;   /* or "" */
    const char *url;    /* where it is; file: the absolute path, fake: the script itself */
};

struct hearth_source {
    const char *scheme;   /* "file", "hf", "https", "fake" */
    const char *text;     /* as given */
    const char *revision; /* commit, ETag or "" */
    const char *name;     /* a good name for the model */
    struct hearth_source_file *files;
    size_t file_count;
};

/* Syntax only: HEARTH_EINVAL says what is wrong with it. */
int hearth_source_check(const char *text, struct hearth_error *error);

/* For a source that another program sends, whose folder is not ours: HEARTH_EPATH unless a path in
 * it is absolute and has no ".." part. */
int hearth_source_check_remote(const char *text, struct hearth_error *error);

/* A valid model name made of a file's or repository's name: without folders, ".gguf" and the part
 * number of a split file. */
const char *hearth_source_name(struct hearth_arena *arena, const char *path);

/* Finds the files. `pinned_revision` (or NULL) asks for exactly that one. Several GGUF files and no
 * FILE in the source: HEARTH_EINVAL with their list. */
int hearth_source_resolve(const char *text, const char *pinned_revision,
                          const struct hearth_source_options *options, struct hearth_arena *arena,
                          struct hearth_source **ret_source, struct hearth_error *error);

struct hearth_fetch_progress {
    /* Bytes of this file that are there; may come from several threads at once. */
    void (*on_bytes)(struct hearth_fetch_progress *progress, const struct hearth_source_file *file,
                     int64_t done, int64_t size);
    bool (*is_canceled)(struct hearth_fetch_progress *progress); /* or NULL */
    /* Once it is canceled: nobody will go on with what has come, and nothing of it is kept. NULL:
     * it is kept. */
    bool (*is_unwanted)(struct hearth_fetch_progress *progress);
};

/* `progress` may be NULL. */
bool hearth_fetch_is_unwanted(struct hearth_fetch_progress *progress);

/* Fetches one file into a blob: resumes, verifies, retries. `expected_sha256` (or NULL) overrides
 * what the source says. `progress` may be NULL. Several threads may fetch at once. */
int hearth_source_fetch(const struct hearth_source *source, const struct hearth_source_file *file,
                        const char *expected_sha256, const struct hearth_source_options *options,
                        struct hearth_blob_store *blobs, struct hearth_fetch_progress *progress,
                        char ret_sha256[65], int64_t *ret_size, struct hearth_error *error);

/* HEARTH_EPATH unless the path is one that a model's file may have: relative, at most 512 bytes of
 * UTF-8, no empty, "." or ".." part, no backslash, no control character. */
int hearth_source_path_check(const char *path, struct hearth_error *error);

#endif
