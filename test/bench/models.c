/* Makes the models that benches need and no package brings; each appears under its name when it is
 * whole.
 *
 *     bench_models q4_0|q8_0 SOURCE TARGET   SOURCE in another type, by llama.cpp's own quantizer
 *     bench_models large TARGET              random weights of TinyLlama 1.1B's shapes, Q4_0
 *
 * Random weights are computed as fast as trained ones, and their text means nothing. */
#include "support/decoder_maker.h"

#include <llama.h>

static bool make_quantized(const char *type, const char *source, const char *target)
{
    struct llama_model_quantize_params params = llama_model_quantize_default_params();
    params.ftype = strcmp(type, "q8_0") == 0 ? LLAMA_FTYPE_MOSTLY_Q8_0 : LLAMA_FTYPE_MOSTLY_Q4_0;
    params.allow_requantize = true; /* the demo model is quantized already */
    return llama_model_quantize(source, target, &params) == 0;
}

/* https://huggingface.co/TinyLlama/TinyLlama-1.1B-Chat-v1.0/blob/main/config.json */
static bool make_large(const char *target)
{
    struct decoder_maker maker = {.architecture = "llama",
                                  .layers = 22,
                                  .width = 2048,
                                  .heads = 32,
                                  .key_heads = 4,
                                  .head_size = 64,
                                  .rotary_size = 64,
                                  .feed = 5632,
                                  .vocabulary = 32000,
                                  .context = 2048,
                                  .type = HEARTH_QUANT_Q4_0,
                                  .seed = 1};
    return decoder_make(&maker, target);
}

int main(int argc, char **argv)
{
    char unfinished[4096];
    bool large = argc == 3 && strcmp(argv[1], "large") == 0;
    const char *target = argv[argc - 1];
    if (!large && argc != 4) {
        fputs("bench_models q4_0|q8_0 SOURCE TARGET, or bench_models large TARGET\n", stderr);
        return 2;
    }
    snprintf(unfinished, sizeof(unfinished), "%s.unfinished", target);
    if (!(large ? make_large(unfinished) : make_quantized(argv[1], argv[2], unfinished)) ||
        rename(unfinished, target) != 0) {
        fprintf(stderr, "%s cannot be made\n", target);
        return 1;
    }
    return 0;
}
