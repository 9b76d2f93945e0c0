#include "routes/requests/record_call.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"

#include <string.h>

static void on_gone(struct hearth_call *call, int reason)
{
    (void)call, (void)reason; /* the work goes on; its end finds no client */
}

static void free_record_call(struct hearth_record_call *record_call)
{
    json_decref(record_call->answer);
    hearth_call_drop(record_call->call);
    hearth_store_work_free(&record_call->work);
}

static void done(struct hearth_store_work *work)
{
    struct hearth_record_call *record_call = (struct hearth_record_call *)work;
    struct hearth_call *call = record_call->call;
    if (!work->rc && record_call->on_always)
        record_call->on_always(record_call);
    if (call->exchange && work->rc) {
        hearth_answer_error(call, &work->error, NULL);
    } else if (call->exchange && record_call->on_done) {
        record_call->on_done(record_call);
    } else if (call->exchange) {
        json_t *answer = record_call->answer;
        record_call->answer = NULL;
        hearth_answer_json(call, 200, answer);
    }
    free_record_call(record_call);
}

struct hearth_record_call *
hearth_record_call_create(struct hearth_call *call, const struct hearth_record_view *view,
                          int (*run)(struct hearth_store *store, struct hearth_store_work *work))
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    struct hearth_record_call *record_call =
        hearth_store_work_create(sizeof(*record_call), run, done);
    hearth_call_hold(call);
    call->events = &events;
    record_call->view = view;
    record_call->call = call;
    record_call->principal = call->principal;
    record_call->now_ms = hearth_clock_wall_ms();
    if (call->params[0])
        record_call->id = hearth_arena_strdup(record_call->work.arena, call->params[0]);
    return record_call;
}

void hearth_record_call_start(struct hearth_record_call *record_call)
{
    hearth_store_work_start(record_call->call->gateway->store, &record_call->work);
}

static bool refuse(struct hearth_record_call *record_call, const char *param, const char *got,
                   const char *expected)
{
    hearth_answer_message(record_call->call, HEARTH_EINVAL, param, "%s is \"%.60s\"; it takes %s",
                          param, got, expected);
    free_record_call(record_call);
    return false;
}

int hearth_record_call_read(struct hearth_store *store, struct hearth_store_work *work)
{
    struct hearth_record_call *record_call = (struct hearth_record_call *)work;
    return hearth_store_record_get(store, record_call->view->kind, record_call->id,
                                   record_call->principal, work->arena, &record_call->record,
                                   &work->error);
}

void hearth_record_call_show(struct hearth_record_call *record_call)
{
    hearth_answer_json(record_call->call, 200,
                       record_call->view->show(record_call, record_call->record));
}

/* False: a parameter is faulty, and the call is answered; the record call is freed. */
static bool read_page(struct hearth_record_call *record_call)
{
    struct hearth_exchange *exchange = record_call->call->exchange;
    const char *limit = hearth_exchange_query(exchange, "limit");
    const char *order = hearth_exchange_query(exchange, "order");
    const char *after = hearth_exchange_query(exchange, "after");
    record_call->limit = record_call->view->page_default;
    if (limit && hearth_parse_int(limit, 1, record_call->view->page_max, &record_call->limit))
        return refuse(record_call, "limit", limit,
                      "a number of at least 1 that is no larger than "
                      "a page (10,000 for files, 100 elsewhere)");
    if (order && strcmp(order, "asc") != 0 && strcmp(order, "desc") != 0)
        return refuse(record_call, "order", order, "asc or desc");
    record_call->ascending = order && strcmp(order, "asc") == 0;
    if (after && *after)
        record_call->after = hearth_arena_strdup(record_call->work.arena, after);
    return true;
}

/* Of the records one more than the page was asked for, which tells whether there are more. */
static json_t *list_json(const struct hearth_record_call *record_call)
{
    size_t limit = (size_t)record_call->limit;
    size_t count = record_call->count > limit ? limit : record_call->count;
    const struct hearth_record *records = record_call->records;
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(rows, record_call->view->show(record_call, &records[i]));
    return json_pack("{s:s, s:o, s:o, s:o, s:b}", "object", "list", "data", rows, "first_id",
                     count ? json_string(records[0].id) : json_null(), "last_id",
                     count ? json_string(records[count - 1].id) : json_null(), "has_more",
                     record_call->count > limit);
}

static int read_list(struct hearth_store *store, struct hearth_store_work *work)
{
    struct hearth_record_call *record_call = (struct hearth_record_call *)work;
    const struct hearth_record_filter filter = {
        .kind = record_call->view->kind,
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
    hearth_answer_json(record_call->call, 200, list_json(record_call));
}

void hearth_record_call_list(struct hearth_call *call, const struct hearth_record_view *view,
                             const char *label)
{
    struct hearth_record_call *record_call = hearth_record_call_create(call, view, read_list);
    if (label)
        record_call->filter = hearth_arena_strdup(record_call->work.arena, label);
    record_call->on_done = answer_list;
    if (read_page(record_call))
        hearth_record_call_start(record_call);
}
