/* /v1/files, as OpenAI has them; uploads are in routes_files_upload.c, contents in
 * routes_files_content.c. */
#include "base/error.h"
#include "deferred/deferred.h"
#include "deferred/kept_files.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/requests/record_call.h"
#include "routes/requests/requests_routes.gen.h"

#include <string.h>

static json_t *show(const struct hearth_record_call *record_call,
                    const struct hearth_record *record)
{
    (void)record_call;
    return hearth_kept_file_json(record);
}

static const struct hearth_record_view view = {
    .kind = HEARTH_KEPT_FILE, .show = show, .page_default = 10000, .page_max = 10000};

void hearth_route_files_list(struct hearth_call *call)
{
    hearth_record_call_list(call, &view, hearth_exchange_query(call->exchange, "purpose"));
}

void hearth_route_files_show(struct hearth_call *call)
{
    struct hearth_record_call *record_call =
        hearth_record_call_create(call, &view, hearth_record_call_read);
    record_call->on_done = hearth_record_call_show;
    hearth_record_call_start(record_call);
}

static int remove_one(struct hearth_store *store, struct hearth_store_work *work)
{
    struct hearth_record_call *record_call = (struct hearth_record_call *)work;
    int rc = hearth_record_call_read(store, work);
    if (!rc)
        rc = hearth_kept_file_delete(record_call->call->gateway->deferred->files, store,
                                     record_call->id, work->arena, &work->error);
    if (rc)
        return rc;
    record_call->answer =
        json_pack("{s:s, s:s, s:b}", "id", record_call->id, "object", "file", "deleted", 1);
    return 0;
}

void hearth_route_files_delete(struct hearth_call *call)
{
    hearth_record_call_start(hearth_record_call_create(call, &view, remove_one));
}
