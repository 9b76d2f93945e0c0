/* hf:ORG/REPO[@REV][:FILE or :QUANT], with the protocol of the Hugging Face hub as its own client
 * (huggingface_hub) speaks it:
 *
 *     GET /api/models/ORG/REPO/revision/REV                       the commit
 *     GET /api/models/ORG/REPO/tree/COMMIT?recursive=true         pages of files, next one by Link
 *     GET /ORG/REPO/resolve/COMMIT/PATH                           the bytes, maybe elsewhere
 *
 * Errors are told apart by the X-Error-Code header. */
#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "source/source_parts.h"

#include <stdio.h>
#include <string.h>

/* The hub's limits: 96 letters for each part of an id, 40 digits of a commit (git's SHA-1). */
enum { PAGES_MAX = 200, ID_MAX = 96, REVISION_MAX = 255, COMMIT_DIGITS = 40 };
static const char default_endpoint[] = "https://huggingface.co";

/* The parts of the text; each a copy in the arena. */
struct reference {
    const char *repository; /* ORG/REPO */
    const char *revision;   /* "main" when it is not given */
    const char *file;       /* or NULL */
};

struct hub {
    const struct hearth_source_query *query;
    struct hearth_http_client *client;
    struct reference reference;
    char *endpoint; /* without '/' at the end */
    const char *token;
    char commit[COMMIT_DIGITS + 1];
    struct hearth_source_file *files;
    size_t count;
};

/* The rules of huggingface_hub's validate_repo_id: no dot or dash at either end, neither of them
 * twice in a row. */
static bool is_id_part(const char *part, size_t length)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    if (length == 0 || length > ID_MAX || strspn(part, allowed) < length)
        return false;
    return part[0] != '.' && part[0] != '-' && part[length - 1] != '.' && part[length - 1] != '-' &&
           !memmem(part, length, "..", 2) && !memmem(part, length, "--", 2);
}

/* git-check-ref-format(1), as far as it keeps the address safe: no "..", no blanks, control
 * characters or ~^:?*[\. */
static bool is_revision(const char *text, size_t length)
{
    if (length == 0 || length > REVISION_MAX || text[0] == '/' || memmem(text, length, "..", 2))
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || strchr("~^:?*[\\", text[i]))
            return false;
    return true;
}

/* Lengths of the parts within the text. */
struct span {
    const char *start;
    size_t length;
};

static int split(const char *rest, struct span *repository, struct span *revision,
                 struct span *file, struct hearth_error *error)
{
    size_t org = strcspn(rest, "/");
    /* The id ends at "@" or ":", of which its letters are neither. */
    size_t repo = rest[org] ? strcspn(rest + org + 1, "@:") : 0;
    if (!rest[org] || !is_id_part(rest, org) || !is_id_part(rest + org + 1, repo))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "\"hf:%.200s\" is not hf:ORG/REPO[@REVISION][:FILE]", rest);
    *repository = (struct span){rest, org + 1 + repo};
    const char *next = rest + repository->length;
    *revision = (struct span){"main", 4};
    if (*next == '@') {
        *revision = (struct span){next + 1, strcspn(next + 1, ":")};
        next += 1 + revision->length;
        if (!is_revision(revision->start, revision->length))
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "\"hf:%.200s\": behind the @ must stand a revision (a branch, "
                                    "a tag or a commit)",
                                    rest);
    }
    *file = (struct span){*next == ':' ? next + 1 : NULL, 0};
    return file->start ? hearth_source_path_check(file->start, error) : 0;
}

static int check_hf(const char *rest, struct hearth_error *error)
{
    struct span repository, revision, file;
    return split(rest, &repository, &revision, &file, error);
}

static int parse_reference(const struct hearth_source_query *query, struct reference *ret,
                           struct hearth_error *error)
{
    struct span repository, revision, file;
    int rc = split(query->rest, &repository, &revision, &file, error);
    if (rc)
        return rc;
    /* A lock's commit takes the place of a branch, which may have moved on. */
    if (query->pinned_revision && *query->pinned_revision)
        revision = (struct span){query->pinned_revision, strlen(query->pinned_revision)};
    ret->repository = hearth_arena_strndup(query->arena, repository.start, repository.length);
    ret->revision = hearth_arena_strndup(query->arena, revision.start, revision.length);
    ret->file = hearth_arena_strdup(query->arena, file.start);
    if (!ret->repository || !ret->revision || (file.start && !ret->file))
        return hearth_error_set(error, HEARTH_ETOOLARGE,
                                "there is not enough memory for the source");
    return 0;
}

