#include "chat/llama_quantize.h"

#include "base/text.h"
#include "chat/llama_log.h"

#include <llama.h>

#include <string.h>

/* Rows of a tensor are taken in pieces of this, of which there are a few at once. */
#define PIECE_BYTES ((size_t)256 << 20)

/* The number at *at, behind spaces, which ends with `end`. */
static bool take_number(const char **at, char end, int64_t *ret_number)
{
    char digits[12] = "";
    *at += strspn(*at, " ");
    size_t length = strspn(*at, "0123456789");
    if (length == 0 || length >= sizeof(digits) || (*at)[length] != end)
        return false;
    memcpy(digits, *at, length);
    *at += length + 1;
    return hearth_parse_int(digits, 0, INT32_MAX, ret_number) == 0;
}

/* The quantizer has no callback; of each tensor it logs "[  12/ 272] blk.1.attn_q.weight …". */
static void on_text(void *argument, const char *text)
{
    const struct hearth_llama_quantizing *quantizing = argument;
    int64_t number, count;
    if (*text++ == '[' && take_number(&text, '/', &number) && take_number(&text, ']', &count) &&
        number > 0 && number <= count)
        quantizing->on_tensor(quantizing->argument, (uint32_t)number - 1, (uint32_t)count);
}

int hearth_llama_quantize(const struct hearth_llama_quantizing *quantizing,
                          struct hearth_error *error)
{
    struct llama_model_quantize_params params = llama_model_quantize_default_params();
    params.nthread = (int32_t)quantizing->threads;
    params.ftype = (enum llama_ftype)quantizing->file_type;
    params.allow_requantize = quantizing->is_second;
    params.max_buf_size = PIECE_BYTES;
    hearth_llama_log_start();
    hearth_llama_log_clear(true);
    llama_backend_init();
    if (quantizing->on_tensor)
        hearth_llama_log_listen(on_text, (void *)quantizing);
    uint32_t failed = llama_model_quantize(quantizing->from, quantizing->to, &params);
    hearth_llama_log_listen(NULL, NULL);
    return failed ? hearth_llama_log_error(error, HEARTH_EMODEL, "the model cannot be quantized")
                  : 0;
}
