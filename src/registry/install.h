/* Installs, verifies and removes models: joins store, blobs and sources. Blocking; the command line
 * calls it under the home's lock, the server on a lane of its own. */
#ifndef HEARTH_REGISTRY_INSTALL_H
#define HEARTH_REGISTRY_INSTALL_H

#include "base/buf.h"
#include "base/digest.h"
#include "domain/quantization.h"
#include "source/source.h"
#include "store/store.h"

/* The most bytes of a text that a perplexity is measured on. */
enum { HEARTH_PERPLEXITY_TEXT_MAX = 64 << 10 };

struct hearth_blob_store;
struct hearth_lock_entry; /* config/lock.h */

/* What to install and how. Texts belong to the caller and must live until hearth_install returns.
 */
struct hearth_install_request {
    const char *source;
    const char *name; /* NULL: the source's own */
    const char *task, *description, *tags_json, *device, *settings_json, *label; /* NULL: default */
    const char *base;                       /* the version is an adapter of this one; or NULL */
    int64_t model_id, version_number;       /* a registered version to fill; 0: make them */
    const struct hearth_lock_entry *locked; /* reproduce exactly this, or NULL */
    unsigned parallel;                      /* files at once; 0: 4 */
    bool forget_failed; /* rows that were made for it go when it fails with nothing to resume */
    /* A word of domain/quantization.h: what was installed is quantized to it, which makes another
     * version; or NULL. That one is registered as `quantized_number`; 0: it is made. */
    const char *quantize;
    int64_t quantized_number;
    const char *perplexity_text; /* both are measured on it; NULL: on the text that comes along */
};

/* Reads what a model is from the file or folder at `path`: which engine takes it, into `ret_engine`
 * (`engine_size` bytes), and its facts as a JSON object. With an `adapter` (or NULL) that one is
 * held against the model too, whose facts they stay. */
typedef int hearth_registry_probe(void *argument, const char *path, const char *adapter,
                                  char *ret_engine, size_t engine_size,
                                  struct hearth_buf *ret_facts_json, struct hearth_error *error);

/* A model that is to be quantized. Everything is the caller's. */
struct hearth_quantizing {
    const char *path;    /* a GGUF file, or the first of several */
    const char *subject; /* "name:1", for log and process list */
    const char *type;
    bool is_second;     /* its weights are quantized already */
    const char *folder; /* empty; `artifacts/model.gguf` is made below it */
    const char *text;   /* to measure on; NULL: the one that comes along */
    /* Called now and then on the calling thread, with what is done, in [0,1]; other than 0 ends the
     * work with that error. */
    int (*on_tick)(void *argument, double fraction, struct hearth_error *error);
    void *argument;
};

/* What quantizing has cost: perplexities on the same text (chat/llama_perplexity.h). */
struct hearth_quantized {
    double source_perplexity, perplexity;
    int64_t tokens; /* of the text, that were counted */
    char text_sha256[HEARTH_SHA256_HEX];
};

/* Blocks; any thread. Ends without a file when it fails. */
typedef int hearth_registry_quantize(void *argument, const struct hearth_quantizing *quantizing,
                                     struct hearth_quantized *ret_quantized,
                                     struct hearth_error *error);

/* What a type is chosen by for the model at `path`, served with these settings (`weights` is not
 * set). Blocks; any thread. */
typedef int hearth_registry_look(void *argument, const char *path, const char *settings_json,
                                 struct hearth_quantization_room *ret_room,
                                 struct hearth_error *error);

struct hearth_registry_quantizer {
    hearth_registry_quantize *run; /* NULL: nothing can be quantized */
    hearth_registry_look *look;
    void *argument;
    const char *llama_cpp; /* the release, for the lineage */
};

