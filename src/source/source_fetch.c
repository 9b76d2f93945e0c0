/* One file of a source into a blob: a copy, or a download that goes on where it stopped. */
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "blob/blob.h"
#include "source/source_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* WRITER_WAIT_MS times WRITER_WAITS_MAX is ten minutes: so long another process may have the same
 * file in work before this one gives up. */
enum {
    COPY_PIECE = 1 << 20,
    WRITER_WAIT_MS = 200,
    WRITER_WAITS_MAX = 3000,
    /* A try that brought so much is not counted: the server works, the line is bad. */
    PROGRESS_THAT_COUNTS = 4 << 20,
};

/* The state of one file on its way. `offset` is what the writer holds: every try begins there. */
struct fetch {
    const struct hearth_source *source;
    const struct hearth_source_file *file;
    const struct hearth_source_options *options;
    const char *want; /* the digest, or NULL */
    struct hearth_blob_store *blobs;
    struct hearth_fetch_progress *progress;
    struct hearth_blob_writer *writer;
    int64_t offset; /* bytes in the writer */
    int64_t size;   /* -1 while unknown */
    struct hearth_error *error;
    bool is_explained; /* a callback has set the error */
};

static bool is_canceled(void *argument)
{
    struct fetch *fetch = argument;
    return hearth_source_is_canceled(fetch->progress);
}

static void tell(struct fetch *fetch, int64_t done)
{
    if (fetch->progress && fetch->progress->on_bytes)
        fetch->progress->on_bytes(fetch->progress, fetch->file, done, fetch->size);
}

static int canceled(struct fetch *fetch)
{
    return hearth_error_set(fetch->error, HEARTH_ECANCELED, "%s",
                            hearth_fetch_is_unwanted(fetch->progress)
                                ? "canceled"
                                : "stopped; what was fetched is kept for the next try");
}

/* The key says what the bytes are, so that parts of two different files never mix. */
static void partial_key(const struct fetch *fetch, char ret_key[HEARTH_SHA256_HEX])
{
    char *text =
        hearth_format("%s\n%s\n%s\n%s", fetch->want ? fetch->want : "",
                      fetch->want ? "" : fetch->source->revision,
                      fetch->want ? "" : fetch->file->etag, fetch->want ? "" : fetch->file->url);
    hearth_sha256_of(text, strlen(text), ret_key);
    hearth_free(text);
}

/* A size that differs means that the digest in hand is of another file. */
static bool is_there(struct fetch *fetch, int64_t *ret_size)
{
    if (!fetch->want || !hearth_blob_exists(fetch->blobs, fetch->want, ret_size))
        return false;
    return fetch->size < 0 || fetch->size == *ret_size;
}

/* Waits while another process or thread fetches the same file. */
static int open_writer(struct fetch *fetch)
{
    char key[HEARTH_SHA256_HEX];
    partial_key(fetch, key);
    for (int waits = 0;; waits++) {
        int rc = hearth_blob_write_begin(fetch->blobs, key, &fetch->writer, &fetch->offset,
                                         fetch->error);
        if (rc != HEARTH_EINUSE || waits >= WRITER_WAITS_MAX)
            return rc;
        if (is_canceled(fetch))
            return canceled(fetch);
        usleep(WRITER_WAIT_MS * 1000);
    }
}

/* Both counts go back together: the fetch's and the writer's. */
static int restart(struct fetch *fetch)
{
    fetch->offset = 0;
    return hearth_blob_write_restart(fetch->writer, fetch->error);
}

/* More bytes than announced are refused at once; a server must not be able to fill the disk. */
static int write_piece(struct fetch *fetch, const char *bytes, size_t length)
{
    if (fetch->size >= 0 && (int64_t)length > fetch->size - fetch->offset)
        return hearth_error_set(fetch->error, HEARTH_EDIGEST,
                                "the server sends more than the %lld bytes that it announced",
                                (long long)fetch->size);
    int rc = hearth_blob_write(fetch->writer, bytes, length, fetch->error);
    if (rc)
        return rc;
    fetch->offset += (int64_t)length;
    tell(fetch, fetch->offset);
    return 0;
}

static int copy_bytes(struct fetch *fetch, int descriptor)
{
    char *piece = hearth_alloc(COPY_PIECE);
    ssize_t got = 0;
    int rc = 0;
    while (!rc && (got = read(descriptor, piece, COPY_PIECE)) > 0)
        rc = is_canceled(fetch) ? canceled(fetch) : write_piece(fetch, piece, (size_t)got);
    if (!rc && got < 0)
        rc = hearth_error_set_errno(fetch->error, errno, "%.300s", fetch->file->url);
    hearth_free(piece);
    return rc;
}

