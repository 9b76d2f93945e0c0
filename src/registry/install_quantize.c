/* The second half of an install that quantizes: of the version that came a file with fewer bits is
 * made, and installed like any other as the next version. */
#include "base/error.h"
#include "base/json.h"
#include "base/out_file.h"
#include "base/text.h"
#include "domain/quantization.h"
#include "hearth/engine.h"
#include "registry/install_steps.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

enum { JSON_MAX = 1 << 20 };

/* The install of the quantized file. */
struct making {
    struct hearth_installing install; /* first: steps are given its address */
    struct hearth_installing *original;
    struct hearth_install_request request;
    struct hearth_model *model;
    struct hearth_version *from;
    json_t *facts, *lineage; /* owned */
    const struct hearth_quantization *type;
    char why[HEARTH_QUANTIZATION_WHY]; /* "": it was asked for */
    struct hearth_quantized cost;
    struct hearth_source source;
    struct hearth_source_file file;
    char path[PATH_MAX], folder[PATH_MAX];
};

static int64_t bytes_of(const struct hearth_version *version)
{
    int64_t sum = 0;
    for (size_t i = 0; i < version->file_count; i++)
        sum += version->files[i].size;
    return sum;
}

const char *hearth_quantized_source(struct hearth_arena *arena, const char *model, int64_t number,
                                    const char *type)
{
    return hearth_arena_format(arena, "quantized:%s:%lld:%s", model, (long long)number, type);
}

/* Before anything is fetched */

static int check_files(const struct hearth_installing *install)
{
    const struct hearth_source *source = install->source;
    if (strcmp(source->scheme, "fake") == 0)
        return hearth_error_set(install->error, HEARTH_EINVAL,
                                "a script of the fake engine has no weights to quantize");
    for (size_t i = 0; i < source->file_count; i++)
        if (hearth_text_ends(source->files[i].path, ".safetensors"))
            return hearth_error_set(install->error, HEARTH_EINVAL,
                                    "only GGUF files can be quantized, and this is a folder of "
                                    "safetensors; take a GGUF file of the same model");
    return 0;
}

/* Quantizing counts as reading the files once more, and is announced before they come, so that a
 * total does not grow. */
static void announce(struct hearth_installing *install)
{
    const struct hearth_source *source = install->source;
    int64_t size = 0;
    for (size_t i = 0; i < source->file_count; i++)
        size = size < 0 || source->files[i].size < 0 ? -1 : size + source->files[i].size;
    install->quantizing =
        (struct hearth_source_file){.path = "quantized", .size = size, .sha256 = "", .etag = ""};
    if (install->progress)
        install->progress->on_bytes(install->progress, &install->quantizing, 0, size);
}

int hearth_install_quantize_check(struct hearth_installing *install)
{
    const struct hearth_install_request *request = install->request;
    if (!install->registry->quantizer.run)
        return hearth_error_set(install->error, HEARTH_ENOTIMPL, "this build cannot quantize");
    int rc = hearth_quantization_check(request->quantize, install->error);
    if (!rc && (request->base || request->locked))
        rc = hearth_error_set(install->error, HEARTH_EINVAL, "%s cannot be quantized",
                              request->base ? "an adapter" : "what hearth.lock pins");
    if (!rc)
        rc = check_files(install);
    if (!rc)
        announce(install);
    return rc;
}

/* Once it is there */

static int check_model(struct making *making)
{
    struct hearth_error *error = making->install.error;
    const char *from = hearth_json_text(making->facts, "quantization", "");
    if (strcmp(making->from->engine, "llama") != 0 || making->from->base_version_id)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "only models that the llama engine serves can be quantized");
    if (!(hearth_json_integer(making->facts, "tasks", 0) & HEARTH_TASK_GENERATE))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "it gives vectors or scores, and only models that generate text "
                                "are quantized");
    return making->type ? hearth_quantization_may(from, making->type, error) : 0;
}

/* By the memory that the model takes as it is, and that there is. */
static int choose(struct making *making)
{
    struct hearth_installing *install = &making->install;
    const struct hearth_registry_quantizer *quantizer = &install->registry->quantizer;
    struct hearth_quantization_room room = {0};
    int rc = quantizer->look(quantizer->argument, making->path, making->model->settings_json, &room,
                             install->error);
    room.weights = (uint64_t)hearth_json_integer(making->facts, "parameter_count", 0);
    return rc ? rc
              : hearth_quantization_choose(hearth_json_text(making->facts, "quantization", ""),
                                           &room, &making->type, making->why, install->error);
}

/* The file is made, and then copied to where files of versions are kept. */
static int check_room(const struct making *making)
{
    char need[16], have[16];
    struct statvfs disk;
    uint64_t weights = (uint64_t)hearth_json_integer(making->facts, "parameter_count", 0);
    uint64_t bytes = 2 * hearth_quantization_bytes(making->type, weights);
    if (statvfs(making->install.registry->home, &disk))
        return 0;
    uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (bytes <= room)
        return 0;
    hearth_size_text(bytes, need);
    hearth_size_text(room, have);
    return hearth_error_set(making->install.error, HEARTH_ENOSPACE,
                            "to make it takes %s of disk for a while, and %s are free; make room, "
                            "then try again",
                            need, have);
}

