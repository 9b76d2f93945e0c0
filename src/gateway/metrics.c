/* Series in a hash table for counting, and in a list for each family for writing them out. */
#include "gateway/metrics.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* SERIES_MAX is a second line: models come and go, and their labels with them. What is beyond it is
 * not counted rather than refused. */
enum { SERIES_MAX = 20000, TABLE_SIZE = 1024, BUCKETS_MAX = 16, LABELS_MAX = 384 };

enum family_kind { COUNTER, HISTOGRAM };

/* Upper bounds of the buckets in seconds, ending with 0. */
static const double request_bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                        0.5,   1,      2.5,   5,    10,    30,   120, 0};
static const double gap_bounds[] = {0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03,
                                    0.05,  0.075,  0.1,   0.25,   0.5,  1,     5,    0};

static const double short_bounds[] = {0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005,
                                      0.001,   0.0025,   0.005,   0.01,   0.025,   0.05,
                                      0.1,     0.25,     1,       0};

/* A family of Prometheus: one name with its help, and a series for each set of labels. */
struct family {
    const char *name, *help;
    enum family_kind kind;
    const double *bounds;
};

enum {
    REQUESTS,
    DURATION,
    FIRST_EVENT,
    GAP,
    QUEUE_WAIT,
    TOKENIZE,
    COMPUTE,
    SERIALIZE,
    ENDS,
    FAMILY_COUNT
};

static const struct family families[FAMILY_COUNT] = {
    [REQUESTS] = {"hearth_http_requests_total", "Requests by route, model and status.", COUNTER,
                  NULL},
    [DURATION] = {"hearth_http_request_duration_seconds", "From head to the end of the answer.",
                  HISTOGRAM, request_bounds},
    [FIRST_EVENT] = {"hearth_time_to_first_token_seconds",
                     "From the request to the first piece of the answer.", HISTOGRAM,
                     request_bounds},
    [GAP] = {"hearth_time_between_tokens_seconds", "Between two pieces of one answer.", HISTOGRAM,
             gap_bounds},
    [QUEUE_WAIT] = {"hearth_queue_wait_seconds", "From the request until a worker takes it up.",
                    HISTOGRAM, request_bounds},
    [TOKENIZE] = {"hearth_tokenize_seconds", "Preparing one input: template, tokens, limits.",
                  HISTOGRAM, short_bounds},
    [COMPUTE] = {"hearth_compute_seconds", "One request in the worker, from first step to last.",
                 HISTOGRAM, request_bounds},
    [SERIALIZE] = {"hearth_serialize_seconds", "Writing the answer of one request for vectors.",
                   HISTOGRAM, short_bounds},
    [ENDS] = {"hearth_inferences_total", "Inferences by model and how they ended.", COUNTER, NULL},
};

struct series {
    struct series *next_in_slot, *next_in_family;
    int family;
    uint64_t count;
    double sum;
    uint64_t buckets[BUCKETS_MAX]; /* not cumulative */
    char labels[];
};

/* The name of a model that calls point to while they run. It is kept as long as somebody uses it,
 * also after its model is gone: then it is `forgotten`, and what ends late is counted for no
 * model. */
struct name {
    struct name *next;
    size_t users;
    bool forgotten;
    char text[];
};

struct hearth_metrics {
    struct series *table[TABLE_SIZE];
    struct series *first[FAMILY_COUNT], **last[FAMILY_COUNT];
    struct name *names;
    size_t series_count;
};

struct hearth_metrics *hearth_metrics_create(void)
{
    struct hearth_metrics *metrics = hearth_calloc(1, sizeof(*metrics));
    for (int i = 0; i < FAMILY_COUNT; i++)
        metrics->last[i] = &metrics->first[i];
    return metrics;
}

void hearth_metrics_destroy(struct hearth_metrics *metrics)
{
    if (!metrics)
        return;
    for (int i = 0; i < FAMILY_COUNT; i++)
        for (struct series *one = metrics->first[i], *next; one; one = next) {
            next = one->next_in_family;
            hearth_free(one);
        }
    for (struct name *name = metrics->names, *next; name; name = next) {
        next = name->next;
        hearth_free(name);
    }
    hearth_free(metrics);
}

/* A forgotten name is not used again: the new model of that name must not get the old one's late
 * calls. */
