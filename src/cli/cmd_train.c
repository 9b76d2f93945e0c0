/* train: asks for a training job, and watches it. */
#include "base/error.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/data_reference.h"
#include "cli/job_lines.h"
#include "cli/job_view.h"
#include "cli/print_json.h"
#include "cli/terminal.h"
#include "domain/training_parameters.h"

#include <stdio.h>
#include <string.h>

/* Reading the data and the base takes as long as they are large. */
enum { ASKING_MS = 60 * 60 * 1000, LINE_MAX = 4096 };

/* "BASE-DATA", where nothing else was said; a version of the base is left out. */
static const char *default_name(struct hearth_arena *arena, const char *base, const json_t *dataset)
{
    const char *name = hearth_arena_format(arena, "%.*s-%.60s", (int)strcspn(base, ":@"), base,
                                           hearth_json_text(dataset, "name", "data"));
    return name && hearth_model_name_valid(name) ? name : hearth_json_text(dataset, "name", "data");
}

static int add_evaluation(struct hearth_invocation *invocation, struct hearth_client *client,
                          json_t *body, struct hearth_error *error)
{
    const char *word = hearth_invocation_option(invocation, "eval");
    json_t *dataset;
    if (!word)
        return 0;
    int rc = hearth_data_find(client, invocation->arena, word, &dataset, error);
    if (rc)
        return rc;
    json_object_set(body, "evaluation_dataset_id", json_object_get(dataset, "id"));
    json_decref(dataset);
    return 0;
}

/* "q_proj,v_proj" is the list of both. */
static json_t *split(const char *text)
{
    json_t *list = json_array();
    for (size_t length; *text; text += length + (text[length] == ',')) {
        length = strcspn(text, ",");
        json_array_append_new(list, json_stringn(text, length));
    }
    return list;
}

static int read_parameters(const struct hearth_invocation *invocation, json_t **ret_parameters,
                           struct hearth_error *error)
{
    int rc = hearth_invocation_pairs(invocation, "set", true, ret_parameters, error);
    if (rc)
        return rc;
    for (const struct hearth_training_parameter *row = hearth_training_parameters_table; row->key;
         row++) {
        const char *text = json_string_value(json_object_get(*ret_parameters, row->key));
        if (text && row->kind == HEARTH_PARAMETER_SET)
            json_object_set_new(*ret_parameters, row->key, split(text));
    }
    return 0;
}

/* What POST /training/jobs is sent. */
static int make_body(struct hearth_invocation *invocation, struct hearth_client *client,
                     json_t **ret_body, struct hearth_error *error)
{
    const char *base = invocation->arguments[0];
    const char *name = hearth_invocation_option(invocation, "name");
    json_t *parameters, *dataset;
    int rc = read_parameters(invocation, &parameters, error);
    if (rc)
        return rc;
    rc = hearth_data_find(client, invocation->arena, invocation->arguments[1], &dataset, error);
    if (rc) {
        json_decref(parameters);
        return rc;
    }
    json_t *body =
        json_pack("{s:s, s:s, s:O, s:o}", "model",
                  name ? name : default_name(invocation->arena, base, dataset), "base_model", base,
                  "dataset_id", json_object_get(dataset, "id"), "parameters", parameters);
    json_decref(dataset);
    if (!body)
        return hearth_error_set(error, HEARTH_EINVAL, "the names must be UTF-8");
    if (hearth_invocation_option(invocation, "dry-run"))
        json_object_set_new(body, "dry_run", json_true());
    rc = add_evaluation(invocation, client, body, error);
    if (rc)
        json_decref(body);
    else
        *ret_body = body;
    return rc;
}

/* The preview of a dry run: what is learnt stands out, by its colour or between «». */

static void print_piece(const json_t *piece)
{
    bool counts = hearth_json_truth(piece, "counts", false);
    bool has_colours = *hearth_style(HEARTH_GREEN) != '\0';
    fputs(has_colours ? hearth_style(counts ? HEARTH_GREEN : HEARTH_DIM)
          : counts    ? "«"
                      : "",
          stdout);
    hearth_print_clean(stdout, hearth_json_text(piece, "text", ""));
    fputs(has_colours ? hearth_style(HEARTH_PLAIN) : counts ? "»" : "", stdout);
}

static void print_rows(const json_t *rows)
{
    const json_t *row, *piece;
    size_t i, k;
    json_array_foreach(rows, i, row)
    {
        printf("\n%srow %zu%s\n", hearth_style(HEARTH_BOLD), i + 1, hearth_style(HEARTH_PLAIN));
        json_array_foreach(json_object_get(row, "pieces"), k, piece)
        {
            print_piece(piece);
        }
        long long cut = (long long)hearth_json_integer(row, "cut_tokens", 0);
        if (cut > 0)
            printf("%s … and %lld tokens more%s", hearth_style(HEARTH_DIM), cut,
                   hearth_style(HEARTH_PLAIN));
        putchar('\n');
    }
}

