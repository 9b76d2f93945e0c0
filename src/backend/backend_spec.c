/* A worker that is started again is started exactly as the first time: from these copies, and not
 * from settings that may have changed since. */
#include "backend/backend_spec.h"

#include "base/memory.h"

static const char **copy_lists(const char *const *lists, uint32_t count)
{
    if (!lists)
        return NULL;
    const char **copies = hearth_calloc(count, sizeof(*copies));
    for (uint32_t i = 0; i < count; i++)
        copies[i] = hearth_strdup(lists[i]);
    return copies;
}

void hearth_backend_spec_keep(const struct hearth_backend_spec *spec, uint32_t count,
                              struct hearth_backend_spec *ret_spec)
{
    *ret_spec = *spec;
    ret_spec->replicas = count;
    ret_spec->model = hearth_strdup(spec->model);
    ret_spec->worker_path = hearth_strdup(spec->worker_path);
    ret_spec->hello.settings_json = hearth_strdup(spec->hello.settings_json);
    ret_spec->hello.readable = hearth_strdup(spec->hello.readable);
    ret_spec->cpus = copy_lists(spec->cpus, count);
}

void hearth_backend_spec_release(struct hearth_backend_spec *spec)
{
    for (uint32_t i = 0; spec->cpus && i < spec->replicas; i++)
        hearth_free((char *)spec->cpus[i]);
    hearth_free(spec->cpus);
    hearth_free((char *)spec->model);
    hearth_free((char *)spec->worker_path);
    hearth_free((char *)spec->hello.settings_json);
    hearth_free((char *)spec->hello.readable);
}
