/* reproduce: trains a version once more, with all that its lineage says, and compares the files. */
#include "base/error.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/job_view.h"
#include "cli/print_json.h"
#include "cli/terminal.h"
#include "domain/reference.h"

#include <stdio.h>
#include <string.h>

enum { ASKING_MS = 60 * 60 * 1000 };

struct reproducing {
    struct hearth_invocation *invocation;
    struct hearth_client *client;
    char name[HEARTH_NAME_MAX], twin[HEARTH_NAME_MAX + 16]; /* the model that is made for it */
    int64_t number;
};

static int get(const struct reproducing *reproducing, const char *model, int64_t number,
               json_t **ret_version, struct hearth_error *error)
{
    struct hearth_arena *arena = reproducing->invocation->arena;
    const char *tail = hearth_arena_format(arena, "/versions/%lld", (long long)number);
    const struct hearth_client_call call = {.path =
                                                hearth_client_path(arena, "/models/", model, tail)};
    return hearth_client_run(reproducing->client, &call, ret_version, error);
}

static int is_the_same(const char *what, const char *name, const char *now, const char *then,
                       struct hearth_error *error)
{
    if (!*then || strcmp(now, then) == 0)
        return 0;
    return hearth_error_set(error, HEARTH_EDIGEST,
                            "%s %.100s is not the one that it was trained with: its sha256 is %s, "
                            "and was %s",
                            what, name, now, then);
}

/* Other bytes may have been registered under its name since: that is known before it is trained. */
static int check_data(const struct reproducing *reproducing, const json_t *lineage,
                      const char *id_key, const char *digest_key, struct hearth_error *error)
{
    const char *id = hearth_json_text(lineage, id_key, "");
    const struct hearth_client_call call = {
        .path = hearth_client_path(reproducing->invocation->arena, "/datasets/", id, "")};
    json_t *dataset;
    if (!*id)
        return 0;
    int rc = hearth_client_run(reproducing->client, &call, &dataset, error);
    if (rc)
        return rc;
    rc = is_the_same("the data set", hearth_json_text(dataset, "name", id),
                     hearth_json_text(dataset, "sha256", ""),
                     hearth_json_text(lineage, digest_key, ""), error);
    json_decref(dataset);
    return rc;
}

/* What POST /training/jobs is sent, all of it from the lineage. */
static json_t *body_of(const struct reproducing *reproducing, const json_t *lineage)
{
    json_t *body = json_pack("{s:s, s:O, s:O, s:O}", "model", reproducing->twin, "base_model",
                             json_object_get(lineage, "base_model"), "dataset_id",
                             json_object_get(lineage, "dataset_id"), "parameters",
                             json_object_get(lineage, "parameters"));
    json_t *evaluation = json_object_get(lineage, "evaluation_dataset_id");
    if (body && json_is_string(evaluation))
        json_object_set(body, "evaluation_dataset_id", evaluation);
    return body;
}

static int train(const struct reproducing *reproducing, const json_t *lineage, json_t **ret_job,
                 struct hearth_error *error)
{
    json_t *body = body_of(reproducing, lineage), *asked;
    const struct hearth_client_call call = {
        .method = "POST", .path = "/training/jobs", .body = body, .idle_timeout_ms = ASKING_MS};
    if (!body)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "%s:%lld was not trained here: it has no lineage",
                                reproducing->name, (long long)reproducing->number);
    int rc = check_data(reproducing, lineage, "dataset_id", "dataset_sha256", error);
    if (!rc)
        rc = check_data(reproducing, lineage, "evaluation_dataset_id", "evaluation_dataset_sha256",
                        error);
    if (!rc)
        rc = hearth_client_run(reproducing->client, &call, &asked, error);
    json_decref(body);
    if (rc)
        return rc;
    const struct hearth_job_view view = {
        .client = reproducing->client,
        .arena = reproducing->invocation->arena,
        .id =
            hearth_arena_strdup(reproducing->invocation->arena, hearth_json_text(asked, "id", "")),
        .is_json = reproducing->invocation->json,
    };
    rc = is_the_same("the base", hearth_json_text(asked, "base_model", ""),
                     hearth_json_text(asked, "base_sha256", ""),
                     hearth_json_text(lineage, "base_sha256", ""), error);
    json_decref(asked);
    if (rc) {
        struct hearth_error ignored;
        hearth_job_view_cancel(&view, &ignored);
        return rc;
    }
    rc = hearth_job_view_result(&view, ret_job, error);
    if (!rc && !*ret_job)
        rc = hearth_error_set(error, HEARTH_ECANCELED, "nobody waits for the job %s any more",
                              view.id);
    return rc;
}

static const char *digest_of(const json_t *version, const char *path)
{
    size_t index;
    const json_t *file;
    json_array_foreach(json_object_get(version, "files"), index, file)
    {
        if (strcmp(hearth_json_text(file, "path", ""), path) == 0)
            return hearth_json_text(file, "sha256", "");
    }
    return "";
}

