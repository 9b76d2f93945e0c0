/* jobs, logs, cancel, pause, resume: training jobs of a server. */
#include "base/error.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/job_lines.h"
#include "cli/job_view.h"
#include "cli/print_json.h"
#include "cli/terminal.h"

#include <stdio.h>

enum { COLUMNS = 7 };

/* An answer about the job that the first argument names. */
static int ask(struct hearth_invocation *invocation, const char *method, const char *tail,
               json_t **ret_job, struct hearth_error *error)
{
    struct hearth_client *client;
    int rc = hearth_client_need(invocation, &client, error);
    if (rc)
        return rc;
    const struct hearth_client_call call = {
        .method = method,
        .path = hearth_client_path(invocation->arena, "/training/jobs/", invocation->arguments[0],
                                   tail)};
    rc = hearth_client_run(client, &call, ret_job, error);
    hearth_client_destroy(client);
    return rc;
}

static const char *number_text(struct hearth_arena *arena, const json_t *job, const char *key)
{
    const json_t *value = json_object_get(job, key);
    return json_is_number(value) ? hearth_arena_format(arena, "%.4g", json_number_value(value))
                                 : "-";
}

static void fill_row(struct hearth_arena *arena, const json_t *job, const char **row)
{
    char left[24] = "-";
    const json_t *eta = json_object_get(job, "eta_seconds");
    const char *version = hearth_json_text(job, "version", NULL);
    if (json_is_number(eta))
        hearth_job_time_text(json_number_value(eta), left);
    row[0] = hearth_json_text(job, "id", "?");
    row[1] = hearth_json_text(job, "state", "?");
    row[2] = version ? version : hearth_json_text(job, "model", "?");
    row[3] = hearth_json_text(job, "base_model", "?");
    row[4] = hearth_arena_format(arena, "%lld/%lld", (long long)hearth_json_integer(job, "step", 0),
                                 (long long)hearth_json_integer(job, "steps", 0));
    row[5] = number_text(arena, job, "loss");
    row[6] = hearth_arena_strdup(arena, left);
}

static int print_list(struct hearth_arena *arena, const json_t *answer, struct hearth_error *error)
{
    static const char *const head[COLUMNS] = {"JOB",  "STATE", "MODEL", "BASE",
                                              "STEP", "LOSS",  "LEFT"};
    const json_t *jobs = json_object_get(answer, "jobs");
    const struct hearth_item_table table = {.head = head,
                                            .columns = COLUMNS,
                                            .fill_row = fill_row,
                                            .none = "There are no training jobs."};
    json_int_t left = hearth_json_integer(answer, "total", 0) - (json_int_t)json_array_size(jobs);
    int rc = hearth_print_items(arena, jobs, &table, error);
    if (!rc && left > 0)
        printf("… and %lld more\n", (long long)left);
    return rc;
}

static void write_value(struct hearth_buf *buf, const json_t *value)
{
    const json_t *item;
    size_t index;
    if (json_is_number(value))
        hearth_buf_printf(buf, "%.6g", json_number_value(value));
    else if (json_is_string(value))
        hearth_buf_text(buf, json_string_value(value));
    else if (json_is_boolean(value))
        hearth_buf_text(buf, json_is_true(value) ? "true" : "false");
    json_array_foreach(value, index, item)
    {
        hearth_buf_text(buf, index ? "," : "");
        write_value(buf, item);
    }
}

/* As --set takes them. */
static void print_parameters(json_t *parameters)
{
    struct hearth_buf text;
    const char *key;
    json_t *value;
    hearth_buf_init(&text, 1 << 16);
    json_object_foreach(parameters, key, value)
    {
        hearth_buf_printf(&text, "%s%s=", text.length ? " " : "", key);
        write_value(&text, value);
    }
    hearth_print_field("parameters", text.length ? hearth_buf_cstr(&text) : "");
    hearth_buf_finish(&text);
}