const char *hearth_metrics_model(struct hearth_metrics *metrics, const char *model)
{
    struct name *name = metrics->names;
    while (name && (name->forgotten || strcmp(name->text, model) != 0))
        name = name->next;
    if (!name) {
        name = hearth_calloc(1, sizeof(*name) + strlen(model) + 1);
        memcpy(name->text, model, strlen(model) + 1);
        name->next = metrics->names;
        metrics->names = name;
    }
    name->users++;
    return name->text;
}

/* By address, not by text: there may be a forgotten one of the same text. */
static struct name **place_of(struct hearth_metrics *metrics, const char *text)
{
    struct name **at = &metrics->names;
    while ((*at)->text != text)
        at = &(*at)->next;
    return at;
}

static void free_name(struct name **at)
{
    struct name *name = *at;
    *at = name->next;
    hearth_free(name);
}

void hearth_metrics_release(struct hearth_metrics *metrics, const char *model)
{
    if (!model)
        return;
    struct name **at = place_of(metrics, model);
    if (--(*at)->users == 0 && (*at)->forgotten)
        free_name(at);
}

static void forget_name(struct hearth_metrics *metrics, const char *model)
{
    struct name **at = &metrics->names;
    while (*at && ((*at)->forgotten || strcmp((*at)->text, model) != 0))
        at = &(*at)->next;
    if (!*at)
        return;
    (*at)->forgotten = true;
    if ((*at)->users == 0)
        free_name(at);
}

/* The name of a call that goes on, or NULL when its model has been forgotten meanwhile. */
static const char *counted(struct hearth_metrics *metrics, const char *model)
{
    return model && !(*place_of(metrics, model))->forgotten ? model : NULL;
}

static unsigned slot_of(int family, const char *labels)
{
    return hearth_hash32(HEARTH_HASH32_START ^ (uint32_t)family, labels, strlen(labels)) %
           TABLE_SIZE;
}

/* NULL: too many series. */
static struct series *series_of(struct hearth_metrics *metrics, int family, const char *labels)
{
    unsigned slot = slot_of(family, labels);
    for (struct series *one = metrics->table[slot]; one; one = one->next_in_slot)
        if (one->family == family && strcmp(one->labels, labels) == 0)
            return one;
    if (metrics->series_count >= SERIES_MAX)
        return NULL;
    size_t length = strlen(labels) + 1;
    struct series *one = hearth_calloc(1, sizeof(*one) + length);
    memcpy(one->labels, labels, length);
    one->family = family;
    one->next_in_slot = metrics->table[slot];
    metrics->table[slot] = one;
    *metrics->last[family] = one;
    metrics->last[family] = &one->next_in_family;
    metrics->series_count++;
    return one;
}

static void unlink_slot(struct hearth_metrics *metrics, const struct series *series)
{
    struct series **at = &metrics->table[slot_of(series->family, series->labels)];
    while (*at != series)
        at = &(*at)->next_in_slot;
    *at = series->next_in_slot;
}

/* The label with its quotes is looked for as text: names of models have neither quotes nor
 * backslashes. */
static void forget_series(struct hearth_metrics *metrics, int family, const char *label)
{
    struct series **at = &metrics->first[family];
    while (*at) {
        struct series *one = *at;
        if (!strstr(one->labels, label)) {
            at = &one->next_in_family;
            continue;
        }
        *at = one->next_in_family;
        unlink_slot(metrics, one);
        hearth_free(one);
        metrics->series_count--;
    }
    metrics->last[family] = at;
}

void hearth_metrics_forget(struct hearth_metrics *metrics, const char *model)
{
    char label[LABELS_MAX];
    snprintf(label, sizeof(label), "model=\"%s\"", model);
    forget_name(metrics, model);
    for (int family = 0; family < FAMILY_COUNT; family++)
        forget_series(metrics, family, label);
}

static void count(struct hearth_metrics *metrics, int family, const char *labels)
{
    struct series *one = series_of(metrics, family, labels);
    if (one)
        one->count++;
}