/* {"path", "sha256", "again", "same"} for each file. */
static json_t *compare(const json_t *version, const json_t *twin, bool *ret_same)
{
    json_t *files = json_array();
    size_t index;
    const json_t *file;
    *ret_same = json_array_size(json_object_get(version, "files")) ==
                json_array_size(json_object_get(twin, "files"));
    json_array_foreach(json_object_get(version, "files"), index, file)
    {
        const char *path = hearth_json_text(file, "path", "");
        const char *before = hearth_json_text(file, "sha256", ""), *again = digest_of(twin, path);
        bool same = strcmp(before, again) == 0;
        *ret_same = *ret_same && same;
        json_array_append_new(files, json_pack("{s:s, s:s, s:s, s:b}", "path", path, "sha256",
                                               before, "again", again, "same", same));
    }
    return files;
}

static bool is_same_environment(const json_t *version, const json_t *twin)
{
    const char *digests[2];
    const json_t *const of[] = {version, twin};
    for (int i = 0; i < 2; i++)
        digests[i] = hearth_json_text(
            json_object_get(json_object_get(of[i], "lineage"), "environment"), "sha256", "");
    return strcmp(digests[0], digests[1]) == 0;
}

/* Where the environment is another one, different bytes are what is to be expected; it is told, and
 * counts all the same: the version was not reproduced. */
static int report(const struct reproducing *reproducing, const json_t *version, const json_t *twin,
                  struct hearth_error *error)
{
    bool same, same_environment = is_same_environment(version, twin);
    json_t *files = compare(version, twin, &same);
    int rc = 0;
    if (reproducing->invocation->json)
        rc = hearth_print_json(json_pack("{s:s, s:I, s:b, s:b, s:O}", "model", reproducing->name,
                                         "version", (json_int_t)reproducing->number, "same", same,
                                         "same_environment", same_environment, "files", files),
                               error);
    else if (same)
        printf("%s:%lld was reproduced: all %zu files are the same, byte for byte\n",
               reproducing->name, (long long)reproducing->number, json_array_size(files));
    json_decref(files);
    if (rc || same)
        return rc;
    return hearth_error_set(
        error, HEARTH_EDIGEST, "%s:%lld was not reproduced: its files differ%s", reproducing->name,
        (long long)reproducing->number,
        same_environment ? "" : "; the environment is not the one that it was trained in");
}

/* The twin has served its purpose, whatever came of it. A model of that name may be somebody's: it
 * goes only when no other version is in it. */
static void remove_twin(const struct reproducing *reproducing, int64_t number)
{
    struct hearth_arena *arena = reproducing->invocation->arena;
    struct hearth_error ignored;
    json_t *model = NULL;
    const struct hearth_client_call look = {
        .path = hearth_client_path(arena, "/models/", reproducing->twin, "")};
    if (hearth_client_run(reproducing->client, &look, &model, &ignored))
        return;
    bool is_ours = json_array_size(json_object_get(model, "versions")) <= (number ? 1 : 0);
    const char *tail =
        is_ours ? "?force=true"
                : hearth_arena_format(arena, "/versions/%lld?force=true", (long long)number);
    const struct hearth_client_call call = {
        .method = "DELETE", .path = hearth_client_path(arena, "/models/", reproducing->twin, tail)};
    if (is_ours || number)
        hearth_client_run(reproducing->client, &call, NULL, &ignored);
    json_decref(model);
}

static int reproduce(const struct reproducing *reproducing, struct hearth_error *error)
{
    json_t *version = NULL, *job = NULL, *twin = NULL;
    int rc = get(reproducing, reproducing->name, reproducing->number, &version, error);
    if (!rc)
        rc = train(reproducing, json_object_get(version, "lineage"), &job, error);
    if (!rc)
        rc = get(reproducing, reproducing->twin, hearth_json_integer(job, "version_number", 0),
                 &twin, error);
    if (!rc)
        rc = report(reproducing, version, twin, error);
    if (job)
        remove_twin(reproducing, hearth_json_integer(job, "version_number", 0));
    json_decref(version);
    json_decref(job);
    json_decref(twin);
    return rc;
}

int hearth_cli_reproduce(struct hearth_invocation *invocation, struct hearth_error *error)
{
    struct reproducing reproducing = {.invocation = invocation};
    struct hearth_reference reference;
    int rc = hearth_reference_parse(invocation->arguments[0], &reference, error);
    if (!rc && !reference.number)
        rc = hearth_error_set(error, HEARTH_EINVAL, "which version? %s:1 names the first",
                              reference.name);
    if (!rc)
        rc = hearth_client_need(invocation, &reproducing.client, error);
    if (rc)
        return rc;
    reproducing.number = reference.number;
    snprintf(reproducing.name, sizeof(reproducing.name), "%s", reference.name);
    snprintf(reproducing.twin, sizeof(reproducing.twin), "%.80s.reproduced", reference.name);
    rc = reproduce(&reproducing, error);
    hearth_client_destroy(reproducing.client);
    return rc;
}
