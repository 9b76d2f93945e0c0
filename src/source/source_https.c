/* https://HOST/PATH[#sha256=DIGEST]: one file of any server, or the parts of a split GGUF that lie
 * beside each other there. */
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "source/source_parts.h"

#include <string.h>

enum { URL_BYTES_MAX = 4096, PARTS_MAX = 999 };
static const char fragment[] = "#sha256=";

/* Plain text could be changed on its way; from this machine to itself it cannot. */
static bool is_loopback(const char *rest)
{
    char host[64] = "";
    if (strncmp(rest, "//", 2) != 0)
        return false;
    const char *start = rest + 2;
    /* An IPv6 address stands in brackets, since it holds colons itself (RFC 3986, 3.2.2). */
    size_t length = *start == '[' ? strcspn(start, "]/") + 1 : strcspn(start, ":/");
    if (length >= sizeof(host) || length > strlen(start) || !strchr(":/", start[length]))
        return false;
    memcpy(host, start, length);
    return hearth_host_is_loopback(host);
}

static int check_https(const char *rest, struct hearth_error *error)
{
    const char *digest = strchr(rest, '#');
    size_t length = strlen(rest);
    /* Such a character would end the address early, or be read differently by the server. 0 is a
     * length that the check below refuses. */
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)rest[i] <= ' ' || rest[i] == 0x7f || rest[i] == '\\')
            length = 0;
    if (length < 4 || length > URL_BYTES_MAX || strncmp(rest, "//", 2) != 0 || rest[2] == '/' ||
        !strchr(rest + 2, '/'))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "\"https:%.200s\" is not https://HOST/PATH/OF/A/FILE", rest);
    /* "user:password@host": an "@" before the first slash of the path. */
    const char *at = memchr(rest + 2, '@', strcspn(rest + 2, "/"));
    if (at)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "a source must not contain a password, because it is written down");
    if (digest && (strncmp(digest, fragment, strlen(fragment)) != 0 ||
                   !hearth_sha256_valid(digest + strlen(fragment))))
        return hearth_error_set(
            error, HEARTH_EINVAL,
            "behind the # of an address only sha256= and 64 hexadecimal digits may stand");
    return 0;
}

/* Only the scheme differs; what is fetched is the same. */
static int check_http(const char *rest, struct hearth_error *error)
{
    if (!is_loopback(rest))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "http: is allowed for this machine only; use https:");
    return check_https(rest, error);
}

int hearth_source_http_explain(const char *url, const struct hearth_http_answer *answer,
                               struct hearth_error *error)
{
    /* What stands behind '?' may be a signature or a token, and errors are shown and logged. */
    int length = (int)strcspn(url, "?#");
    if (length > 300)
        length = 300;
    switch (answer->status) {
    case 401:
    case 403:
        return hearth_error_set(error, HEARTH_EFORBIDDEN,
                                "%.*s: the server refused the request (%d)", length, url,
                                answer->status);
    case 404:
    case 410:
        return hearth_error_set(error, HEARTH_ENOTFOUND, "%.*s: there is no such file", length,
                                url);
    case 429:
        return hearth_error_set(error, HEARTH_ERATE,
                                "%.*s: the server asks for fewer requests; try again later", length,
                                url);
    default:
        /* A lasting refusal is not worth another try. */
        return hearth_error_set(error, answer->status >= 500 ? HEARTH_ENETWORK : HEARTH_EIO,
                                "%.*s: the server answered %d", length, url, answer->status);
    }
}

/* The head is all that resolving wants; not every server knows HEAD, so a GET is broken off. */
struct head_wanted {
    struct hearth_fetch_progress *progress; /* or NULL */
    bool has_come;
};

/* Canceling from within is no error here: `has_come` tells it apart from a person's Ctrl-C. A
 * redirect has another status and goes on. */
static int stop_at_head(void *argument, const struct hearth_http_answer *answer)
{
    struct head_wanted *head = argument;
    head->has_come = answer->status == 200;
    return answer->status == 200 ? HEARTH_ECANCELED : 0;
}

static bool is_canceled(void *argument)
{
    return hearth_source_is_canceled(((struct head_wanted *)argument)->progress);
}

static int ask_head(struct hearth_http_client *client, const char *url,
                    const struct hearth_source_options *options,
                    struct hearth_http_answer *ret_answer, struct hearth_error *error)
{
    static const char *const headers[] = {"Accept-Encoding: identity", NULL};
    struct head_wanted head = {.progress = options->progress};
    const struct hearth_http_request request = {.url = url,
                                                .headers = headers,
                                                .idle_timeout_ms = options->idle_timeout_ms,
                                                .on_head = stop_at_head,
                                                .is_canceled = is_canceled,
                                                .argument = &head};
    for (unsigned attempt = 0;; attempt++) {
        int rc = hearth_http_client_run(client, &request, ret_answer, error);
        if (head.has_come)
            return 0;
        if (attempt >= options->retries || !hearth_source_is_transient(rc, ret_answer->status))
            return rc ? rc : hearth_source_http_explain(url, ret_answer, error);
        if (!hearth_source_pause(options, attempt, ret_answer, options->progress))
            return hearth_error_set(error, HEARTH_ECANCELED, "stopped while asking %.200s", url);
        hearth_http_answer_finish(ret_answer);
    }
}