/* Percent-encodes all but unreserved characters; '/' stays when it parts a path. */
static void append_encoded(struct hearth_buf *url, const char *text, bool is_path)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-~";
    for (; *text; text++) {
        if (strchr(plain, *text) || (is_path && *text == '/'))
            hearth_buf_char(url, *text);
        else
            hearth_buf_printf(url, "%%%02X", (unsigned char)*text);
    }
}

static int no_room(struct hearth_error *error)
{
    return hearth_error_set(error, HEARTH_ETOOLARGE, "the repository's listing is too large");
}

/* 401 is also what the hub says of a repository that does not exist, to those without a token. */
static int explain_access(int status, const char *text, const char *code, const char *said,
                          bool has_token, struct hearth_error *error)
{
    int number = has_token ? HEARTH_EFORBIDDEN : HEARTH_EAUTH;
    if (strcmp(code, "GatedRepo") == 0)
        return hearth_error_set(error, number,
                                "%.200s is gated: accept its terms on the hub's page of the model, "
                                "then set HF_TOKEN to a token of %s",
                                text,
                                has_token ? "the account that accepted them" : "that account");
    if (status == 403 && *said)
        return hearth_error_set(error, number, "%.200s: the hub says \"%.300s\"", text, said);
    return hearth_error_set(error, number,
                            has_token
                                ? "%.200s: there is no such repository, or HF_TOKEN's account may "
                                  "not read it, or the token is not valid"
                                : "%.200s: there is no such repository, or it is private: check "
                                  "the name, or set HF_TOKEN to a token that may read it",
                            text);
}

int hearth_source_hf_explain(const char *text, const struct hearth_http_answer *answer,
                             const struct hearth_source_options *options,
                             struct hearth_error *error)
{
    char code[64] = "", said[256] = "";
    /* What helps depends on it: without a token one may be set, with one its account needs the
     * right. */
    bool has_token = options->hf_token && *options->hf_token;
    hearth_http_answer_header(answer, "X-Error-Code", code, sizeof(code));
    hearth_http_answer_header(answer, "X-Error-Message", said, sizeof(said));
    switch (answer->status) {
    case 401:
    case 403:
        return explain_access(answer->status, text, code, said, has_token, error);
    /* The header tells which of the three is missing; a hub without it is taken at its status. */
    case 404:
        if (strcmp(code, "RevisionNotFound") == 0)
            return hearth_error_set(error, HEARTH_ENOTFOUND,
                                    "%.200s: the repository has no such revision", text);
        if (strcmp(code, "EntryNotFound") == 0)
            return hearth_error_set(error, HEARTH_ENOTFOUND,
                                    "%.200s: the repository has no such file", text);
        return hearth_error_set(error, HEARTH_ENOTFOUND, "%.200s: there is no such repository%s",
                                text, has_token ? "" : ", or it is private (HF_TOKEN opens those)");
    case 429:
        return hearth_error_set(error, HEARTH_ERATE,
                                "%.200s: the hub asks for fewer requests; try again later%s", text,
                                has_token ? "" : ", or set HF_TOKEN for a higher limit");
    default:
        /* A lasting refusal is not worth another try. */
        return hearth_error_set(error, answer->status >= 500 ? HEARTH_ENETWORK : HEARTH_EIO,
                                "%.200s: the hub answered %d%s%.200s", text, answer->status,
                                *said ? ": " : "", said);
    }
}

/* On success the caller frees both the value and the answer, whose headers it may still read. */
static int ask_json(struct hub *hub, const char *url, struct hearth_http_answer *answer,
                    json_t **ret_value, struct hearth_error *error)
{
    int rc = hearth_source_ask(hub->client, url, hub->token, hub->query->options, answer, error);
    if (rc)
        return rc;
    if (answer->status != 200) {
        rc = hearth_source_hf_explain(hub->query->text, answer, hub->query->options, error);
    } else {
        *ret_value = hearth_json_parse(answer->body.bytes, answer->body.length, error);
        if (!*ret_value) {
            rc = HEARTH_ENETWORK;
            hearth_error_prefix(error, "%s does not answer like a model hub", hub->endpoint);
        }
    }
    if (rc)
        hearth_http_answer_finish(answer);
    return rc;
}

