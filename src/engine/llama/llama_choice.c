/* Ours or libllama's: the setting `compute` may ask for either, and left alone it means ours
 * wherever it can compute the model. */
#include "base/error.h"
#include "engine/llama/llama_adapters.h"

int hearth_llama_choose(const struct hearth_llama_load *load, struct hearth_memory_plan *ret_memory,
                        struct hearth_llama_choice *ret_choice, struct hearth_error *error)
{
    struct hearth_error *why = &ret_choice->why;
    enum hearth_llama_computes computes = load->settings->computes;
    /* Before either is asked, so that an adapter is refused in the same words whichever computes.
     */
    uint64_t adapters = 0;
    *ret_choice = (struct hearth_llama_choice){.own = false};
    int rc = hearth_llama_adapters_plan(load, &adapters, error);
    if (rc != 0)
        return rc;
    rc = HEARTH_ENOTIMPL;
    if (load->header->folder) {
        if (computes == HEARTH_LLAMA_COMPUTES_LIBRARY && load->settings->computes_given)
            return hearth_error_set(
                error, HEARTH_EINVAL,
                "setting 'compute': libllama reads no Hugging Face folder; only "
                "Hearth's own decoder does");
        computes = HEARTH_LLAMA_COMPUTES_OWN;
    }
    if (computes != HEARTH_LLAMA_COMPUTES_LIBRARY)
        rc = hearth_llama_own_plan(load, ret_memory, why);
    if (rc == 0) {
        ret_choice->own = true;
        return 0;
    }
    if (computes == HEARTH_LLAMA_COMPUTES_OWN)
        return hearth_error_set(error, rc,
                                rc != HEARTH_ENOTIMPL  ? "%s"
                                : load->header->folder ? "Hearth's decoder does not have %s"
                                                       : "setting 'compute': own does not have %s",
                                why->message);
    /* What is wrong with a file libllama says for itself, or knows better: a file that we refuse
     * need not be a bad one. */
    if (load->settings->quantize.wanted)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "setting 'quantize': only Hearth's own decoder does that, and "
                                "libllama computes this model (setting 'compute')");
    hearth_llama_plan_whole(load->header, load->plan);
    hearth_llama_plan_memory(load->header, load->settings, load->plan, ret_memory);
    ret_memory->weights += adapters;
    return 0;
}
