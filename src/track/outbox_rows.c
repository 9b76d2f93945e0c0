#include "track/outbox_rows.h"

#include "base/error.h"
#include "base/memory.h"
#include "track/orders.h"
#include "track/track.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_MAX = 64 << 20, PAGE_ROWS = 500, FORGOTTEN_MAX = 1000, FACTS_MAX = 16 << 10 };
#define REFUSED_KEPT_MS (7 * 86400000ll)
#define ENDED_KEPT_MS (90 * 86400000ll)

void hearth_outbox_parcel_begin(struct hearth_outbox_parcel *parcel)
{
    *parcel = (struct hearth_outbox_parcel){.arena = hearth_arena_create(ARENA_MAX)};
}

void hearth_outbox_parcel_end(struct hearth_outbox_parcel *parcel)
{
    json_decref(parcel->order);
    json_decref(parcel->tracked);
    hearth_arena_destroy(parcel->arena);
    *parcel = (struct hearth_outbox_parcel){0};
}

static json_t *parse(const char *text)
{
    struct hearth_error ignored;
    json_t *value = hearth_json_parse(text, strlen(text), &ignored);
    return value ? value : json_object();
}

/* NULL when it does not fit into the arena. */
static const char *text_of(const json_t *value, struct hearth_arena *arena)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1 << 20);
    const char *text =
        hearth_json_dump(&buf, value) ? NULL : hearth_arena_strndup(arena, buf.bytes, buf.length);
    hearth_buf_finish(&buf);
    return text;
}

static int no_memory(struct hearth_error *error)
{
    return hearth_error_set(error, HEARTH_ETOOLARGE, "a row of the outbox is too large");
}

int hearth_outbox_row_create(struct hearth_store *store, const char *id, const json_t *order,
                             int64_t now_ms, int64_t due_ms, struct hearth_error *error)
{
    char subject[160];
    const char *verb = hearth_json_text(order, "verb", "");
    bool is_metrics = strcmp(verb, "metrics") == 0;
    struct hearth_outbox_bounds room = hearth_outbox_bounds(is_metrics);
    const struct hearth_record_bounds bounds = {room.count_max, room.size_max};
    struct hearth_buf body;
    hearth_order_subject(order, subject, sizeof(subject));
    json_t *facts = json_pack("{s:s, s:s, s:I}", "subject", subject, "verb", verb, "due_ms",
                              (json_int_t)due_ms);
    struct hearth_arena *arena = hearth_arena_create(FACTS_MAX);
    hearth_buf_init(&body, 8 << 20);
    hearth_json_dump(&body, order);
    const struct hearth_record record = {
        .kind = HEARTH_OUTBOX,
        .id = id,
        .principal = subject,
        .label = HEARTH_OUTBOX_PENDING,
        .facts_json = text_of(facts, arena),
        .body = body.bytes,
        .body_length = body.length,
        .size = (int64_t)body.length,
        .created_ms = now_ms,
    };
    int rc =
        body.failed ? no_memory(error) : hearth_store_record_create(store, &record, &bounds, error);
    hearth_buf_finish(&body);
    hearth_arena_destroy(arena);
    json_decref(facts);
    return rc;
}

/* One that another gateway has told meanwhile is passed over. */
static int take_row(struct hearth_store *store, struct hearth_outbox_parcel *parcel, const char *id,
                    struct hearth_error *error)
{
    struct hearth_record *row;
    int rc = hearth_store_record_get(store, HEARTH_OUTBOX, id, NULL, parcel->arena, &row, error);
    if (rc || strcmp(row->label, HEARTH_OUTBOX_PENDING) != 0)
        return rc == HEARTH_ENOTFOUND ? 0 : rc;
    parcel->rows[parcel->row_count++] = row;
    return 0;
}

static bool is_row_of(const json_t *facts, const char *subject, const char *verb)
{
    return strcmp(hearth_json_text(facts, "subject", ""), subject) == 0 &&
           (!verb || strcmp(hearth_json_text(facts, "verb", ""), verb) == 0);
}

/* The rows behind the first one, up to the first of the run that has no metrics: as long as they
 * fit into one body of MLflow. A row has at most a thousand metrics, mostly few. */