/* A branch becomes a commit here, and all that follows asks for that: files of two commits never
 * mix. */
static int find_commit(struct hub *hub, struct hearth_error *error)
{
    struct hearth_buf url;
    struct hearth_http_answer answer;
    json_t *value = NULL;
    hearth_buf_init(&url, 4096);
    hearth_buf_printf(&url, "%s/api/models/%s/revision/", hub->endpoint, hub->reference.repository);
    /* A revision may hold slashes ("refs/pr/1"), which are part of its name and not of the path. */
    append_encoded(&url, hub->reference.revision, false);
    const char *address = hearth_buf_cstr(&url);
    int rc = address ? ask_json(hub, address, &answer, &value, error) : no_room(error);
    hearth_buf_finish(&url);
    if (rc)
        return rc;
    const char *commit = hearth_json_text(value, "sha", "");
    if (strlen(commit) != COMMIT_DIGITS || strspn(commit, "0123456789abcdef") != COMMIT_DIGITS)
        rc = hearth_error_set(error, HEARTH_ENETWORK,
                              "%s does not answer like a model hub: its answer names no commit",
                              hub->endpoint);
    else
        memcpy(hub->commit, commit, COMMIT_DIGITS + 1);
    json_decref(value);
    hearth_http_answer_finish(&answer);
    return rc;
}

static const char *file_url(struct hub *hub, const char *path)
{
    struct hearth_buf url;
    hearth_buf_init(&url, 8192);
    hearth_buf_printf(&url, "%s/%s/resolve/%s/", hub->endpoint, hub->reference.repository,
                      hub->commit);
    append_encoded(&url, path, true);
    const char *copy =
        url.failed ? NULL : hearth_arena_strndup(hub->query->arena, url.bytes, url.length);
    hearth_buf_finish(&url);
    return copy;
}

/* Weights lie in git LFS, whose "oid" is their sha256
 * (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md). Small files lie in git itself and
 * only have git's own digest, which serves to tell versions apart. */
static int add_file(struct hub *hub, const json_t *row, struct hearth_error *error)
{
    const json_t *lfs = json_object_get(row, "lfs");
    const char *path = hearth_json_text(row, "path", "");
    const char *sha256 = hearth_json_text(lfs, "oid", "");
    json_int_t size = hearth_json_integer(lfs ? lfs : row, "size", -1);
    int rc = hearth_source_path_check(path, error);
    if (rc)
        return rc;
    if (size < 0 || size > HEARTH_SOURCE_SIZE_MAX || (*sha256 && !hearth_sha256_valid(sha256)))
        return hearth_error_set(error, HEARTH_ENETWORK,
                                "the hub's listing has no usable size or "
                                "digest for %.200s",
                                path);
    if (hub->count >= HEARTH_SOURCE_FILES_MAX)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the repository has more than %d files",
                                HEARTH_SOURCE_FILES_MAX);
    struct hearth_arena *arena = hub->query->arena;
    struct hearth_source_file *file = &hub->files[hub->count];
    file->path = hearth_arena_strdup(arena, path);
    file->size = size;
    file->sha256 = *sha256 ? hearth_arena_strdup(arena, sha256) : "";
    file->etag = *sha256 ? "" : hearth_arena_strdup(arena, hearth_json_text(row, "oid", ""));
    if (!file->path || !file->sha256 || !file->etag)
        return no_room(error);
    hub->count++;
    return 0;
}

/* RFC 8288: <https://…>; rel="next". False when there is no other page. */
static bool next_page(const struct hearth_http_answer *answer, char *ret_url, size_t size)
{
    char link[4096];
    if (!hearth_http_answer_header(answer, "Link", link, sizeof(link)))
        return false;
    for (const char *part = strchr(link, '<'); part; part = strchr(part + 1, '<')) {
        size_t length = strcspn(part + 1, ">");
        const char *parameters = part + 1 + length;
        const char *next = strstr(parameters, "rel=\"next\"");
        /* A link's parameters end where the next link begins. */
        const char *other = strchr(parameters, '<');
        if (next && (!other || next < other) && length < size) {
            memcpy(ret_url, part + 1, length);
            ret_url[length] = '\0';
            return true;
        }
    }
    return false;
}

