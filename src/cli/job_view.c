#include "cli/job_view.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/event_lines.h"
#include "cli/interrupt.h"
#include "cli/job_lines.h"
#include "cli/terminal.h"
#include "domain/job_state.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE_MAX = 64 << 10,
    BAR_WIDTH = 10,
    BAR_EVERY_MS = 100,
    LINE_EVERY_MS = 30000,
    LINE_EVERY_PERCENT = 5,
    QUIET_MS = 60000, /* the server says within 10 s that it is still there */
    AGAIN_MS = 1000,
    AGAIN_MAX = 30,
};

/* One job being followed. */
struct following {
    const struct hearth_job_view *view;
    struct hearth_event_lines lines;
    struct hearth_job_scale scale;
    struct hearth_buf text; /* a line, or the figures of the bar */
    void (*show)(struct following *following, const json_t *event);
    int64_t last_id, shown_percent;
    uint64_t shown_ms;
    bool is_bar, has_bar; /* the bar stands on the screen */
    bool is_over;
    struct hearth_error fault;
};

static void wipe_bar(struct following *following)
{
    if (following->has_bar)
        fputs("\r\033[K", stderr);
    following->has_bar = false;
}

/* What does not fit into a line is cut: a bar of two lines could not be drawn anew. */
static void draw_bar(struct following *following, const json_t *metrics)
{
    int64_t step = hearth_json_integer(metrics, "step", 0), steps = following->scale.steps;
    int filled = steps > 0 && step <= steps ? (int)(step * BAR_WIDTH / steps) : 0;
    size_t columns = hearth_terminal_columns();
    uint64_t now_ms = hearth_clock_monotonic_ms();
    if (following->has_bar && now_ms - following->shown_ms < BAR_EVERY_MS && step != steps)
        return;
    const struct hearth_job_scale scale = {.steps = steps, .is_brief = true};
    hearth_buf_clear(&following->text);
    hearth_job_figures(&following->text, metrics, &scale);
    const char *text = hearth_buf_cstr(&following->text);
    fprintf(stderr, "\r%s[", hearth_style_err(HEARTH_GREEN));
    for (int i = 0; i < BAR_WIDTH; i++)
        fputc(i < filled ? '#' : '.', stderr);
    fprintf(stderr, "]%s ", hearth_style_err(HEARTH_PLAIN));
    if (columns > BAR_WIDTH + 4)
        hearth_print_beginning(stderr, text ? text : "", columns - BAR_WIDTH - 4);
    fputs("\033[K", stderr);
    fflush(stderr);
    following->has_bar = true;
    following->shown_ms = now_ms;
}

static void print_line(FILE *out, struct following *following, const json_t *event)
{
    hearth_buf_clear(&following->text);
    hearth_job_line(&following->text, event, &following->scale);
    const char *text = hearth_buf_cstr(&following->text);
    if (!text || !*text)
        return;
    wipe_bar(following);
    hearth_print_clean(out, text);
    fputc('\n', out);
    fflush(out);
}

/* A file gets the first and the last step, those that were measured, and others now and then. */
static bool is_due(struct following *following, const json_t *metrics)
{
    int64_t step = hearth_json_integer(metrics, "step", 0), steps = following->scale.steps;
    int64_t percent = steps > 0 ? step * 100 / steps : 0;
    uint64_t now_ms = hearth_clock_monotonic_ms();
    bool is_due = following->shown_percent < 0 || step == steps ||
                  percent >= following->shown_percent + LINE_EVERY_PERCENT ||
                  now_ms - following->shown_ms >= LINE_EVERY_MS ||
                  json_is_number(json_object_get(metrics, "evaluation_loss"));
    if (is_due) {
        following->shown_percent = percent;
        following->shown_ms = now_ms;
    }
    return is_due;
}

static void show_live(struct following *following, const json_t *event)
{
    const char *type = hearth_json_text(event, "type", "");
    bool is_metrics = strcmp(type, "metrics") == 0;
    if (following->view->is_json || (following->is_bar && strcmp(type, "checkpoint") == 0))
        return;
    if (is_metrics && following->is_bar)
        draw_bar(following, event);
    else if (!is_metrics || is_due(following, event))
        print_line(stderr, following, event);
}

static void show_line(struct following *following, const json_t *event)
{
    if (!following->view->is_json) {
        print_line(stdout, following, event);
        return;
    }
    hearth_buf_clear(&following->text);
    hearth_json_dump(&following->text, event);
    const char *text = hearth_buf_cstr(&following->text);
    if (text)
        puts(text);
    fflush(stdout);
}

