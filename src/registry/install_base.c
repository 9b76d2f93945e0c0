/* What an install's version is based on, where it is an adapter. */
#include "base/error.h"
#include "registry/install_steps.h"

/* The row of a registered version has it; `error` is whatever went wrong. */
static int find_registered(struct hearth_installing *install, struct hearth_store *store)
{
    const struct hearth_install_request *request = install->request;
    struct hearth_version *version = NULL;
    int rc = hearth_store_version_get(store, request->model_id, request->version_number,
                                      install->arena, &version, install->error);
    if (rc || !version->base_version_id)
        return rc;
    return hearth_base_version_find(store, version->base_version_id, install->arena,
                                    &install->base_model, &install->base_version, install->error);
}

void hearth_install_find_base(struct hearth_store *store, void *argument)
{
    struct hearth_installing *install = argument;
    const char *base = install->request->base;
    install->rc =
        base ? hearth_base_version_resolve(store, base, install->arena, &install->base_model,
                                           &install->base_version, install->error)
             : find_registered(install, store);
    if (install->rc == 0 && install->base_version)
        install->rc =
            hearth_base_version_check(install->base_model, install->base_version, install->error);
}