static int take_page(struct hub *hub, const json_t *page, struct hearth_error *error)
{
    if (!json_is_array(page))
        return hearth_error_set(error, HEARTH_ENETWORK,
                                "%s does not answer like a model hub: its answer is not a list",
                                hub->endpoint);
    for (size_t i = 0; i < json_array_size(page); i++) {
        const json_t *row = json_array_get(page, i);
        if (strcmp(hearth_json_text(row, "type", ""), "file") != 0)
            continue;
        int rc = add_file(hub, row, error);
        if (rc)
            return rc;
    }
    return 0;
}

/* Asks for one page after the other. That a server leads on without end is bounded by PAGES_MAX. */
static int list_files(struct hub *hub, struct hearth_error *error)
{
    char url[4096];
    size_t endpoint_length = strlen(hub->endpoint);
    bool has_next = true;
    int rc = 0;
    snprintf(url, sizeof(url), "%s/api/models/%s/tree/%s?recursive=true&expand=false",
             hub->endpoint, hub->reference.repository, hub->commit);
    for (int page = 0; !rc && has_next; page++) {
        struct hearth_http_answer answer;
        json_t *value = NULL;
        if (page >= PAGES_MAX)
            return no_room(error);
        rc = ask_json(hub, url, &answer, &value, error);
        if (rc)
            return rc;
        rc = take_page(hub, value, error);
        has_next = next_page(&answer, url, sizeof(url));
        /* The token goes with the request, so the next page must be the hub's too. */
        if (!rc && has_next &&
            (strncmp(url, hub->endpoint, endpoint_length) != 0 || url[endpoint_length] != '/'))
            rc = hearth_error_set(error, HEARTH_ENETWORK,
                                  "%s sends the next page of its listing from another server",
                                  hub->endpoint);
        json_decref(value);
        hearth_http_answer_finish(&answer);
    }
    return rc;
}

/* Of the files that are taken; two of one name could stand for two different models. */
static int refuse_doubles(const struct hub *hub, struct hearth_error *error)
{
    /* The number is small by now: what a model is made of, not the whole repository. */
    for (size_t i = 0; i < hub->count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(hub->files[i].path, hub->files[j].path) == 0)
                return hearth_error_set(error, HEARTH_ENETWORK,
                                        "the hub's listing has %.200s twice", hub->files[i].path);
    return 0;
}

static int fill_source(struct hub *hub, struct hearth_source *source, struct hearth_error *error)
{
    struct hearth_arena *arena = hub->query->arena;
    int rc =
        hearth_source_select(hub->files, &hub->count, hub->reference.file, hub->query->text, error);
    if (!rc)
        rc = refuse_doubles(hub, error);
    if (rc)
        return rc;
    source->files = hearth_arena_alloc(arena, hub->count * sizeof(*source->files));
    if (!source->files)
        return no_room(error);
    for (size_t i = 0; i < hub->count; i++) {
        source->files[i] = hub->files[i];
        source->files[i].url = file_url(hub, hub->files[i].path);
        if (!source->files[i].url)
            return no_room(error);
    }
    source->file_count = hub->count;
    source->revision = hearth_arena_strdup(arena, hub->commit);
    source->name = hearth_source_name(arena, hub->reference.file ? hub->files[0].path
                                                                 : hub->reference.repository);
    return 0;
}

static int resolve_hf(const struct hearth_source_query *query, struct hearth_source *source,
                      struct hearth_error *error)
{
    const char *endpoint = query->options->hf_endpoint;
    const char *token = query->options->hf_token;
    struct hub hub = {.query = query, .token = token && *token ? token : NULL};
    int rc = parse_reference(query, &hub.reference, error);
    if (rc)
        return rc;
    hub.endpoint = hearth_strdup(endpoint && *endpoint ? endpoint : default_endpoint);
    /* A mirror is often set as "https://mirror/", which would give "//" in every address. */
    for (size_t end = strlen(hub.endpoint); end > 0 && hub.endpoint[end - 1] == '/'; end--)
        hub.endpoint[end - 1] = '\0';
    hub.client = hearth_http_client_create();
    hub.files = hearth_calloc(HEARTH_SOURCE_FILES_MAX, sizeof(*hub.files));
    rc = find_commit(&hub, error);
    if (!rc)
        rc = list_files(&hub, error);
    if (!rc)
        rc = fill_source(&hub, source, error);
    hearth_http_client_destroy(hub.client);
    hearth_free(hub.files);
    hearth_free(hub.endpoint);
    return rc;
}

const struct hearth_source_ops hearth_source_hf_ops = {
    .scheme = "hf",
    .check = check_hf,
    .resolve = resolve_hf,
};