/* A value lies in the first bucket whose bound is not below it; the last one has no bound. */
static void observe(struct hearth_metrics *metrics, int family, const char *labels, double seconds)
{
    struct series *one = series_of(metrics, family, labels);
    if (!one)
        return;
    const double *bounds = families[family].bounds;
    int bucket = 0;
    while (bounds[bucket] != 0 && seconds > bounds[bucket])
        bucket++;
    one->buckets[bucket]++;
    one->count++;
    one->sum += seconds;
}

void hearth_metrics_request(struct hearth_metrics *metrics, const char *route, const char *model,
                            int status, uint64_t took_us)
{
    char labels[LABELS_MAX];
    model = counted(metrics, model);
    snprintf(labels, sizeof(labels), "route=\"%s\",model=\"%s\"", route, model ? model : "");
    observe(metrics, DURATION, labels, (double)took_us / 1e6);
    snprintf(labels, sizeof(labels), "route=\"%s\",model=\"%s\",status=\"%d\"", route,
             model ? model : "", status);
    count(metrics, REQUESTS, labels);
}

static void observe_model(struct hearth_metrics *metrics, int family, const char *model,
                          double seconds)
{
    char labels[LABELS_MAX];
    snprintf(labels, sizeof(labels), "model=\"%s\"", model);
    observe(metrics, family, labels, seconds);
}

void hearth_metrics_queue_wait(struct hearth_metrics *metrics, const char *model, uint64_t wait_ms)
{
    observe_model(metrics, QUEUE_WAIT, model, (double)wait_ms / 1e3);
}

void hearth_metrics_tokenized(struct hearth_metrics *metrics, const char *model, uint64_t took_us)
{
    observe_model(metrics, TOKENIZE, model, (double)took_us / 1e6);
}

void hearth_metrics_computed(struct hearth_metrics *metrics, const char *model, uint64_t took_us)
{
    observe_model(metrics, COMPUTE, model, (double)took_us / 1e6);
}

void hearth_metrics_serialized(struct hearth_metrics *metrics, const char *model, uint64_t took_us)
{
    model = counted(metrics, model);
    observe_model(metrics, SERIALIZE, model ? model : "", (double)took_us / 1e6);
}

void hearth_metrics_first_event(struct hearth_metrics *metrics, const char *model,
                                uint64_t since_submit_us)
{
    observe_model(metrics, FIRST_EVENT, model, (double)since_submit_us / 1e6);
}

void hearth_metrics_gap(struct hearth_metrics *metrics, const char *model, uint64_t gap_us)
{
    observe_model(metrics, GAP, model, (double)gap_us / 1e6);
}

void hearth_metrics_ended(struct hearth_metrics *metrics, const char *model, int code)
{
    char labels[LABELS_MAX];
    snprintf(labels, sizeof(labels), "model=\"%s\",outcome=\"%s\"", model,
             code ? hearth_error_row(code)->code : "ok");
    count(metrics, ENDS, labels);
}

/* Prometheus wants each bucket to hold all smaller ones too, so they are added up here; the sums in
 * memory stay simple. */
static void write_histogram(const struct series *one, struct hearth_buf *buf)
{
    const struct family *family = &families[one->family];
    uint64_t total = 0;
    for (int i = 0; family->bounds[i] != 0; i++) {
        total += one->buckets[i];
        hearth_buf_printf(buf, "%s_bucket{%s,le=\"%g\"} %llu\n", family->name, one->labels,
                          family->bounds[i], (unsigned long long)total);
    }
    hearth_buf_printf(buf, "%s_bucket{%s,le=\"+Inf\"} %llu\n", family->name, one->labels,
                      (unsigned long long)one->count);
    hearth_buf_printf(buf, "%s_sum{%s} %.9g\n%s_count{%s} %llu\n", family->name, one->labels,
                      one->sum, family->name, one->labels, (unsigned long long)one->count);
}

void hearth_metrics_write(const struct hearth_metrics *metrics, struct hearth_buf *buf)
{
    for (int i = 0; i < FAMILY_COUNT; i++) {
        const struct family *family = &families[i];
        hearth_buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help,
                          family->name, family->kind == COUNTER ? "counter" : "histogram");
        for (const struct series *one = metrics->first[i]; one; one = one->next_in_family)
            if (family->kind == HISTOGRAM)
                write_histogram(one, buf);
            else
                hearth_buf_printf(buf, "%s{%s} %llu\n", family->name, one->labels,
                                  (unsigned long long)one->count);
    }
}