static int join_metrics(struct hearth_store *store, struct hearth_outbox_parcel *parcel,
                        const struct hearth_record *page, size_t count, struct hearth_error *error)
{
    struct hearth_outbox_batch batch = {0};
    int rc = 0;
    for (size_t i = 0; !rc && i < count && parcel->row_count < HEARTH_OUTBOX_JOINED_MAX; i++) {
        json_t *facts = parse(page[i].facts_json);
        bool is_of_run = is_row_of(facts, parcel->subject, NULL);
        bool joins = is_row_of(facts, parcel->subject, "metrics") &&
                     hearth_outbox_batch_add(&batch, HEARTH_OUTBOX_METRIC, page[i].body_length);
        json_decref(facts);
        if (joins)
            rc = take_row(store, parcel, page[i].id, error);
        else if (is_of_run)
            break;
    }
    return rc;
}

/* Looks through one page; `ret_taken`: a row was found. */
static int scan_page(struct hearth_store *store, struct hearth_outbox_scan *scan,
                     struct hearth_outbox_parcel *parcel, const struct hearth_record *page,
                     size_t count, struct hearth_error *error)
{
    int rc = 0;
    for (size_t i = 0; !rc && !parcel->row_count && i < count; i++) {
        json_t *facts = parse(page[i].facts_json);
        const char *subject = hearth_json_text(facts, "subject", "");
        if (hearth_outbox_scan_row(scan, subject, hearth_json_integer(facts, "due_ms", 0))) {
            snprintf(parcel->subject, sizeof(parcel->subject), "%s", subject);
            rc = is_row_of(facts, subject, "metrics")
                     ? join_metrics(store, parcel, page + i, count - i, error)
                     : take_row(store, parcel, page[i].id, error);
        }
        json_decref(facts);
    }
    return rc;
}

static int scan_all(struct hearth_store *store, struct hearth_outbox_parcel *parcel, int64_t now_ms,
                    struct hearth_error *error)
{
    struct hearth_outbox_scan scan;
    struct hearth_record_filter filter = {.kind = HEARTH_OUTBOX,
                                          .label = HEARTH_OUTBOX_PENDING,
                                          .ascending = true,
                                          .limit = PAGE_ROWS};
    struct hearth_record *page;
    size_t count = PAGE_ROWS;
    int rc = 0;
    hearth_outbox_scan_begin(&scan, now_ms);
    while (!rc && !parcel->row_count && count == PAGE_ROWS) {
        rc = hearth_store_record_list(store, &filter, parcel->arena, &page, &count, error);
        if (rc ==
            HEARTH_ENOTFOUND) { /* the last row of the page before has gone: begin anew later */
            rc = 0;
            scan.next_ms = now_ms;
            break;
        }
        if (!rc)
            rc = scan_page(store, &scan, parcel, page, count, error);
        if (!rc && count)
            filter.after = page[count - 1].id;
    }
    parcel->next_ms = scan.next_ms;
    hearth_outbox_scan_end(&scan);
    return rc;
}

/* The order of the first row, with the metrics of the others. */
static void join_orders(struct hearth_outbox_parcel *parcel)
{
    struct hearth_error ignored;
    for (size_t i = 0; i < parcel->row_count; i++) {
        const struct hearth_record *row = parcel->rows[i];
        json_t *order = hearth_json_parse(row->body, row->body_length, &ignored);
        if (i)
            json_array_extend(json_object_get(parcel->order, "metrics"),
                              json_object_get(order, "metrics"));
        else
            parcel->order = order ? json_incref(order) : json_object();
        json_decref(order);
    }
    json_t *facts = parse(parcel->rows[0]->facts_json);
    snprintf(parcel->subject, sizeof(parcel->subject), "%s",
             hearth_json_text(facts, "subject", ""));
    parcel->done = hearth_json_integer(facts, "done", 0);
    json_decref(facts);
}

static int read_known(struct hearth_store *store, struct hearth_outbox_parcel *parcel,
                      struct hearth_error *error)
{
    int rc = hearth_store_record_get(store, HEARTH_TRACKED, parcel->subject, NULL, parcel->arena,
                                     &parcel->known, error);
    if (rc == HEARTH_ENOTFOUND)
        parcel->known = NULL;
    else if (rc)
        return rc;
    parcel->tracked = parcel->known ? parse(parcel->known->facts_json) : json_object();
    return 0;
}

int hearth_outbox_pick(struct hearth_store *store, const char *wanted_id, int64_t now_ms,
                       struct hearth_outbox_parcel *parcel, struct hearth_error *error)
{
    int rc = wanted_id ? take_row(store, parcel, wanted_id, error) : 0;
    if (!rc && !parcel->row_count)
        rc = scan_all(store, parcel, now_ms, error);
    if (rc || !parcel->row_count)
        return rc;
    join_orders(parcel);
    return read_known(store, parcel, error);
}

