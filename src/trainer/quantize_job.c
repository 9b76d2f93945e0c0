#include "trainer/quantize_job.h"

#include "base/error.h"
#include "base/out_file.h"
#include "chat/llama_quantize.h"
#include "format/gguf.h"

#include <limits.h>
#include <stdio.h>

static const char file_name[] = "model.gguf";

static void on_tensor(void *argument, uint32_t done, uint32_t count)
{
    const struct hearth_job_listener *listener = argument;
    listener->on_event(listener->argument, json_pack("{s:s, s:f}", "type", "progress", "fraction",
                                                     (double)done / (double)count));
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

int trainer_quantize(const struct hearth_job_order *order,
                     const struct hearth_job_listener *listener, json_t **ret_result,
                     struct hearth_error *error)
{
    char path[PATH_MAX];
    const struct hearth_llama_quantizing quantizing = {
        .from = order->base_path,
        .to = path,
        .file_type = order->quantization->file_type,
        .is_second = order->is_second,
        .threads = order->threads,
        .on_tensor = on_tensor,
        .argument = (void *)listener,
    };
    int length = snprintf(path, sizeof(path), "%s/artifacts/%s", order->output, file_name);
    if (length < 0 || (size_t)length >= sizeof(path))
        return hearth_error_set(error, HEARTH_EPATH, "the path of output is too long");
    int rc = hearth_out_folder(order->output, "artifacts", error);
    if (!rc)
        rc = listener->on_plan(listener->argument, HEARTH_LLAMA_QUANTIZING_BYTES, error);
    if (!rc)
        rc = hearth_llama_quantize(&quantizing, error);
    if (!rc)
        rc = check_whole(path, error);
    if (!rc)
        *ret_result = json_pack("{s:[s]}", "files", file_name);
    return rc;
}