static json_t *lineage_of(const struct making *making)
{
    json_t *files = json_array();
    for (size_t i = 0; i < making->from->file_count; i++)
        json_array_append_new(files, json_pack("{s:s, s:s}", "path", making->from->files[i].path,
                                               "sha256", making->from->files[i].sha256));
    return json_pack("{s:{s:s, s:I, s:o, s:s, s:s, s:s, s:s*}}", "quantized", "model",
                     making->model->name, "version", (json_int_t)making->from->number, "files",
                     files, "type", making->type->word, "llama_cpp",
                     making->install.registry->quantizer.llama_cpp, "source_type",
                     hearth_json_text(making->facts, "quantization", ""), "why",
                     *making->why ? making->why : NULL);
}

static bool is_made_alike(const struct making *making, const struct hearth_version *version)
{
    static const char *const same[] = {"files", "type", "llama_cpp"};
    json_t *lineage = hearth_json_parse(version->lineage_json, strlen(version->lineage_json), NULL);
    const json_t *theirs = json_object_get(lineage, "quantized");
    const json_t *ours = json_object_get(making->lineage, "quantized");
    bool is_alike = theirs && (version->state == HEARTH_VERSION_READY ||
                               version->state == HEARTH_VERSION_DEPRECATED);
    for (size_t i = 0; is_alike && i < sizeof(same) / sizeof(same[0]); i++)
        is_alike = json_equal(json_object_get(theirs, same[i]), json_object_get(ours, same[i]));
    json_decref(lineage);
    return is_alike;
}

/* Rows are read where the store is; `install.files` are those of a version that is there already.
 */
static void read_rows(struct hearth_store *store, void *argument)
{
    struct making *making = argument;
    struct hearth_installing *install = &making->install;
    const struct hearth_installing *original = making->original;
    int64_t number = original->same_number ? original->same_number : original->version->number;
    install->rc = hearth_store_model_get_id(store, original->model_id, install->arena,
                                            &making->model, install->error);
    if (!install->rc)
        install->rc = hearth_store_version_get(store, original->model_id, number, install->arena,
                                               &making->from, install->error);
}

static void find_made(struct hearth_store *store, void *argument)
{
    struct making *making = argument;
    struct hearth_installing *install = &making->install;
    struct hearth_version *versions = NULL;
    size_t count = 0;
    install->rc = hearth_store_version_list(store, making->model->id, install->arena, &versions,
                                            &count, install->error);
    for (size_t i = 0; !install->rc && i < count; i++)
        if (versions[i].file_count == 1 && is_made_alike(making, &versions[i])) {
            install->files = (struct hearth_file *)versions[i].files;
            if (hearth_install_blobs_present(install))
                install->same_number = versions[i].number;
        }
}

/* Making it */

static const char *text_of(struct making *making, const json_t *value)
{
    struct hearth_buf text;
    hearth_buf_init(&text, JSON_MAX);
    const char *kept = hearth_json_dump(&text, value)
                           ? NULL
                           : hearth_arena_strndup(making->install.arena, text.bytes, text.length);
    hearth_buf_finish(&text);
    return kept;
}

static int on_tick(void *argument, double fraction, struct hearth_error *error)
{
    struct making *making = argument;
    struct hearth_fetch_progress *progress = making->original->progress;
    const struct hearth_source_file *work = &making->original->quantizing;
    if (progress && progress->is_canceled && progress->is_canceled(progress))
        return hearth_error_set(error, HEARTH_ECANCELED, "quantizing was given up");
    if (progress)
        progress->on_bytes(progress, work, (int64_t)((double)work->size * fraction), work->size);
    return hearth_install_renew_claim(&making->install, error);
}

/* The size before is that of the files too, so that the two can be compared. */
static int describe(struct making *making)
{
    struct hearth_installing *install = &making->install;
    const struct hearth_quantized *cost = &making->cost;
    json_t *metrics = json_pack(
        "{s:I, s:f, s:f, s:I, s:s}", "source_size", (json_int_t)bytes_of(making->from),
        "source_perplexity", cost->source_perplexity, "perplexity", cost->perplexity,
        "perplexity_tokens", (json_int_t)cost->tokens, "perplexity_text", cost->text_sha256);
    install->lineage_json = text_of(making, making->lineage);
    install->metrics_json = text_of(making, metrics);
    json_decref(metrics);
    return install->lineage_json && install->metrics_json ? 0 : hearth_install_no_room(install);
}

static int make_folder(struct making *making, struct hearth_error *error)
{
    char parent[PATH_MAX], name[128];
    const char *home = making->install.registry->home;
    snprintf(name, sizeof(name), "%s-%lld", making->model->name, (long long)making->from->number);
    int length = snprintf(parent, sizeof(parent), "%s/" HEARTH_QUANTIZE_FOLDER, home);
    if (length < 0 || (size_t)length + sizeof(name) + 64 >= sizeof(parent))
        return hearth_error_set(error, HEARTH_EPATH, "the path of the home is too long");
    snprintf(making->folder, sizeof(making->folder), "%.3800s/%s", parent, name);
    hearth_folder_remove(making->folder); /* of an earlier try */
    int rc = hearth_out_folder(home, HEARTH_QUANTIZE_FOLDER, error);
    return rc ? rc : hearth_out_folder(parent, name, error);
}

