#include "jobs/job_samples.h"

#include "base/memory.h"
#include "jobs/jobs_private.h"
#include "loop/pool.h"
#include "loop/process_usage.h"
#include "serving/scheduler.h"

#include <stdio.h>
#include <string.h>

struct trainer_size {
    char job[40];
    pid_t pid;
    uint64_t bytes;
};

/* The lane's, until it is done. */
struct measurement {
    struct hearth_jobs *jobs;
    struct hearth_machine_climate climate;
    struct trainer_size *sizes;
    size_t count;
};

static void measure(void *argument)
{
    struct measurement *measurement = argument;
    hearth_machine_climate_read(&measurement->climate);
    for (size_t i = 0; i < measurement->count; i++) {
        struct hearth_process_usage usage;
        hearth_process_usage(measurement->sizes[i].pid, &usage);
        measurement->sizes[i].bytes = usage.memory_bytes;
    }
}

static void take(struct hearth_jobs *jobs, const struct trainer_size *size)
{
    struct hearth_training_job *job = hearth_jobs_find(jobs, size->job);
    if (job && job->attempt && hearth_job_attempt_pid(job->attempt) == size->pid)
        job->taken_bytes = size->bytes;
}

static void measured(void *argument, bool dropped)
{
    struct measurement *measurement = argument;
    struct hearth_jobs *jobs = measurement->jobs;
    jobs->is_measuring = false;
    for (size_t i = 0; !dropped && i < measurement->count; i++)
        take(jobs, &measurement->sizes[i]);
    if (!dropped) {
        jobs->climate = measurement->climate;
        hearth_jobs_promise(jobs);
    }
    hearth_free(measurement->sizes);
    hearth_free(measurement);
}

static size_t running(const struct hearth_jobs *jobs)
{
    size_t count = 0;
    for (const struct hearth_training_job *job = jobs->first; job; job = job->next)
        count += job->attempt != NULL;
    return count;
}

static void list(const struct hearth_jobs *jobs, struct measurement *measurement)
{
    for (const struct hearth_training_job *job = jobs->first; job; job = job->next) {
        struct trainer_size *size = &measurement->sizes[measurement->count];
        if (!job->attempt || !hearth_job_attempt_pid(job->attempt))
            continue;
        size->pid = hearth_job_attempt_pid(job->attempt);
        snprintf(size->job, sizeof(size->job), "%s", job->id);
        measurement->count++;
    }
}

void hearth_jobs_sample(struct hearth_jobs *jobs)
{
    size_t count = running(jobs);
    if (!count || jobs->is_measuring || jobs->is_stopped)
        return;
    struct measurement *measurement = hearth_calloc(1, sizeof(*measurement));
    measurement->jobs = jobs;
    measurement->sizes = hearth_calloc(count, sizeof(*measurement->sizes));
    list(jobs, measurement);
    jobs->is_measuring =
        hearth_lane_submit(jobs->climate_lane, measure, measured, measurement) == 0;
    if (jobs->is_measuring)
        return;
    hearth_free(measurement->sizes);
    hearth_free(measurement);
}

struct hearth_jobs_memory hearth_jobs_memory(const struct hearth_jobs *jobs)
{
    struct hearth_jobs_memory memory = {0};
    for (const struct hearth_training_job *job = jobs->first; job; job = job->next) {
        uint64_t planned = hearth_job_facts_planned(job->facts), taken = job->taken_bytes;
        if (!job->attempt)
            continue;
        memory.promised += planned > taken ? planned - taken : 0;
        memory.held += planned > taken ? planned : taken;
    }
    return memory;
}

void hearth_jobs_promise(const struct hearth_jobs *jobs)
{
    /* Once the server stops, no model is loaded any more, and the scheduler goes before the jobs.
     */
    if (!jobs->is_stopped)
        hearth_scheduler_reserve(jobs->work.scheduler, hearth_jobs_memory(jobs).promised);
}