/* The last part of the address as it stands, when a file may be called so. A percent sign would
 * have to be decoded, and could then be anything; such a file gets a plain name. */
static const char *file_name(struct hearth_arena *arena, const char *url)
{
    size_t length = strcspn(url, "?");
    const char *slash = memrchr(url, '/', length);
    const char *name = hearth_arena_strndup(arena, slash + 1, length - (size_t)(slash + 1 - url));
    if (name && !strchr(name, '%') && hearth_source_path_check(name, NULL) == 0)
        return name;
    return "model.gguf";
}

static int fill_file(const struct hearth_source_query *query, const char *url,
                     const struct hearth_http_answer *answer, struct hearth_source_file *file,
                     struct hearth_error *error)
{
    char etag[256] = "", length[32];
    /* Not every server says it; the file is then taken up to the common limit. */
    file->size = -1;
    if (hearth_http_answer_header(answer, "Content-Length", length, sizeof(length)) &&
        hearth_parse_int(length, 0, HEARTH_SOURCE_SIZE_MAX, &file->size))
        return hearth_error_set(error, HEARTH_ENETWORK,
                                "the server gives no usable length of the file");
    hearth_http_answer_header(answer, "ETag", etag, sizeof(etag));
    file->path = file_name(query->arena, url);
    file->sha256 = "";
    file->etag = hearth_arena_strdup(query->arena, etag);
    file->url = url;
    return 0;
}

/* The address of another part of a split model: the same but for the number in the file's name. */
static const char *part_url(struct hearth_arena *arena, const char *url, const char *name,
                            size_t stem, unsigned part, unsigned parts)
{
    size_t before = strcspn(url, "?") - strlen(name) + stem;
    return hearth_arena_format(arena, "%.*s-%05u-of-%05u.gguf%s", (int)before, url, part, parts,
                               url + strcspn(url, "?"));
}

static int ask_parts(const struct hearth_source_query *query, const char *url,
                     struct hearth_http_client *client, struct hearth_source *source,
                     struct hearth_error *error)
{
    /* A name that was replaced is never that of a part. */
    const char *name = file_name(query->arena, url);
    size_t stem = 0;
    unsigned part = 0, parts = 1;
    bool is_split = hearth_source_split_name(name, &stem, &part, &parts);
    if (parts < 1 || parts > PARTS_MAX)
        return hearth_error_set(error, HEARTH_EINVAL, "%.200s: a model has 1 to %d parts", name,
                                PARTS_MAX);
    struct hearth_source_file *files = hearth_arena_alloc(query->arena, parts * sizeof(*files));
    int rc = files ? 0
                   : hearth_error_set(error, HEARTH_ETOOLARGE,
                                      "there is not enough memory for the source");
    for (unsigned i = 0; !rc && i < parts; i++) {
        struct hearth_http_answer answer;
        const char *from = is_split ? part_url(query->arena, url, name, stem, i + 1, parts) : url;
        if (!from)
            return hearth_error_set(error, HEARTH_ETOOLARGE,
                                    "there is not enough memory for the source");
        rc = ask_head(client, from, query->options, &answer, error);
        if (!rc)
            rc = fill_file(query, from, &answer, &files[i], error);
        hearth_http_answer_finish(&answer);
    }
    source->files = files;
    source->file_count = parts;
    return rc;
}

static int resolve_https(const struct hearth_source_query *query, struct hearth_source *source,
                         struct hearth_error *error)
{
    size_t length = strcspn(query->text, "#");
    const char *url = hearth_arena_strndup(query->arena, query->text, length);
    const char *sha256 =
        query->text[length]
            ? hearth_arena_strdup(query->arena, query->text + length + strlen(fragment))
            : "";
    if (!url || !sha256)
        return hearth_error_set(error, HEARTH_ETOOLARGE,
                                "there is not enough memory for the source");
    struct hearth_http_client *client = hearth_http_client_create();
    int rc = ask_parts(query, url, client, source, error);
    hearth_http_client_destroy(client);
    if (rc)
        return rc;
    if (*sha256 && source->file_count > 1)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "a model of %zu files has a digest for each, and the address "
                                "names one: leave it out and pin them with `hearth lock`",
                                source->file_count);
    source->files[0].sha256 = sha256;
    /* A web server knows no revisions; its ETag at least changes when the file does. */
    source->revision = source->files[0].etag;
    source->name = hearth_source_name(query->arena, source->files[0].path);
    return 0;
}

const struct hearth_source_ops hearth_source_https_ops = {
    .scheme = "https",
    .check = check_https,
    .resolve = resolve_https,
};

const struct hearth_source_ops hearth_source_http_ops = {
    .scheme = "http",
    .check = check_http,
    .resolve = resolve_https,
};