struct hearth_registry {
    struct hearth_store *store;
    struct hearth_blob_store *blobs;
    const char *home;
    const char *active_directory;  /* NULL: HOME/artifacts/active */
    const char *archive_directory; /* NULL: HOME/artifacts/archive */
    const struct hearth_source_options *sources;
    /* Reads the header in a sandboxed process of its own: engine, facts, or why not.
     * HEARTH_ENOTIMPL says that no engine takes this model: it is installed all the same, and why
     * becomes the reason of its state. May be
     * NULL: then only the file's form is checked, and the form tells the engine. */
    hearth_registry_probe *probe;
    void *probe_argument;
    struct hearth_registry_quantizer quantizer;
    /* Verbs of the store run here when the registry is used beside a loop: NULL calls them at once.
     */
    int (*on_store)(void *argument, void (*work)(struct hearth_store *store, void *work_argument),
                    void *work_argument); /* returns when it is done, or the error why it cannot */
    void *on_store_argument;
};

/* Fetches what a source names, checks it, and makes it a ready version. The same bytes under the
 * same name are no new version: `ret_number` is the one that is there. A failed install leaves the
 * version `failed` with its reason and the partial blobs for the next try, which takes the same
 * version again; so does one after a kill. Two installs under one name: the second is
 * HEARTH_EINUSE. `progress` may be NULL. Fields that are given replace those of a model that is
 * there. A model without a task gets the one that its files tell of.
 *
 * With `quantize` the version that came is then quantized, and `ret_number` is the version with
 * that file; one that was made of the same bytes, to the same type, by the same release, is taken
 * instead of a new one. When that fails, what came stays installed, and the error says so.
 */
int hearth_install(struct hearth_registry *registry, const struct hearth_install_request *request,
                   struct hearth_fetch_progress *progress, int64_t *ret_model_id,
                   int64_t *ret_number, struct hearth_error *error);

/* Puts "SOURCE cannot be installed: " before an error of an install whose fault lies with the model
 * or with where it comes from: the source without folders and without what stands behind '?'. */
void hearth_install_name_source(const struct hearth_install_request *request,
                                struct hearth_error *error);

/* What a version that was made by quantizing has for a source; NULL when the arena is full. */
const char *hearth_quantized_source(struct hearth_arena *arena, const char *model, int64_t number,
                                    const char *type);

/* Where a ready version lies for an engine: a file or a directory of links under
 * HOME/artifacts/active/<name>/<number>, made when it is missing. */
int hearth_registry_path(struct hearth_registry *registry, const struct hearth_model *model,
                         const struct hearth_version *version, char *ret_path, size_t size,
                         struct hearth_error *error);

/* The same for the adapter of a version that is based on another: a GGUF file, or the folder of
 * PEFT's two files. HEARTH_EMODEL when none of its files is one. */
int hearth_registry_adapter_path(struct hearth_registry *registry, const struct hearth_model *model,
                                 const struct hearth_version *version, char *ret_path, size_t size,
                                 struct hearth_error *error);

/* Where a version's files lie by their names, in use or put away; HEARTH_ENOTFOUND when no folder
 * is there, as for one of another home. Changes nothing; any thread. */
int hearth_registry_place(const struct hearth_registry *registry, const char *model, int64_t number,
                          char *ret_path, size_t size, struct hearth_error *error);

/* Puts a version away that another has superseded: where its files lie by their names moves from
 * the artifacts in use to the archive. It can be served all the same: hearth_registry_path takes it
 * back. One that is not in use is left alone. */
int hearth_registry_archive(struct hearth_registry *registry, const struct hearth_model *model,
                            const struct hearth_version *version, struct hearth_error *error);

/* Reads every file of a version again, as an engine would find it. HEARTH_EDIGEST names the file
 * that differs. Takes as long as reading all of it does. */
int hearth_registry_verify(struct hearth_registry *registry, const struct hearth_model *model,
                           const struct hearth_version *version, struct hearth_error *error);

/* Removes a version (number 0: the model with all versions) and the blobs that nobody uses any
 * more. HEARTH_ENOTFOUND when it is not there, HEARTH_ECONFLICT while another version is based on
 * it. */
int hearth_registry_remove(struct hearth_registry *registry, int64_t model_id, int64_t number,
                           struct hearth_error *error);
/* The same of a version that is not installed, or of a model that has no versions; else
 * HEARTH_ECONFLICT. */
int hearth_registry_remove_unfinished(struct hearth_registry *registry, int64_t model_id,
                                      int64_t number, struct hearth_error *error);

#endif