/* A local file may have changed since an earlier try, so a copy always begins anew. */
static int copy_file(struct fetch *fetch)
{
    struct stat status;
    int rc = restart(fetch);
    if (rc)
        return rc;
    /* Resolving has removed all links from the path. One that is there now was put there since. */
    int descriptor = open(fetch->file->url, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return hearth_error_set_errno(fetch->error, errno, "%.300s", fetch->file->url);
    if (fstat(descriptor, &status) || !S_ISREG(status.st_mode))
        rc = hearth_error_set(fetch->error, HEARTH_EPATH, "%.300s is not a file any more",
                              fetch->file->url);
    else
        rc = copy_bytes(fetch, descriptor);
    close(descriptor);
    if (!rc && fetch->size >= 0 && fetch->offset != fetch->size)
        rc = hearth_error_set(fetch->error, HEARTH_EIO, "%.300s changed while it was read",
                              fetch->file->url);
    return rc;
}

/* "bytes 100-199/200" */
static bool range_matches(const struct fetch *fetch, const struct hearth_http_answer *answer)
{
    char range[96], number[24];
    int64_t start, total;
    if (!hearth_http_answer_header(answer, "Content-Range", range, sizeof(range)) ||
        strncmp(range, "bytes ", 6) != 0)
        return false;
    /* The number before the dash must be where we asked to go on; the one behind the slash, when it
     * is said, the file's size. */
    size_t digits = strcspn(range + 6, "-");
    const char *slash = strchr(range, '/');
    if (!slash || digits >= sizeof(number))
        return false;
    memcpy(number, range + 6, digits);
    number[digits] = '\0';
    if (hearth_parse_int(number, 0, INT64_MAX, &start) || start != fetch->offset)
        return false;
    return fetch->size < 0 || strcmp(slash + 1, "*") == 0 ||
           (hearth_parse_int(slash + 1, 0, INT64_MAX, &total) == 0 && total == fetch->size);
}

/* RFC 9110, 15.3.7: 206 says in Content-Range which part it sends. 200 to a request with a range
 * means that the whole file comes, so what is there already goes. */
static int on_head(void *argument, const struct hearth_http_answer *answer)
{
    struct fetch *fetch = argument;
    fetch->is_explained = true;
    if (answer->status == 206 && !range_matches(fetch, answer))
        return hearth_error_set(
            fetch->error, HEARTH_EDIGEST,
            "the server sends another part of the file than the one that was asked for");
    if (answer->status == 200 && fetch->offset > 0) {
        int rc = restart(fetch);
        if (rc)
            return rc;
    }
    fetch->is_explained = false;
    return 0;
}

/* The reason is in fetch->error already, and the client's general one must not replace it. */
static int on_body(void *argument, const char *bytes, size_t length)
{
    struct fetch *fetch = argument;
    int rc = write_piece(fetch, bytes, length);
    fetch->is_explained = rc != 0;
    return rc;
}

/* Asks for the rest of the file. Compression is refused, because ranges count the bytes of what is
 * sent. */
static int download_once(struct fetch *fetch, struct hearth_http_client *client,
                         struct hearth_http_answer *answer)
{
    char if_range[300];
    const char *headers[] = {"Accept-Encoding: identity", NULL, NULL};
    bool is_hub = strcmp(fetch->source->scheme, "hf") == 0;
    const char *token = is_hub ? fetch->options->hf_token : NULL;
    /* A weak validator may not be used for ranges (RFC 9110, 13.1.5). The hub's commit is in the
     * address, and a digest is checked at the end, so there it is not needed. */
    if (!is_hub && fetch->offset > 0 && fetch->file->etag[0] == '"') {
        /* If-Range (RFC 9110, 13.1.5): a file that has changed since comes whole, instead of its
         * end behind our beginning. */
        snprintf(if_range, sizeof(if_range), "If-Range: %.280s", fetch->file->etag);
        headers[1] = if_range;
    }
    const struct hearth_http_request request = {
        .url = fetch->file->url,
        .headers = headers,
        .bearer = token && *token ? token : NULL,
        .idle_timeout_ms = fetch->options->idle_timeout_ms,
        .range_start = (uint64_t)fetch->offset,
        .body_max = HEARTH_SOURCE_SIZE_MAX,
        .on_head = on_head,
        .on_body = on_body,
        .is_canceled = is_canceled,
        .argument = fetch,
    };
    struct hearth_error why = {0};
    fetch->is_explained = false;
    int rc = hearth_http_client_run(client, &request, answer, &why);
    if (rc && !fetch->is_explained)
        hearth_error_set(fetch->error, rc, "%s", why.message);
    return rc == HEARTH_ECANCELED ? canceled(fetch) : rc;
}

/* What a try has come to: 0 when the file is whole, HEARTH_ENETWORK and the like otherwise. */
static int judge(struct fetch *fetch, const struct hearth_http_answer *answer)
{
    bool is_hub = strcmp(fetch->source->scheme, "hf") == 0;
    if (answer->status == 416 && fetch->offset > 0) {
        int rc = restart(fetch);
        return rc ? rc
                  : hearth_error_set(fetch->error, HEARTH_ENETWORK,
                                     "the server has no bytes behind those that came");
    }
    if (answer->status != 200 && answer->status != 206) {
        /* The address that a hub led to is good for a while only; asking again gives another. */
        bool was_led_on = strcmp(answer->url, fetch->file->url) != 0;
        if (is_hub && was_led_on && answer->status == 403)
            return hearth_error_set(fetch->error, HEARTH_ENETWORK,
                                    "the hub's storage refuses (403)");
        return is_hub ? hearth_source_hf_explain(fetch->source->text, answer, fetch->options,
                                                 fetch->error)
                      : hearth_source_http_explain(fetch->file->url, answer, fetch->error);
    }
    if (fetch->size >= 0 && fetch->offset < fetch->size)
        return hearth_error_set(fetch->error, HEARTH_ENETWORK, "%lld of %lld bytes came",
                                (long long)fetch->offset, (long long)fetch->size);
    return 0;
}

/* Tries again after faults that may pass (network, time, too many requests), with a growing pause.
 * A try that brought PROGRESS_THAT_COUNTS starts the count anew: a large file over a bad line is
 * not given up. */
static int download(struct fetch *fetch)
{
    struct hearth_http_client *client = hearth_http_client_create();
    int rc = 0;
    for (unsigned attempt = 0;; attempt++) {
        struct hearth_http_answer answer;
        int64_t before = fetch->offset;
        if (fetch->size >= 0 && fetch->offset > fetch->size && (rc = restart(fetch)))
            break;
        if (fetch->size > 0 && fetch->offset == fetch->size)
            break; /* killed between the last byte and the digest */
        rc = download_once(fetch, client, &answer);
        if (!rc)
            rc = judge(fetch, &answer);
        bool again = rc == HEARTH_ENETWORK || rc == HEARTH_ETIMEOUT || rc == HEARTH_ERATE;
        if (fetch->offset - before >= PROGRESS_THAT_COUNTS)
            attempt = 0;
        if (again && attempt < fetch->options->retries &&
            !hearth_source_pause(fetch->options, attempt, &answer, fetch->progress)) {
            rc = canceled(fetch);
            again = false;
        }
        hearth_http_answer_finish(&answer);
        if (!again || attempt >= fetch->options->retries)
            break;
    }
    hearth_http_client_destroy(client);
    return rc;
}

/* By the scheme, which resolve has set. */
static int bring(struct fetch *fetch)
{
    if (strcmp(fetch->source->scheme, "file") == 0)
        return copy_file(fetch);
    if (strcmp(fetch->source->scheme, "fake") != 0)
        return download(fetch);
    int rc = restart(fetch);
    return rc ? rc : write_piece(fetch, fetch->file->url, strlen(fetch->file->url));
}

/* The writer ends here in any case: committed, suspended with what came, or discarded. */
static int fetch_once(struct fetch *fetch, char ret_sha256[65], int64_t *ret_size,
                      bool *ret_was_resumed)
{
    int rc = open_writer(fetch);
    *ret_was_resumed = fetch->offset > 0;
    if (rc)
        return rc;
    if (is_there(fetch, ret_size)) { /* another one has just brought it */
        hearth_blob_write_suspend(fetch->writer);
        memcpy(ret_sha256, fetch->want, HEARTH_SHA256_HEX);
        return 0;
    }
    if (fetch->offset > 0)
        tell(fetch, fetch->offset);
    rc = bring(fetch);
    if (rc == HEARTH_EDIGEST) /* what came is of no use to another try */
        hearth_blob_write_restart(fetch->writer, NULL);
    if (rc == HEARTH_ECANCELED && hearth_fetch_is_unwanted(fetch->progress)) {
        hearth_blob_write_discard(fetch->writer);
        return rc;
    }
    if (rc) {
        hearth_blob_write_suspend(fetch->writer);
        return rc;
    }
    return hearth_blob_write_commit(fetch->writer, fetch->want, fetch->size, ret_sha256, ret_size,
                                    fetch->error);
}

int hearth_source_fetch(const struct hearth_source *source, const struct hearth_source_file *file,
                        const char *expected_sha256, const struct hearth_source_options *options,
                        struct hearth_blob_store *blobs, struct hearth_fetch_progress *progress,
                        char ret_sha256[65], int64_t *ret_size, struct hearth_error *error)
{
    const char *want = expected_sha256 && *expected_sha256 ? expected_sha256 : file->sha256;
    struct hearth_error why = {0};
    struct fetch fetch = {.source = source,
                          .file = file,
                          .options = options,
                          .want = *want ? want : NULL,
                          .blobs = blobs,
                          .progress = progress,
                          .size = file->size,
                          .error = &why};
    bool was_resumed = false;
    if (is_there(&fetch, ret_size)) {
        memcpy(ret_sha256, want, HEARTH_SHA256_HEX);
        tell(&fetch, *ret_size);
        return 0;
    }
    int rc = fetch_once(&fetch, ret_sha256, ret_size, &was_resumed);
    if (rc == HEARTH_EDIGEST && was_resumed) /* maybe only the earlier part was bad */
        rc = fetch_once(&fetch, ret_sha256, ret_size, &was_resumed);
    if (!rc) {
        fetch.size = *ret_size;
        tell(&fetch, *ret_size);
        return 0;
    }
    hearth_error_set(error, rc, "%s", why.message);
    hearth_error_prefix(error, "%s", file->path);
    return rc;
}
