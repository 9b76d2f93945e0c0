#include "cli/job_lines.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

void hearth_job_time_text(double seconds, char ret_text[24])
{
    if (!(seconds >= 0 && seconds < 1e9)) {
        snprintf(ret_text, 24, "?");
        return;
    }
    long long whole = (long long)(seconds + 0.5);
    if (whole < 60)
        snprintf(ret_text, 24, "%llds", whole);
    else if (whole < 3600)
        snprintf(ret_text, 24, "%lldm %02llds", whole / 60, whole % 60);
    else
        snprintf(ret_text, 24, "%lldh %02lldm", whole / 3600, whole % 3600 / 60);
}

static bool has(const json_t *event, const char *key)
{
    return json_is_number(json_object_get(event, key));
}

void hearth_job_figures(struct hearth_buf *buf, const json_t *metrics,
                        const struct hearth_job_scale *scale)
{
    char text[24];
    hearth_buf_printf(buf, "step %lld", (long long)hearth_json_integer(metrics, "step", 0));
    if (scale->steps)
        hearth_buf_printf(buf, " of %lld", (long long)scale->steps);
    if (has(metrics, "epoch") && !scale->is_brief)
        hearth_buf_printf(buf, ", epoch %.2f", hearth_json_number(metrics, "epoch", 0));
    if (has(metrics, "loss"))
        hearth_buf_printf(buf, ", loss %.4g", hearth_json_number(metrics, "loss", 0));
    if (has(metrics, "evaluation_loss"))
        hearth_buf_printf(buf, ", evaluation %.4g",
                          hearth_json_number(metrics, "evaluation_loss", 0));
    if (has(metrics, "learning_rate"))
        hearth_buf_printf(buf, ", rate %.2g", hearth_json_number(metrics, "learning_rate", 0));
    if (has(metrics, "tokens_per_second"))
        hearth_buf_printf(buf, ", %.0f tokens/s",
                          hearth_json_number(metrics, "tokens_per_second", 0));
    if (has(metrics, "eta_seconds")) {
        hearth_job_time_text(hearth_json_number(metrics, "eta_seconds", -1), text);
        hearth_buf_printf(buf, ", %s left", text);
    }
    if (has(metrics, "memory_bytes")) {
        hearth_size_text((uint64_t)hearth_json_number(metrics, "memory_bytes", 0), text);
        hearth_buf_printf(buf, ", %s", text);
    }
}

static void write_plan(struct hearth_buf *buf, const json_t *plan)
{
    static const struct {
        const char *key, *what;
    } counts[] = {{"cut", "cut"}, {"dropped", "left out"}, {"faulty", "faulty"}};
    char size[16];
    hearth_size_text((uint64_t)hearth_json_number(plan, "memory_bytes", 0), size);
    hearth_buf_printf(buf, "plan: %lld steps over %lld rows of %lld tokens (%lld learnt), %s",
                      (long long)hearth_json_integer(plan, "steps", 0),
                      (long long)hearth_json_integer(plan, "rows", 0),
                      (long long)hearth_json_integer(plan, "tokens", 0),
                      (long long)hearth_json_integer(plan, "learnt_tokens", 0), size);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        json_int_t count = hearth_json_integer(plan, counts[i].key, 0);
        if (count)
            hearth_buf_printf(buf, "; %lld %s", (long long)count, counts[i].what);
    }
}

static void write_state(struct hearth_buf *buf, const json_t *event)
{
    const json_t *error = json_object_get(event, "error");
    hearth_buf_text(buf, hearth_json_text(event, "state", "?"));
    const char *message = hearth_json_text(error, "message", "");
    if (*message) {
        hearth_buf_text(buf, ": ");
        hearth_buf_text(buf, message);
    }
}

void hearth_job_line(struct hearth_buf *buf, const json_t *event, struct hearth_job_scale *scale)
{
    const char *type = hearth_json_text(event, "type", "");
    if (strcmp(type, "plan") == 0) {
        scale->steps = hearth_json_integer(event, "steps", scale->steps);
        write_plan(buf, event);
    } else if (strcmp(type, "metrics") == 0) {
        hearth_job_figures(buf, event, scale);
    } else if (strcmp(type, "checkpoint") == 0) {
        hearth_buf_printf(buf, "checkpoint at step %lld",
                          (long long)hearth_json_integer(event, "step", 0));
    } else if (strcmp(type, "state") == 0) {
        write_state(buf, event);
    } else if (strcmp(type, "log") == 0) {
        hearth_buf_printf(buf, "%s: ", hearth_json_text(event, "level", "info"));
        hearth_buf_text(buf, hearth_json_text(event, "message", ""));
    }
}
