/* A table, as in metrics_models.c: all rows of one metric stand together. */
#include "routes/admin/metrics_training.h"

#include "base/json.h"
#include "jobs/jobs.h"

#include <string.h>

struct visit {
    struct hearth_buf *buf;
    const char *metric, *key;
    enum hearth_job_state state;
    size_t count;
};

static void count_state(void *argument, enum hearth_job_state state, const json_t *facts)
{
    struct visit *visit = argument;
    (void)facts;
    visit->count += state == visit->state;
}

static void write_states(struct hearth_buf *buf, const struct hearth_jobs *jobs)
{
    hearth_buf_text(buf, "# HELP hearth_training_jobs Training jobs that are not over.\n"
                         "# TYPE hearth_training_jobs gauge\n");
    for (int i = 0; i < HEARTH_JOB_STATES; i++) {
        struct visit visit = {.state = (enum hearth_job_state)i};
        if (hearth_job_state_is_over(visit.state))
            continue;
        hearth_jobs_each(jobs, count_state, &visit);
        hearth_buf_printf(buf, "hearth_training_jobs{state=\"%s\"} %zu\n",
                          hearth_job_state_name(visit.state), visit.count);
    }
}

/* Ids are ours and model names have letters that need no escape. */
static void write_value(void *argument, enum hearth_job_state state, const json_t *facts)
{
    struct visit *visit = argument;
    const json_t *value = json_object_get(facts, visit->key);
    if (state != HEARTH_JOB_RUNNING || !json_is_number(value))
        return;
    hearth_buf_printf(visit->buf, "%s{job=\"%s\",model=\"%s\"} ", visit->metric,
                      hearth_json_text(facts, "id", ""), hearth_json_text(facts, "model", ""));
    hearth_json_write_double(visit->buf, json_number_value(value));
    hearth_buf_char(visit->buf, '\n');
}

void hearth_metrics_write_training(const struct hearth_jobs *jobs, struct hearth_buf *buf)
{
    static const struct {
        const char *name, *key, *help;
    } metrics[] = {
        {"hearth_training_step", "step", "Steps that a running job has done."},
        {"hearth_training_steps", "steps", "Steps that a running job has in all."},
        {"hearth_training_loss", "loss", "Loss of a running job's last step."},
        {"hearth_training_tokens_per_second", "tokens_per_second",
         "Tokens that a running job learns in a second."},
        {"hearth_training_memory_bytes", "memory_bytes",
         "The most memory that a running job's process has had."},
    };
    if (!jobs)
        return;
    write_states(buf, jobs);
    for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
        struct visit visit = {.buf = buf, .metric = metrics[i].name, .key = metrics[i].key};
        hearth_buf_printf(buf, "# HELP %s %s\n# TYPE %s gauge\n", metrics[i].name, metrics[i].help,
                          metrics[i].name);
        hearth_jobs_each(jobs, write_value, &visit);
    }
}
