/* libllama's model, out of its file. */
#include "base/error.h"
#include "engine/llama/llama_compute.h"

struct loading {
    struct hearth_load_progress *progress;
    bool given_up;
};

/* false makes libllama give up, and its failure then looks like any other; `given_up` tells them
 * apart. */
static bool on_progress(float fraction, void *argument)
{
    struct loading *loading = argument;
    if (loading->progress != NULL && !loading->progress->report(loading->progress, fraction))
        loading->given_up = true;
    return !loading->given_up;
}

/* Weights are mapped from the file: several workers of one model share their pages, and a load
 * reads only what is used. Those that are laid out anew are read instead: a copy of them is made
 * either way, and beside it the pages of the file would count as well until the kernel takes them
 * back. */
static enum llama_load_mode mode_of(const struct hearth_llama_load *load)
{
    bool locks = load->settings->lock_memory;
    if (load->header->repacked)
        return locks ? LLAMA_LOAD_MODE_MLOCK : LLAMA_LOAD_MODE_NONE;
    return locks ? LLAMA_LOAD_MODE_MMAP_MLOCK : LLAMA_LOAD_MODE_MMAP;
}

int hearth_llama_library_load(const struct hearth_llama_load *load, struct llama_model **ret_model,
                              struct hearth_error *error)
{
    struct loading loading = {.progress = load->progress};
    struct llama_model_params params = llama_model_default_params();
    params.load_mode = mode_of(load);
    params.n_gpu_layers = 0;
    params.use_extra_bufts = load->settings->repack;
    params.progress_callback = on_progress;
    params.progress_callback_user_data = &loading;
    *ret_model = hearth_llama_load(load->path, &params, error);
    if (loading.given_up)
        return hearth_error_set(error, HEARTH_ECANCELED, "loading was given up");
    if (*ret_model == NULL)
        return error != NULL && error->code != 0 ? error->code : HEARTH_EMODEL;
    return 0;
}
