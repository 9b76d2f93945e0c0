#include "source/source.h"

#include "base/error.h"
#include "base/text.h"
#include "source/source_parts.h"

#include <stdio.h>
#include <string.h>

/* 1 MiB is for a script of the fake engine, which stands in its source; names of models have at
 * most 96 bytes. */
enum { TEXT_MAX = 1 << 20, NAME_MAX_LENGTH = 96 };

static const struct hearth_source_ops *const schemes[] = {
    &hearth_source_file_ops, &hearth_source_hf_ops,   &hearth_source_https_ops,
    &hearth_source_http_ops, &hearth_source_fake_ops,
};

/* Up to the first colon, so that no scheme is taken for the beginning of another. */
static const struct hearth_source_ops *find_scheme(const char *text, const char **ret_rest)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t length = strlen(schemes[i]->scheme);
        if (strncmp(text, schemes[i]->scheme, length) == 0 && text[length] == ':') {
            *ret_rest = text + length + 1;
            return schemes[i];
        }
    }
    return NULL;
}

/* The common rules first, then those of the scheme. */
static int check(const char *text, const struct hearth_source_ops **ret_ops, const char **ret_rest,
                 struct hearth_error *error)
{
    size_t length = strnlen(text, TEXT_MAX + 1);
    if (length > TEXT_MAX || !hearth_utf8_valid(text, length))
        return hearth_error_set(error, HEARTH_EINVAL, "a source is UTF-8 text of at most 1 MiB");
    *ret_ops = find_scheme(text, ret_rest);
    if (!*ret_ops)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "\"%.200s\" is not a source: it begins with file:, hf:, https: or "
                                "fake:",
                                text);
    return (*ret_ops)->check(*ret_rest, error);
}

int hearth_source_check(const char *text, struct hearth_error *error)
{
    const struct hearth_source_ops *ops;
    const char *rest;
    return check(text, &ops, &rest, error);
}

/* No part "..": what a path names must be seen from the path itself. */
static bool is_plain_absolute(const char *path)
{
    if (*path != '/')
        return false;
    for (const char *part = path; part; part = strchr(part + 1, '/'))
        if (strncmp(part, "/..", 3) == 0 && (part[3] == '/' || part[3] == '\0'))
            return false;
    return true;
}

/* For sources that a request names: the server's current folder is nothing that its clients know
 * of, so a relative path could only be a mistake or an attempt. */
int hearth_source_check_remote(const char *text, struct hearth_error *error)
{
    const char *path = NULL;
    if (strncmp(text, "file:", 5) == 0)
        path = text + 5;
    else if (strncmp(text, "fake:@", 6) == 0)
        path = text + 6;
    else if (strncmp(text, "fake:/", 6) == 0)
        path = text + 5;
    if (!path || is_plain_absolute(path))
        return 0;
    return hearth_error_set(error, HEARTH_EPATH,
                            "unsafe path \"%.200s\": it must be absolute and without \"..\"", path);
}

/* Looks up what the source is made of (files, sizes, digests, revision) and fetches none of it. */
int hearth_source_resolve(const char *text, const char *pinned_revision,
                          const struct hearth_source_options *options, struct hearth_arena *arena,
                          struct hearth_source **ret_source, struct hearth_error *error)
{
    struct hearth_source_query query = {
        .text = text, .pinned_revision = pinned_revision, .options = options, .arena = arena};
    const struct hearth_source_ops *ops;
    int rc = check(text, &ops, &query.rest, error);
    if (rc)
        return rc;
    struct hearth_source *source = hearth_arena_alloc(arena, sizeof(*source));
    if (!source)
        return hearth_error_set(error, HEARTH_ETOOLARGE,
                                "there is not enough memory for the source's files");
    source->scheme = ops->scheme;
    source->text = hearth_arena_strdup(arena, text);
    /* A scheme that knows no revisions (file:, fake:) leaves it so. */
    source->revision = "";
    rc = ops->resolve(&query, source, error);
    if (!rc && (!source->text || !source->name || !source->revision))
        rc = hearth_error_set(error, HEARTH_ETOOLARGE,
                              "there is not enough memory for the source's files");
    if (!rc)
        *ret_source = source;
    return rc;
}

/* Paths come from listings of strangers and will be made below a folder of ours. */
int hearth_source_path_check(const char *path, struct hearth_error *error)
{
    if (hearth_inner_path_valid(path))
        return 0;
    return hearth_error_set(error, HEARTH_EPATH, "a model's file cannot be called \"%.100s\"",
                            hearth_utf8_valid(path, strnlen(path, 100)) ? path : "(not UTF-8)");
}

static bool is_name_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
}

/* The name of the file without folder, part number and .gguf; what a model's name cannot have
 * becomes a dash. */
const char *hearth_source_name(struct hearth_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t length = strlen(base), stem;
    unsigned part, parts;
    if (hearth_source_split_name(base, &stem, &part, &parts))
        length = stem;
    else if (hearth_text_ends(base, ".gguf"))
        length -= strlen(".gguf");
    char name[NAME_MAX_LENGTH + 1];
    size_t used = 0;
    for (size_t i = 0; i < length && used < NAME_MAX_LENGTH; i++) {
        char c = is_name_character(base[i]) ? base[i] : '-';
        if (used > 0 || (c != '.' && c != '_' && c != '-'))
            name[used++] = c;
    }
    /* A name may not begin with these, and looks unfinished when it ends with one. */
    while (used > 0 && strchr("._-", name[used - 1]))
        used--;
    name[used] = '\0';
    /* What is left may be nothing, or digits only, which would be taken for an id. */
    if (hearth_model_name_valid(name))
        return hearth_arena_strdup(arena, name);
    return hearth_arena_format(arena, used ? "model-%.80s" : "model%s", name);
}
