/* Which files of a repository or a directory make a model. */
#include "base/buf.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "source/source_parts.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/* What a Hugging Face directory is read for; '*' does not match '/'. A folder with a number in
 * front is a module of sentence-transformers. */
static const char *const directory_patterns[] = {
    "config.json",
    "*.safetensors",
    "*.safetensors.index.json",
    "tokenizer*",
    "vocab*",
    "merges.txt",
    "added_tokens.json",
    "special_tokens_map.json",
    "sentencepiece*.model",
    "spiece.model",
    "generation_config.json",
    "adapter_config.json",
    "chat_template*",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "[0-9]_*/config.json",
    "[0-9]_*/*.safetensors",
};

static bool has_digits(const char *text, size_t count)
{
    return strspn(text, "0123456789") >= count;
}

/* The digits have been checked, and five of them cannot overflow. */
static unsigned five_digits(const char *text)
{
    unsigned value = 0;
    for (int i = 0; i < 5; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    return value;
}

/* The form of llama.cpp's gguf-split, "%s-%05d-of-%05d.gguf". */
bool hearth_source_split_name(const char *path, size_t *ret_stem, unsigned *ret_part,
                              unsigned *ret_parts)
{
    static const char shape[] = "-00001-of-00001.gguf";
    size_t length = strlen(path), tail = strlen(shape);
    if (length <= tail)
        return false;
    const char *end = path + length - tail;
    if (end[0] != '-' || !has_digits(end + 1, 5) || memcmp(end + 6, "-of-", 4) != 0 ||
        !has_digits(end + 10, 5) || strcmp(end + 15, ".gguf") != 0)
        return false;
    *ret_stem = length - tail;
    *ret_part = five_digits(end + 1);
    *ret_parts = five_digits(end + 10);
    return true;
}

bool hearth_source_is_model_part(const char *path)
{
    for (size_t i = 0; i < sizeof(directory_patterns) / sizeof(directory_patterns[0]); i++)
        if (fnmatch(directory_patterns[i], path, FNM_PATHNAME | FNM_PERIOD) == 0)
            return true;
    return false;
}

/* Whether this could be the model; a vision projector goes beside one. */
static bool is_gguf(const struct hearth_source_file *file)
{
    const char *slash = strrchr(file->path, '/');
    const char *base = slash ? slash + 1 : file->path;
    return hearth_text_ends(base, ".gguf") && strncmp(base, "mmproj", 6) != 0;
}

/* Whether two files are parts of one model; a whole file is its own only part. */
static bool same_split(const char *a, const char *b)
{
    size_t a_stem, b_stem;
    unsigned part, a_parts, b_parts;
    if (!hearth_source_split_name(a, &a_stem, &part, &a_parts) ||
        !hearth_source_split_name(b, &b_stem, &part, &b_parts))
        return strcmp(a, b) == 0;
    return a_parts == b_parts && a_stem == b_stem && memcmp(a, b, a_stem) == 0;
}

/* The first file of each model stands for it. */
static bool is_first_of_split(const struct hearth_source_file *files, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (same_split(files[i].path, files[index].path))
            return false;
    return true;
}

/* All parts must be there, in whatever order the listing had them. */
static int keep_split(struct hearth_source_file *files, size_t *count, const char *path,
                      struct hearth_error *error)
{
    size_t kept = 0, stem;
    unsigned part, parts = 1;
    bool is_split = hearth_source_split_name(path, &stem, &part, &parts);
    for (size_t i = 0; i < *count; i++)
        if (same_split(files[i].path, path))
            files[kept++] = files[i];
    *count = kept;
    if (is_split && kept != parts)
        return hearth_error_set(error, HEARTH_ENOTFOUND, "%zu of the %u parts of %s are there",
                                kept, parts, files[0].path);
    return 0;
}

/* Unknown sizes (-1) add nothing: the sum is for a person's choice. */
static int64_t split_size(const struct hearth_source_file *files, size_t count, const char *path)
{
    int64_t size = 0;
    for (size_t i = 0; i < count; i++)
        if (files[i].size > 0 && same_split(files[i].path, path))
            size += files[i].size;
    return size;
}

/* A repository with several GGUF files has the same model in several quantizations, and only a
 * person can choose. */
static int list_choices(const struct hearth_source_file *files, size_t count, const char *where,
                        struct hearth_error *error)
{
    struct hearth_buf text;
    hearth_buf_init(&text, HEARTH_ERROR_MESSAGE_MAX - 1);
    hearth_buf_printf(
        &text, "%.200s has several GGUF files; name one of them behind it, as in :FILE:", where);
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        char size[32];
        if (!is_gguf(&files[i]) || !is_first_of_split(files, i))
            continue;
        int64_t bytes = split_size(files, count, files[i].path);
        hearth_size_text(bytes > 0 ? (uint64_t)bytes : 0, size);
        /* Room for the line that says how many are left out. */
        if (text.length + strlen(files[i].path) + 64 > text.max)
            left++;
        else
            hearth_buf_printf(&text, "\n  %s  (%s)", files[i].path, size);
    }
    if (left)
        hearth_buf_printf(&text, "\n  and %zu more", left);
    const char *message = hearth_buf_cstr(&text);
    int rc = hearth_error_set(error, HEARTH_EINVAL, "%s", message ? message : where);
    hearth_buf_finish(&text);
    return rc;
}