static void take_event(struct following *following, const json_t *event)
{
    const char *type = hearth_json_text(event, "type", "");
    int state = hearth_job_state_parse(hearth_json_text(event, "state", ""));
    following->show(following, event);
    if (strcmp(type, "state") == 0)
        following->is_over = state >= 0 && hearth_job_state_is_over((enum hearth_job_state)state);
}

/* A stream of events, or JSON by the line: both have what counts in one line. */
static int on_line(void *argument, const char *line)
{
    struct following *following = argument;
    const char *data = *line == '{' ? line : hearth_event_line_data(line);
    if (strncmp(line, "id:", 3) == 0)
        hearth_parse_int(line + 3 + (line[3] == ' '), 0, INT64_MAX, &following->last_id);
    if (!data || *data != '{')
        return 0;
    json_t *event = hearth_json_parse(data, strlen(data), NULL);
    if (!event)
        return hearth_error_set(&following->fault, HEARTH_EPARSE,
                                "the server's answer cannot be understood; is it a Hearth server?");
    take_event(following, event);
    json_decref(event);
    return 0;
}

static int on_body(void *argument, const char *bytes, size_t length)
{
    struct following *following = argument;
    return hearth_event_lines_take(&following->lines, bytes, length);
}

static bool is_canceled(void *argument)
{
    (void)argument;
    return hearth_interrupted();
}

/* One connection, from the last event on that was seen. */
static int listen_once(struct following *following, struct hearth_error *error)
{
    const struct hearth_job_view *view = following->view;
    char header[64];
    snprintf(header, sizeof(header), "Last-Event-ID: %lld", (long long)following->last_id);
    const struct hearth_client_call call = {
        .path = hearth_client_path(view->arena, "/training/jobs/", view->id, "/events"),
        .header = following->last_id ? header : NULL,
        .idle_timeout_ms = QUIET_MS,
        .on_body = on_body,
        .is_canceled = is_canceled,
        .argument = following};
    hearth_buf_clear(&following->lines.line); /* half a line of a connection that broke */
    int rc = hearth_client_run(view->client, &call, NULL, error);
    if (following->fault.code) {
        *error = following->fault;
        return error->code;
    }
    return rc;
}

/* Could it be another one's fault, which passes: the server starts anew, a cable was pulled? */
static bool may_pass(int rc)
{
    return !rc || rc == HEARTH_ENETWORK || rc == HEARTH_ETIMEOUT || rc == HEARTH_EDRAINING ||
           rc == HEARTH_EDATABASE;
}

/* Until the job is over (0), Ctrl-C (HEARTH_ECANCELED), or an error. */
static int listen(struct following *following, struct hearth_error *error)
{
    for (int tries = 0; tries < AGAIN_MAX;) {
        int64_t before = following->last_id;
        int rc = listen_once(following, error);
        if (following->is_over)
            return 0;
        if (hearth_interrupted())
            return HEARTH_ECANCELED;
        if (!may_pass(rc))
            return rc;
        tries = following->last_id > before ? 1 : tries + 1;
        usleep(AGAIN_MS * 1000);
        if (hearth_interrupted())
            return HEARTH_ECANCELED;
    }
    return hearth_error_set(
        error, HEARTH_ENETWORK,
        "the server says nothing of the job any more; what it has saved goes on "
        "when the server does (hearth jobs %s)",
        following->view->id);
}

int hearth_job_view_cancel(const struct hearth_job_view *view, struct hearth_error *error)
{
    const struct hearth_client_call call = {
        .method = "POST",
        .path = hearth_client_path(view->arena, "/training/jobs/", view->id, "/cancel")};
    return hearth_client_run(view->client, &call, NULL, error);
}

enum wish { WATCH, CANCEL, DETACH };

/* Ctrl-C at the question, or an end of the input, leaves the job alone. */
static enum wish ask(void)
{
    char answer[80];
    for (;;) {
        fputs("\nCancel the job? yes, no (watch on), or detach (it goes on without you): ", stderr);
        fflush(stderr);
        bool may_read = hearth_interrupt_wait(STDIN_FILENO);
        ssize_t length = may_read ? read(STDIN_FILENO, answer, sizeof(answer) - 1) : 0;
        if (length <= 0)
            return DETACH;
        if (answer[0] == 'y' || answer[0] == 'Y')
            return CANCEL;
        if (answer[0] == 'n' || answer[0] == 'N')
            return WATCH;
        if (answer[0] == 'd' || answer[0] == 'D')
            return DETACH;
    }
}

