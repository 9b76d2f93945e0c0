/* Declares what the sources share: the table of schemes, choosing files, asking a server with
 * retries. Private to src/source. */
#ifndef HEARTH_SOURCE_PARTS_H
#define HEARTH_SOURCE_PARTS_H

#include "net/http_client.h"
#include "source/source.h"

#define HEARTH_SOURCE_FILES_MAX 10000 /* in a listing; a model takes far fewer */
#define HEARTH_SOURCE_SIZE_MAX (INT64_C(1) << 50)

/* What resolve works with and on. */
struct hearth_source_query {
    const char *text; /* as given, with the scheme */
    const char *rest; /* behind the scheme */
    const char *pinned_revision;
    const struct hearth_source_options *options;
    struct hearth_arena *arena;
};

/* One scheme. `check` looks at the text alone; `resolve` may ask disk and network, and fills in
 * name, files and, where there is one, revision. */
struct hearth_source_ops {
    const char *scheme;
    int (*check)(const char *rest, struct hearth_error *error);
    int (*resolve)(const struct hearth_source_query *query, struct hearth_source *source,
                   struct hearth_error *error);
};
extern const struct hearth_source_ops hearth_source_file_ops, hearth_source_hf_ops,
    hearth_source_https_ops, hearth_source_http_ops, hearth_source_fake_ops;

/* Chooses among the files of a repository or directory, in place, keeping their order: `wanted`
 * (or NULL) with its other parts; else the only GGUF; else the files of a Hugging Face directory.
 * `where` names the place in messages. */
int hearth_source_select(struct hearth_source_file *files, size_t *count, const char *wanted,
                         const char *where, struct hearth_error *error);
/* Whether a file is one of those that a Hugging Face directory is read for, by its path alone. */
bool hearth_source_is_model_part(const char *path);
/* "name-00002-of-00005.gguf": the length of the stem, and both numbers; false for other names. */
bool hearth_source_split_name(const char *path, size_t *ret_stem, unsigned *ret_part,
                              unsigned *ret_parts);

/* Whether another try may help after this outcome. */
bool hearth_source_is_transient(int rc, int status);
/* Whether a struct hearth_fetch_progress (or NULL) says so; an `is_canceled` of requests. */
bool hearth_source_is_canceled(void *progress);
/* Waits before try number `attempt` (from 0), as long as the server asked for; false when the
 * progress was canceled. */
bool hearth_source_pause(const struct hearth_source_options *options, unsigned attempt,
                         const struct hearth_http_answer *answer,
                         struct hearth_fetch_progress *progress);
/* GET with retries. 0 for every lasting HTTP status; the caller finishes the answer then. */
int hearth_source_ask(struct hearth_http_client *client, const char *url, const char *bearer,
                      const struct hearth_source_options *options,
                      struct hearth_http_answer *ret_answer, struct hearth_error *error);

/* The error that a status other than 200 and 206 stands for. */
int hearth_source_hf_explain(const char *text, const struct hearth_http_answer *answer,
                             const struct hearth_source_options *options,
                             struct hearth_error *error);
int hearth_source_http_explain(const char *url, const struct hearth_http_answer *answer,
                               struct hearth_error *error);

#endif
