#include "track/tracked_models.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "track/orders.h"
#include "track/outbox_rows.h"
#include "track/track.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_MAX = 16 << 20, PAGE_MODELS = 200, SUBJECT_MAX = 160 };

static json_t *facts_of(const struct hearth_record *record)
{
    struct hearth_error ignored;
    const char *text = record->facts_json;
    return hearth_json_parse(text, strlen(text), &ignored);
}

/* "" when the server has not told any. */
static int find_experiment(struct hearth_store *store, const char *subject,
                           struct hearth_arena *arena, const char **ret_id,
                           struct hearth_error *error)
{
    struct hearth_record *known;
    int rc = hearth_store_record_get(store, HEARTH_TRACKED, subject, NULL, arena, &known, error);
    *ret_id = "";
    if (rc)
        return rc == HEARTH_ENOTFOUND ? 0 : rc;
    json_t *facts = facts_of(known);
    *ret_id = hearth_arena_strdup(arena, hearth_json_text(facts, "experiment_id", ""));
    json_decref(facts);
    return *ret_id ? 0 : hearth_error_set(error, HEARTH_ENOMEM, "a page of rows is too large");
}

/* Why the first row that waits was not told, or the last that was refused; NULL: it was not tried.
 */
static int find_reason(struct hearth_store *store, const char *subject, const char *label,
                       struct hearth_arena *arena, json_t **ret_reason, struct hearth_error *error)
{
    const bool waits = strcmp(label, HEARTH_OUTBOX_PENDING) == 0;
    const struct hearth_record_filter filter = {.kind = HEARTH_OUTBOX,
                                                .principal = subject,
                                                .label = label,
                                                .ascending = waits,
                                                .limit = 1};
    struct hearth_record *rows;
    size_t count;
    int rc = hearth_store_record_list(store, &filter, arena, &rows, &count, error);
    json_t *facts = !rc && count ? facts_of(&rows[0]) : NULL;
    *ret_reason = json_incref(json_object_get(facts, "reason"));
    json_decref(facts);
    return rc;
}

static int describe(struct hearth_store *store, const char *subject, struct hearth_arena *arena,
                    json_t **ret_state, struct hearth_error *error)
{
    int64_t pending, refused;
    const char *experiment_id;
    json_t *reason = NULL;
    int rc = hearth_outbox_count(store, subject, &pending, &refused, error);
    if (!rc)
        rc = find_experiment(store, subject, arena, &experiment_id, error);
    if (!rc && (pending || refused))
        rc = find_reason(store, subject,
                         pending ? HEARTH_OUTBOX_PENDING : HEARTH_OUTBOX_REFUSED_LABEL, arena,
                         &reason, error);
    if (rc)
        return rc;
    const char *state = pending          ? "pending"
                        : refused        ? "refused"
                        : *experiment_id ? "told"
                                         : "unknown";
    *ret_state = json_pack("{s:s, s:o, s:I, s:o}", "state", state, "experiment_id",
                           *experiment_id ? json_string(experiment_id) : json_null(), "pending",
                           (json_int_t)pending, "reason", reason ? reason : json_null());
    return 0;
}

int hearth_track_state(struct hearth_store *store, const char *model, json_t **ret_state,
                       struct hearth_error *error)
{
    char subject[SUBJECT_MAX];
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    snprintf(subject, sizeof(subject), HEARTH_OUTBOX_MODEL "%s", model);
    int rc = describe(store, subject, arena, ret_state, error);
    hearth_arena_destroy(arena);
    return rc;
}

/* The id is made of the name, so that a row which waits already is not written again. */
static int tell_later(struct hearth_store *store, const struct hearth_model *model, int64_t now_ms,
                      struct hearth_error *error)
{
    char digest[HEARTH_SHA256_HEX], id[40];
    json_t *order = hearth_order_model(model->name, model->description);
    hearth_sha256_of(model->name, strlen(model->name), digest);
    snprintf(id, sizeof(id), "out_%.32s", digest);
    int rc = order ? hearth_outbox_row_create(store, id, order, now_ms, 0, error) : 0;
    json_decref(order);
    return rc == HEARTH_ECONFLICT ? 0 : rc;
}

static int look_at_page(struct hearth_store *store, int64_t offset, int64_t now_ms,
                        struct hearth_arena *arena, size_t *ret_count, struct hearth_error *error)
{
    const struct hearth_model_filter filter = {.offset = offset, .limit = PAGE_MODELS};
    struct hearth_model *models;
    int64_t total;
    char subject[SUBJECT_MAX];
    const char *experiment_id;
    int rc = hearth_store_model_list(store, &filter, arena, &models, ret_count, &total, error);
    for (size_t i = 0; !rc && i < *ret_count; i++) {
        snprintf(subject, sizeof(subject), HEARTH_OUTBOX_MODEL "%s", models[i].name);
        rc = find_experiment(store, subject, arena, &experiment_id, error);
        if (!rc && !*experiment_id)
            rc = tell_later(store, &models[i], now_ms, error);
    }
    return rc;
}

int hearth_tracked_models_catch_up(struct hearth_store *store, int64_t now_ms,
                                   struct hearth_error *error)
{
    size_t count = PAGE_MODELS;
    int rc = 0;
    for (int64_t offset = 0; !rc && count == PAGE_MODELS; offset += PAGE_MODELS) {
        struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
        rc = look_at_page(store, offset, now_ms, arena, &count, error);
        hearth_arena_destroy(arena);
    }
    return rc;
}