static int make(struct hearth_installing *install)
{
    struct making *making = (struct making *)install;
    const struct hearth_registry_quantizer *quantizer = &install->registry->quantizer;
    const struct hearth_quantizing quantizing = {
        .path = making->path,
        .subject = making->source.name,
        .type = making->type->word,
        .is_second =
            hearth_quantization_is_second(hearth_json_text(making->facts, "quantization", "")),
        .folder = making->folder,
        .text = making->original->request->perplexity_text,
        .on_tick = on_tick,
        .argument = making,
    };
    int rc = make_folder(making, install->error);
    if (!rc)
        rc = quantizer->run(quantizer->argument, &quantizing, &making->cost, install->error);
    if (!rc)
        rc = on_tick(making, 1, install->error);
    return rc ? rc : describe(making);
}

/* The file that will be made, as a source has its files. */
static int plan_source(struct making *making)
{
    struct hearth_installing *install = &making->install;
    const char *name = making->model->name;
    install->text =
        hearth_quantized_source(install->arena, name, making->from->number,
                                hearth_quantization_word(making->original->request->quantize));
    making->file =
        (struct hearth_source_file){.path = "model.gguf", .size = -1, .sha256 = "", .etag = ""};
    making->file.url = hearth_arena_format(
        install->arena, "%s/" HEARTH_QUANTIZE_FOLDER "/%s-%lld/artifacts/model.gguf",
        install->registry->home, name, (long long)making->from->number);
    making->source = (struct hearth_source){.scheme = "file",
                                            .text = install->text,
                                            .revision = "",
                                            .files = &making->file,
                                            .file_count = 1};
    making->source.name =
        hearth_arena_format(install->arena, "%s:%lld", name, (long long)making->from->number);
    install->source = &making->source;
    install->name = name;
    return install->text && making->file.url && making->source.name
               ? 0
               : hearth_install_no_room(install);
}

static int prepare(struct making *making)
{
    struct hearth_installing *install = &making->install;
    int rc = hearth_install_step(install, read_rows);
    if (rc)
        return rc;
    making->type = hearth_quantization_of(making->original->request->quantize);
    making->facts =
        hearth_json_parse(making->from->facts_json, strlen(making->from->facts_json), NULL);
    rc = check_model(making);
    if (!rc)
        rc = hearth_registry_path(install->registry, making->model, making->from, making->path,
                                  sizeof(making->path), install->error);
    if (!rc && !making->type)
        rc = choose(making);
    if (!rc)
        rc = plan_source(making);
    if (!rc)
        rc = check_room(making);
    if (!rc)
        making->lineage = lineage_of(making);
    if (!rc && !making->request.version_number)
        rc = hearth_install_step(install, find_made);
    return rc;
}

static int run(struct making *making)
{
    struct hearth_installing *install = &making->install;
    int rc = prepare(making);
    if (!rc && !install->same_number) {
        install->files = NULL;
        rc = hearth_install_run(install);
        hearth_folder_remove(making->folder);
    }
    if (rc && making->from)
        hearth_error_prefix(install->error, "%s:%lld is installed, but not quantized",
                            making->model->name, (long long)making->from->number);
    json_decref(making->facts);
    json_decref(making->lineage);
    return rc;
}

int hearth_install_quantize(struct hearth_installing *original)
{
    const struct hearth_install_request *request = original->request;
    struct making making = {
        .original = original,
        .request = {.source = "",
                    .model_id = original->model_id,
                    .version_number = request->quantized_number,
                    .parallel = 1,
                    .forget_failed = request->forget_failed},
        .install = {.registry = original->registry,
                    .arena = original->arena,
                    .fence = original->fence,
                    .claimed_ms = original->claimed_ms,
                    .model_id = original->model_id,
                    .make = make,
                    .error = original->error},
    };
    struct hearth_installing *install = &making.install;
    install->request = &making.request;
    memcpy(install->claim, original->claim, sizeof(install->claim));
    memcpy(install->owner, original->owner, sizeof(install->owner));
    int rc = run(&making);
    if (!rc)
        original->quantized_number =
            install->same_number ? install->same_number : install->version->number;
    /* The claim may have been renewed meanwhile. */
    original->fence = install->fence;
    original->is_there = true;
    return rc;
}

void hearth_install_quantize_give_up(struct hearth_installing *original)
{
    const struct hearth_install_request request = {
        .model_id = original->request->model_id,
        .version_number = original->request->quantized_number,
    };
    struct hearth_installing install = {.registry = original->registry,
                                        .request = &request,
                                        .arena = original->arena,
                                        .error = original->error};
    hearth_install_step(&install, hearth_install_fail_registered);
}
