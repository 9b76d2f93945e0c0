/* What a job needs of a running server to do its work. Everything outlives the jobs. */
#ifndef HEARTH_JOBS_JOB_WORK_H
#define HEARTH_JOBS_JOB_WORK_H

struct hearth_catalog;
struct hearth_home;
struct hearth_lane;
struct hearth_loop;
struct hearth_registry;
struct hearth_scheduler;
struct hearth_settings;
struct hearth_store;

struct hearth_job_work {
    struct hearth_loop *loop;
    struct hearth_lane *lane; /* for what blocks: files are looked for, copied, deleted */
    struct hearth_store *store;
    struct hearth_registry *registry;
    struct hearth_catalog *catalog;
    struct hearth_scheduler *scheduler;
    const struct hearth_settings *settings;
    const struct hearth_home *home;
    const char *directory; /* where the folders of jobs lie, absolute */
};

#endif