/* A run that has ended may be forgotten one day, unless it goes on. */
static int note_known(struct hearth_store *store, struct hearth_outbox_parcel *parcel,
                      int64_t now_ms, struct hearth_error *error)
{
    const char *verb = hearth_json_text(parcel->order, "verb", "");
    struct hearth_record record = {.kind = HEARTH_TRACKED, .id = parcel->subject, .label = ""};
    if (parcel->known)
        record = *parcel->known;
    record.facts_json = text_of(parcel->tracked, parcel->arena);
    record.created_ms = parcel->known ? record.created_ms : now_ms;
    if (strcmp(verb, "end") == 0)
        record.expires_ms = now_ms + ENDED_KEPT_MS;
    else if (strcmp(verb, "run") == 0)
        record.expires_ms = 0;
    if (!record.facts_json)
        return no_memory(error);
    record.body = NULL;
    return parcel->known ? hearth_store_record_update(store, &record, error)
                         : hearth_store_record_create(store, &record, NULL, error);
}

static int note_row(struct hearth_store *store, struct hearth_outbox_parcel *parcel, size_t index,
                    const struct hearth_outbox_result *result, int64_t now_ms,
                    struct hearth_error *error)
{
    struct hearth_record *row = parcel->rows[index];
    bool refused = result->verdict == HEARTH_OUTBOX_REFUSED;
    if (result->verdict == HEARTH_OUTBOX_TOLD && !result->has_more)
        return hearth_store_record_delete(store, HEARTH_OUTBOX, row->id, error);
    json_t *facts = parse(row->facts_json);
    json_object_set_new(facts, "done", json_integer(parcel->done));
    if (result->verdict != HEARTH_OUTBOX_TOLD) {
        json_int_t failures = hearth_json_integer(facts, "failures", 0) + 1;
        uint64_t wait_ms = hearth_outbox_wait_ms((uint32_t)failures, result->random);
        json_object_set_new(facts, "failures", json_integer(failures));
        json_object_set_new(facts, "reason", json_string(result->reason));
        json_object_set_new(facts, "due_ms", json_integer(now_ms + (int64_t)wait_ms));
    }
    row->facts_json = text_of(facts, parcel->arena);
    row->label = refused ? HEARTH_OUTBOX_REFUSED_LABEL : HEARTH_OUTBOX_PENDING;
    row->expires_ms = refused ? now_ms + REFUSED_KEPT_MS : 0;
    row->body = NULL;
    json_decref(facts);
    return row->facts_json ? hearth_store_record_update(store, row, error) : no_memory(error);
}

int hearth_outbox_note(struct hearth_store *store, struct hearth_outbox_parcel *parcel,
                       const struct hearth_outbox_result *result, int64_t now_ms,
                       struct hearth_error *error)
{
    int rc = note_known(store, parcel, now_ms, error);
    for (size_t i = 0; !rc && i < parcel->row_count; i++)
        rc = note_row(store, parcel, i, result, now_ms, error);
    return rc;
}

int hearth_outbox_count(struct hearth_store *store, const char *subject, int64_t *ret_pending,
                        int64_t *ret_refused, struct hearth_error *error)
{
    struct hearth_record_filter filter = {
        .kind = HEARTH_OUTBOX, .principal = subject, .label = HEARTH_OUTBOX_PENDING};
    int rc = hearth_store_record_count(store, &filter, ret_pending, error);
    filter.label = HEARTH_OUTBOX_REFUSED_LABEL;
    return rc ? rc : hearth_store_record_count(store, &filter, ret_refused, error);
}

static int forget_kind(struct hearth_store *store, const char *kind, int64_t now_ms,
                       struct hearth_error *error)
{
    struct hearth_record *records;
    size_t count;
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    const struct hearth_record_filter filter = {
        .kind = kind, .expired_by_ms = now_ms, .limit = FORGOTTEN_MAX};
    int rc = hearth_store_record_list(store, &filter, arena, &records, &count, error);
    for (size_t i = 0; !rc && i < count; i++)
        rc = hearth_store_record_delete(store, kind, records[i].id, error);
    hearth_arena_destroy(arena);
    return rc;
}

int hearth_outbox_forget(struct hearth_store *store, int64_t now_ms, struct hearth_error *error)
{
    int rc = forget_kind(store, HEARTH_OUTBOX, now_ms, error);
    return rc ? rc : forget_kind(store, HEARTH_TRACKED, now_ms, error);
}