static int no_such_file(const struct hearth_source_file *files, size_t count, const char *wanted,
                        const char *where, struct hearth_error *error)
{
    const char **paths = hearth_calloc(count + 1, sizeof(*paths));
    for (size_t i = 0; i < count; i++)
        paths[i] = files[i].path;
    const char *nearest = hearth_nearest_word(wanted, paths);
    hearth_error_set(error, HEARTH_ENOTFOUND, "%.200s has no file %.200s%s%.200s%s", where, wanted,
                     nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
    hearth_free(paths);
    return HEARTH_ENOTFOUND;
}

/* A Hugging Face directory is told by its config.json and its weights, as transformers tells it. */
static int keep_directory(struct hearth_source_file *files, size_t *count, const char *where,
                          struct hearth_error *error)
{
    /* Looked at first for all files: which weights are doubles depends on the others. */
    bool has_config = false, has_weights = false, has_standard_weights = false;
    for (size_t i = 0; i < *count; i++) {
        const char *path = files[i].path;
        has_config = has_config || strcmp(path, "config.json") == 0 ||
                     strcmp(path, "adapter_config.json") == 0;
        has_weights = has_weights || fnmatch("*.safetensors", path, FNM_PATHNAME) == 0;
        has_standard_weights =
            has_standard_weights || fnmatch("model*.safetensors", path, FNM_PATHNAME) == 0;
    }
    if (!has_config || !has_weights)
        return hearth_error_set(
            error, HEARTH_EMODEL,
            "%.200s is not a model that Hearth can use: it has no GGUF file, and "
            "%s",
            where, has_config ? "no .safetensors weights" : "no config.json");
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        const char *path = files[i].path;
        /* "consolidated.safetensors" and the like hold the same weights once more. */
        bool is_double = has_standard_weights &&
                         fnmatch("*.safetensors", path, FNM_PATHNAME) == 0 &&
                         fnmatch("model*.safetensors", path, FNM_PATHNAME) != 0;
        if (hearth_source_is_model_part(path) && !is_double)
            files[kept++] = files[i];
    }
    *count = kept;
    return 0;
}

/* "Q4_K_M" stands for "model-Q4_K_M.gguf", as a word of its own and in any case. */
static bool is_quantized_so(const struct hearth_source_file *file, const char *quant)
{
    const char *slash = strrchr(file->path, '/');
    size_t length = strlen(quant);
    for (const char *at = slash ? slash + 1 : file->path; (at = strcasestr(at, quant)); at++)
        if (at != file->path && !isalnum((unsigned char)at[-1]) && at[-1] != '_' &&
            !isalnum((unsigned char)at[length]) && at[length] != '_')
            return true;
    return false;
}

/* The only model of this quantization, or NULL. */
static const char *quantized(const struct hearth_source_file *files, size_t count,
                             const char *quant)
{
    const char *found = NULL;
    if (strchr(quant, '.') || strchr(quant, '/'))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (!is_gguf(&files[i]) || !is_first_of_split(files, i) ||
            !is_quantized_so(&files[i], quant))
            continue;
        if (found)
            return NULL;
        found = files[i].path;
    }
    return found;
}

/* A whole pass before anything is kept, since `wanted` may stand behind other models. */
int hearth_source_select(struct hearth_source_file *files, size_t *count, const char *wanted,
                         const char *where, struct hearth_error *error)
{
    size_t models = 0, model = 0;
    for (size_t i = 0; i < *count; i++) {
        if (wanted && strcmp(files[i].path, wanted) == 0)
            return keep_split(files, count, wanted, error);
        if (is_gguf(&files[i]) && is_first_of_split(files, i)) {
            models++;
            model = i;
        }
    }
    const char *meant = wanted ? quantized(files, *count, wanted) : NULL;
    if (meant)
        return keep_split(files, count, meant, error);
    if (wanted)
        return no_such_file(files, *count, wanted, where, error);
    if (models > 1)
        return list_choices(files, *count, where, error);
    if (models == 1)
        return keep_split(files, count, files[model].path, error);
    return keep_directory(files, count, where, error);
}