static void print_job(const json_t *job, const char *home)
{
    static const struct {
        const char *label, *key;
    } fields[] = {
        {"model", "model"},        {"version", "version"},      {"base", "base_model"},
        {"data", "dataset_id"},    {"resting", "resting"},      {"created", "created_at"},
        {"started", "started_at"}, {"finished", "finished_at"},
    };
    struct hearth_job_scale scale = {.steps = hearth_json_integer(job, "steps", 0)};
    struct hearth_buf figures;
    printf("%s%s%s  %s\n", hearth_style(HEARTH_BOLD), hearth_json_text(job, "id", "?"),
           hearth_style(HEARTH_PLAIN), hearth_json_text(job, "state", "?"));
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        hearth_print_field(fields[i].label, hearth_json_text(job, fields[i].key, ""));
    hearth_print_place("artifacts", hearth_json_text(job, "artifact_path", ""), home);
    hearth_buf_init(&figures, 4096);
    hearth_job_figures(&figures, job, &scale);
    hearth_print_field("progress", scale.steps ? hearth_buf_cstr(&figures) : "");
    hearth_buf_finish(&figures);
    print_parameters(json_object_get(job, "parameters"));
    hearth_print_field("error", hearth_json_text(json_object_get(job, "error"), "message", ""));
}

static int print_one(const struct hearth_invocation *invocation, json_t *job,
                     struct hearth_error *error)
{
    if (invocation->json)
        return hearth_print_json(job, error);
    print_job(job, invocation->settings->home);
    json_decref(job);
    return 0;
}

static int list(struct hearth_invocation *invocation, struct hearth_error *error)
{
    const char *state = hearth_invocation_option(invocation, "state");
    json_t *answer;
    const struct hearth_client_call call = {
        .path = state ? hearth_client_path(invocation->arena,
                                           "/training/jobs?limit=500&state=", state, "")
                      : "/training/jobs?limit=500"};
    int rc = hearth_client_ask(invocation, &call, &answer, error);
    if (rc)
        return rc;
    if (invocation->json)
        return hearth_print_json(answer, error);
    rc = print_list(invocation->arena, answer, error);
    json_decref(answer);
    return rc;
}

int hearth_cli_jobs(struct hearth_invocation *invocation, struct hearth_error *error)
{
    json_t *job;
    if (!invocation->argument_count)
        return list(invocation, error);
    int rc = ask(invocation, NULL, "", &job, error);
    return rc ? rc : print_one(invocation, job, error);
}

int hearth_cli_logs(struct hearth_invocation *invocation, struct hearth_error *error)
{
    struct hearth_client *client;
    int rc = hearth_client_need(invocation, &client, error);
    if (rc)
        return rc;
    const struct hearth_job_view view = {.client = client,
                                         .arena = invocation->arena,
                                         .id = invocation->arguments[0],
                                         .is_json = invocation->json};
    rc = hearth_job_view_lines(&view, hearth_invocation_option(invocation, "follow"), error);
    hearth_client_destroy(client);
    return rc;
}

static int change(struct hearth_invocation *invocation, const char *tail,
                  struct hearth_error *error)
{
    json_t *job;
    int rc = ask(invocation, "POST", tail, &job, error);
    if (rc)
        return rc;
    if (invocation->json)
        return hearth_print_json(job, error);
    printf("%s is %s\n", hearth_json_text(job, "id", invocation->arguments[0]),
           hearth_json_text(job, "state", "?"));
    json_decref(job);
    return 0;
}

int hearth_cli_cancel(struct hearth_invocation *invocation, struct hearth_error *error)
{
    return change(invocation, "/cancel", error);
}

int hearth_cli_pause(struct hearth_invocation *invocation, struct hearth_error *error)
{
    return change(invocation, "/pause", error);
}

int hearth_cli_resume(struct hearth_invocation *invocation, struct hearth_error *error)
{
    return change(invocation, "/resume", error);
}
