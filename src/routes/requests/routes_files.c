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

enum { PAGE_DEFAULT = 10000, PAGE_MAX = 10000 };

static json_t *show(const struct hearth_record_call *record_call,
                    const struct hearth_record *record)
{
    (void)record_call;
    return hearth_kept_file_json(record);
}

static int read_list(struct hearth_store *store, struct hearth_store_work *work)
{
    struct hearth_record_call *record_call = (struct hearth_record_call *)work;
    const struct hearth_record_filter filter = {
        .kind = HEARTH_KEPT_FILE,
        .principal = record_call->principal,
        .label = record_call->filter,
        .after = record_call->after,
        .ascending = record_call->ascending,
        .limit = record_call->limit + 1,
    };
    return hearth_store_record_list(store, &filter, work->arena, &record_call->records,
                                    &record_call->count, &work->error);
}

static void answer_list(struct hearth_record_call *record_call)
{
    hearth_answer_json(record_call->call, 200, hearth_record_call_list(record_call, show));
}

void hearth_route_files_list(struct hearth_call *call)
{
    const char *purpose = hearth_exchange_query(call->exchange, "purpose");
    struct hearth_record_call *record_call = hearth_record_call_create(call, read_list);
    if (purpose)
        record_call->filter = hearth_arena_strdup(record_call->work.arena, purpose);
    record_call->on_done = answer_list;
    if (hearth_record_call_page(record_call, PAGE_DEFAULT, PAGE_MAX))
        hearth_record_call_start(record_call);
}

static int read_one(struct hearth_store *store, struct hearth_store_work *work)
{
    struct hearth_record_call *record_call = (struct hearth_record_call *)work;
    int rc =
        hearth_store_record_get(store, HEARTH_KEPT_FILE, record_call->id, record_call->principal,
                                work->arena, &record_call->record, &work->error);
    if (!rc)
        record_call->answer = hearth_kept_file_json(record_call->record);
    return rc;
}

void hearth_route_files_show(struct hearth_call *call)
{
    hearth_record_call_start(hearth_record_call_create(call, read_one));
}

/* The record first: bytes without one are nobody's, a record without bytes would be a promise. */
static int remove_one(struct hearth_store *store, struct hearth_store_work *work)
{
    struct hearth_record_call *record_call = (struct hearth_record_call *)work;
    int rc = read_one(store, work);
    if (!rc)
        rc = hearth_store_record_delete(store, HEARTH_KEPT_FILE, record_call->id, &work->error);
    if (rc)
        return rc;
    hearth_kept_file_remove_bytes(record_call->call->gateway->deferred->files, record_call->id);
    json_decref(record_call->answer);
    record_call->answer =
        json_pack("{s:s, s:s, s:b}", "id", record_call->id, "object", "file", "deleted", 1);
    return 0;
}

void hearth_route_files_delete(struct hearth_call *call)
{
    hearth_record_call_start(hearth_record_call_create(call, remove_one));
}