static void print_lengths(const json_t *lengths)
{
    char text[160];
    if (!json_is_object(lengths))
        return;
    snprintf(text, sizeof(text), "%lld to %lld tokens; half have %lld at most, 95 %% %lld",
             (long long)hearth_json_integer(lengths, "min", 0),
             (long long)hearth_json_integer(lengths, "max", 0),
             (long long)hearth_json_integer(lengths, "median", 0),
             (long long)hearth_json_integer(lengths, "p95", 0));
    hearth_print_field("row lengths", text);
}

static void print_preview(const json_t *answer)
{
    const json_t *plan = json_object_get(answer, "plan");
    const json_t *preview = json_object_get(answer, "preview");
    struct hearth_job_scale scale = {.steps = 0};
    struct hearth_buf line;
    hearth_buf_init(&line, LINE_MAX);
    json_t *event = json_is_object(plan) ? json_copy((json_t *)plan) : json_object();
    json_object_set_new(event, "type", json_string("plan"));
    hearth_job_line(&line, event, &scale);
    json_decref(event);
    const char *text = hearth_buf_cstr(&line);
    hearth_print_clean(stdout, text ? text : "");
    putchar('\n');
    hearth_buf_finish(&line);
    preview = json_is_object(preview) ? preview : answer;
    print_lengths(json_object_get(preview, "tokens"));
    print_rows(json_object_get(preview, "rows"));
}

/* What came of a job that is over. */

static void print_result(const json_t *job, const char *home)
{
    const char *version = hearth_json_text(job, "version", "");
    char text[64];
    if (!*version)
        return;
    printf("%s%s%s is trained and can be asked: hearth run %s\n", hearth_style(HEARTH_BOLD),
           version, hearth_style(HEARTH_PLAIN), version);
    const json_t *loss = json_object_get(job, "loss");
    const json_t *evaluation = json_object_get(job, "evaluation_loss");
    snprintf(text, sizeof(text), "%.4g", json_number_value(loss));
    hearth_print_field("loss", json_is_number(loss) ? text : "");
    snprintf(text, sizeof(text), "%.4g", json_number_value(evaluation));
    hearth_print_field("evaluation", json_is_number(evaluation) ? text : "");
    hearth_print_place("artifacts", hearth_json_text(job, "artifact_path", ""), home);
}

static int watch(struct hearth_invocation *invocation, struct hearth_client *client, const char *id,
                 struct hearth_error *error)
{
    const struct hearth_job_view view = {
        .client = client, .arena = invocation->arena, .id = id, .is_json = invocation->json};
    json_t *job;
    int rc = hearth_job_view_result(&view, &job, error);
    if (rc || !job)
        return rc;
    if (invocation->json)
        return hearth_print_json(job, error);
    print_result(job, invocation->settings->home);
    json_decref(job);
    return 0;
}

static int begin(struct hearth_invocation *invocation, struct hearth_client *client, json_t *job,
                 struct hearth_error *error)
{
    const char *id = hearth_arena_strdup(invocation->arena, hearth_json_text(job, "id", ""));
    bool detaches = hearth_invocation_option(invocation, "detach");
    if (detaches && invocation->json)
        return hearth_print_json(job, error);
    json_decref(job);
    if (!id || !*id)
        return hearth_error_set(error, HEARTH_EPARSE, "the server's answer names no job");
    if (!invocation->json)
        fprintf(detaches ? stdout : stderr, "job %s\n", id);
    if (detaches) {
        printf("hearth logs %s -f shows it, hearth cancel %s ends it.\n", id, id);
        return 0;
    }
    return watch(invocation, client, id, error);
}

static int train(struct hearth_invocation *invocation, struct hearth_client *client,
                 struct hearth_error *error)
{
    json_t *body = NULL, *answer = NULL;
    int rc = make_body(invocation, client, &body, error);
    if (rc)
        return rc;
    const struct hearth_client_call call = {
        .method = "POST", .path = "/training/jobs", .body = body, .idle_timeout_ms = ASKING_MS};
    rc = hearth_client_run(client, &call, &answer, error);
    json_decref(body);
    if (rc)
        return rc;
    if (!hearth_invocation_option(invocation, "dry-run"))
        return begin(invocation, client, answer, error);
    if (invocation->json)
        return hearth_print_json(answer, error);
    print_preview(answer);
    json_decref(answer);
    return 0;
}

int hearth_cli_train(struct hearth_invocation *invocation, struct hearth_error *error)
{
    struct hearth_client *client;
    int rc = hearth_client_need(invocation, &client, error);
    if (rc)
        return rc;
    rc = train(invocation, client, error);
    hearth_client_destroy(client);
    return rc;
}