static void tell_detached(const char *id)
{
    fprintf(stderr,
            "\nDetached: the job goes on. hearth logs %s -f shows it again, hearth cancel %s ends "
            "it.\n",
            id, id);
}

/* What Ctrl-C asks for; `ret_goes_on`: the job is followed further. */
static int on_interrupt(struct following *following, bool *ret_goes_on, struct hearth_error *error)
{
    const struct hearth_job_view *view = following->view;
    bool may_ask = !view->is_json && isatty(STDIN_FILENO) && hearth_terminal_err();
    hearth_interrupt_forget();
    enum wish wish = may_ask ? ask() : DETACH;
    bool again = hearth_interrupted();
    hearth_interrupt_forget();
    following->has_bar = false;
    *ret_goes_on = wish != DETACH;
    if (wish == DETACH) {
        tell_detached(view->id);
        return may_ask && !again ? 0 : HEARTH_ECANCELED;
    }
    if (wish == WATCH)
        return 0;
    fputs("Cancelling the job…\n", stderr);
    int rc = hearth_job_view_cancel(view, error);
    return rc == HEARTH_ECONFLICT ? 0 : rc; /* it has ended meanwhile */
}

static void begin(struct following *following, const struct hearth_job_view *view,
                  void (*show)(struct following *following, const json_t *event))
{
    *following = (struct following){
        .view = view, .show = show, .shown_percent = -1, .is_bar = hearth_terminal_err()};
    hearth_event_lines_init(&following->lines, on_line, following);
    hearth_buf_init(&following->text, LINE_MAX);
    hearth_interrupt_watch();
}

static void finish(struct following *following)
{
    if (following->has_bar)
        fputc('\n', stderr);
    hearth_event_lines_finish(&following->lines);
    hearth_buf_finish(&following->text);
}

int hearth_job_view_follow(const struct hearth_job_view *view, enum hearth_job_view_end *ret_end,
                           struct hearth_error *error)
{
    struct following following;
    bool goes_on = true;
    int rc;
    begin(&following, view, show_live);
    while ((rc = listen(&following, error)) == HEARTH_ECANCELED && hearth_interrupted()) {
        rc = on_interrupt(&following, &goes_on, error);
        if (rc || !goes_on)
            break;
    }
    *ret_end = goes_on ? HEARTH_JOB_VIEW_OVER : HEARTH_JOB_VIEW_DETACHED;
    if (rc == HEARTH_ECANCELED && !goes_on)
        error->message[0] = '\0'; /* all is said */
    finish(&following);
    return rc;
}

int hearth_job_view_lines(const struct hearth_job_view *view, bool follows,
                          struct hearth_error *error)
{
    struct following following;
    begin(&following, view, show_line);
    const struct hearth_client_call call = {
        .path = hearth_client_path(view->arena, "/training/jobs/", view->id, "/logs?format=json"),
        .on_body = on_body,
        .is_canceled = is_canceled,
        .argument = &following};
    int rc =
        follows ? listen(&following, error) : hearth_client_run(view->client, &call, NULL, error);
    if (rc == HEARTH_ECANCELED)
        error->message[0] = '\0';
    finish(&following);
    return rc;
}

/* A failed job fails the command, in its words and with its status. */
static int judge(const json_t *job, struct hearth_error *error)
{
    const char *state = hearth_json_text(job, "state", "");
    const json_t *fault = json_object_get(job, "error");
    const struct hearth_error_row *row =
        hearth_error_row_by_code(hearth_json_text(fault, "code", ""));
    if (strcmp(state, "cancelled") == 0)
        return hearth_error_set(error, HEARTH_ECANCELED, "the job was cancelled");
    if (strcmp(state, "failed") == 0)
        return hearth_error_set(error, row ? row->number : HEARTH_EINTERNAL, "the job failed: %s",
                                hearth_json_text(fault, "message", "it did not say why"));
    return 0;
}

int hearth_job_view_result(const struct hearth_job_view *view, json_t **ret_job,
                           struct hearth_error *error)
{
    enum hearth_job_view_end end;
    const struct hearth_client_call call = {
        .path = hearth_client_path(view->arena, "/training/jobs/", view->id, "")};
    *ret_job = NULL;
    int rc = hearth_job_view_follow(view, &end, error);
    if (rc || end == HEARTH_JOB_VIEW_DETACHED)
        return rc;
    rc = hearth_client_run(view->client, &call, ret_job, error);
    if (rc)
        return rc;
    rc = judge(*ret_job, error);
    if (rc) {
        json_decref(*ret_job);
        *ret_job = NULL;
    }
    return rc;
}
