/* The settings of a definition that only this engine knows, as JSON:
 *
 *     cache_type_k, cache_type_v   "f16" (default), "f32", "bf16", "q8_0", "q5_1", "q5_0", "q4_1",
 *                                  "q4_0", "iq4_nl"
 *     flash_attention              "auto" (default), "on" or true, "off" or false
 *     pooling                      "mean", "cls", "last", "rank", "none"; else the header's
 *     rope_freq_base, rope_freq_scale   numbers; else the header's
 *     cache_shared                 one KV cache for all sequences instead of one for each
 *     prefix_cache                 most bytes of KV cache that may keep what was computed of
 *                                  prompts, as a number or as "512MiB"; 0: none; else what the
 *                                  slots have
 *     repack                       libllama's weights in the CPU's own layout (default true)
 *     lock_memory                  keep the weights in RAM (default false)
 *     adapters                     list of absolute paths: LoRA in GGUF files or PEFT folders
 *     chat_template                Jinja text instead of the model's own
 *     prompts, default_prompt      of a model that makes vectors (llama_prompts.h)
 *     compute                      "auto" (default), "own" or "libllama"
 *     quantize                     "f32", "f16", "bf16", "q8_0", "q4_0", "q4_1": what weights that
 *                                  are floats become when our own loads them; else as the file
 *     speculation                  "auto" (default), "off", "lookup", "draft": drafted tokens
 *     draft_model                  absolute path of a smaller model with the same vocabulary
 *     instruction_set              "best" (default) or one of kernels.h's: what our own may use
 *
 * Pure. An unknown key is HEARTH_EINVAL, with a suggestion. */
#ifndef HEARTH_LLAMA_SETTINGS_H
#define HEARTH_LLAMA_SETTINGS_H

#include "base/json.h"
#include "compute/kernels.h"
#include "hearth/engine.h"
#include "network/weights.h"

#include <llama.h>

enum hearth_llama_computes {
    HEARTH_LLAMA_COMPUTES_AUTO,
    HEARTH_LLAMA_COMPUTES_OWN,
    HEARTH_LLAMA_COMPUTES_LIBRARY,
    /* Where the setting does not say; its help in api/model_settings.json says the same. */
    HEARTH_LLAMA_COMPUTES_DEFAULT = HEARTH_LLAMA_COMPUTES_AUTO,
};

/* Which drafts are made, as far as they pay. AUTO: all that there are, where a token does not
 * depend on how many are computed at once. */
enum hearth_llama_speculation {
    HEARTH_LLAMA_SPECULATION_AUTO,
    HEARTH_LLAMA_SPECULATION_OFF,
    HEARTH_LLAMA_SPECULATION_LOOKUP,
    HEARTH_LLAMA_SPECULATION_DRAFT,
};

struct hearth_llama_settings {
    enum ggml_type cache_type_k, cache_type_v;
    enum llama_flash_attn_type flash_attention;
    enum llama_pooling_type pooling; /* UNSPECIFIED: the header's */
    float rope_freq_base, rope_freq_scale;
    bool cache_shared;
    uint64_t prefix_cache; /* bytes; UINT64_MAX: as the slots */
    bool repack;
    bool lock_memory;
    char *chat_template; /* NULL: the model's */
    json_t *prompts;     /* texts by name (llama_prompts.h); or NULL */
    char *default_prompt;
    enum hearth_llama_computes computes;
    enum hearth_llama_speculation speculation;
    char *draft_model;                       /* path; NULL: none */
    bool computes_given;                     /* by a setting */
    struct hearth_weights_quantize quantize; /* by our own */
    enum hearth_isa isa;
    char **adapters; /* paths, by their numbers */
    uint32_t adapter_count;
};

int hearth_llama_settings_init(struct hearth_llama_settings *settings, const char *json,
                               struct hearth_error *error);
void hearth_llama_settings_finish(struct hearth_llama_settings *settings);

const char *hearth_llama_pooling_name(enum llama_pooling_type pooling);

#endif
