#include "routes/hub/hub_artifacts.h"

#include "config/home.h"
#include "gateway/call.h"
#include "gateway/gateway_state.h"
#include "registry/install.h"
#include "registry/model_json.h"
#include "task/store_job.h"

#include <limits.h>

static void add(const struct hearth_gateway *gateway, const char *model, json_t *version)
{
    char path[PATH_MAX];
    int64_t number = hearth_json_integer(version, "version", 0);
    int rc = hearth_registry_place(gateway->registry, model, number, path, sizeof(path), NULL);
    json_t *text = rc ? NULL : json_string(hearth_home_relative(gateway->home, path));
    json_object_set_new(version, "artifact_path", text ? text : json_null());
}

void hearth_hub_add_artifacts(const struct hearth_gateway *gateway, const char *model,
                              json_t *versions)
{
    size_t i;
    json_t *version;
    if (!json_is_array(versions))
        add(gateway, model, versions);
    json_array_foreach(versions, i, version) add(gateway, model, version);
}

int hearth_hub_model_json(struct hearth_store *store, struct hearth_store_job *job,
                          const struct hearth_model *model, json_t **ret_json)
{
    int rc = hearth_model_json(store, model, job->arena, ret_json, &job->error);
    if (!rc)
        hearth_hub_add_artifacts(job->call->gateway, model->name,
                                 json_object_get(*ret_json, "versions"));
    return rc;
}
