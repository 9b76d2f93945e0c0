#include "trainer/quantize_job.h"

#include "base/error.h"
#include "base/out_file.h"
#include "chat/llama_perplexity.h"
#include "chat/llama_quantize.h"
#include "format/gguf.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char file_name[] = "model.gguf";

/* A part of the work, and which share of the whole it is. */
struct stage {
    const struct hearth_job_listener *listener;
    double from, to;
};

static void tell(void *argument, uint32_t done, uint32_t count)
{
    const struct stage *stage = argument;
    double fraction = stage->from + (stage->to - stage->from) * done / count;
    stage->listener->on_event(stage->listener->argument,
                              json_pack("{s:s, s:f}", "type", "progress", "fraction", fraction));
}

/* The library does not notice each write that fails. Its header comes last, and our reader proves
 * that all tensors lie in the file. */
static int check_whole(const char *path, struct hearth_error *error)
{
    struct hearth_gguf *gguf = NULL;
    int rc = hearth_gguf_open(path, &gguf, NULL);
    hearth_gguf_destroy(gguf);
    return rc ? hearth_error_set(error, HEARTH_EIO,
                                 "the quantized model was not written to its end")
              : 0;
}

static int quantize(const struct hearth_job_order *order, const char *path, struct stage stage,
                    struct hearth_error *error)
{
    const struct hearth_llama_quantizing quantizing = {
        .from = order->base_path,
        .to = path,
        .file_type = order->quantization->file_type,
        .is_second = order->is_second,
        .threads = order->threads,
        .on_tensor = tell,
        .argument = &stage,
    };
    int rc = hearth_llama_quantize(&quantizing, error);
    return rc ? rc : check_whole(path, error);
}

/* Puts what was measured into the result, under `key`. */
static int measure(const struct hearth_job_order *order, const char *path, struct stage stage,
                   const char *key, json_t *result, struct hearth_error *error)
{
    const struct hearth_llama_perplexing perplexing = {
        .path = path,
        .text = order->text,
        .length = strlen(order->text),
        .threads = order->threads,
        .on_piece = tell,
        .argument = &stage,
    };
    double perplexity;
    uint32_t tokens;
    int rc = hearth_llama_perplexity(&perplexing, &perplexity, &tokens, error);
    if (rc)
        return rc;
    json_object_set_new(result, key, json_real(perplexity));
    json_object_set_new(result, "perplexity_tokens", json_integer(tokens));
    return 0;
}

/* A number of the architecture's own keys, within what models have. */
static uint64_t number_of(const struct hearth_gguf *gguf, const char *key)
{
    char whole[128];
    struct hearth_gguf_text name = hearth_gguf_text(gguf, "general.architecture");
    if (!name.bytes || name.length > 64)
        return 0;
    snprintf(whole, sizeof(whole), "%.*s.%s", (int)name.length, name.bytes, key);
    int64_t value = hearth_gguf_integer(gguf, whole, 0);
    return value > 0 && value <= UINT16_MAX ? (uint64_t)value : 0;
}

/* A bound of what the two works take, of which one runs at a time. A header that cannot be read is
 * told by the works themselves. */
static uint64_t memory_of(const char *path)
{
    struct hearth_gguf *gguf = NULL;
    uint64_t bytes = HEARTH_LLAMA_QUANTIZING_BYTES;
    if (hearth_gguf_open(path, &gguf, NULL) == 0) {
        const struct hearth_gguf_entry *words = hearth_gguf_find(gguf, "tokenizer.ggml.tokens");
        bytes += hearth_llama_perplexity_bytes(number_of(gguf, "block_count"),
                                               number_of(gguf, "embedding_length"),
                                               words ? words->count : 0);
    }
    hearth_gguf_destroy(gguf);
    return bytes;
}

/* The original first, so that the text is refused before there is a file. */
static int work(const struct hearth_job_order *order, const struct hearth_job_listener *listener,
                const char *path, json_t *result, struct hearth_error *error)
{
    const struct stage before = {listener, 0, 0.3}, made = {listener, 0.3, 0.75},
                       after = {listener, 0.75, 1};
    int rc = listener->on_plan(listener->argument, memory_of(order->base_path), error);
    if (!rc && order->text)
        rc = measure(order, order->base_path, before, "source_perplexity", result, error);
    if (!rc)
        rc = quantize(order, path, made, error);
    if (!rc && order->text)
        rc = measure(order, path, after, "perplexity", result, error);
    return rc;
}

int trainer_quantize(const struct hearth_job_order *order,
                     const struct hearth_job_listener *listener, json_t **ret_result,
                     struct hearth_error *error)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/artifacts/%s", order->output, file_name);
    if (length < 0 || (size_t)length >= sizeof(path))
        return hearth_error_set(error, HEARTH_EPATH, "the path of output is too long");
    int rc = hearth_out_folder(order->output, "artifacts", error);
    if (rc)
        return rc;
    json_t *result = json_pack("{s:[s]}", "files", file_name);
    rc = work(order, listener, path, result, error);
    if (rc)
        json_decref(result);
    else
        *ret_result = result;
    return rc;
}
