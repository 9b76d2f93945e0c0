/* One job that is not over, and what jobs.c (all of them, their turns), job_life.c (the life of
 * one), job_save.c (the store) and job_submit.c have to do with it. Private to src/jobs. */
#ifndef HEARTH_JOBS_JOBS_PRIVATE_H
#define HEARTH_JOBS_JOBS_PRIVATE_H

#include "domain/job_policy.h"
#include "jobs/job_attempt.h"
#include "jobs/job_log.h"
#include "jobs/job_room.h"
#include "jobs/job_work.h"
#include "jobs/jobs.h"
#include "loop/machine_climate.h"

struct hearth_submission;

struct hearth_training_job {
    struct hearth_jobs *all;
    struct hearth_training_job *next;
    char id[40];
    const char *principal;
    json_t *facts;
    enum hearth_job_state state;
    int64_t created_ms, revision;
    bool is_saving, is_dirty; /* the store has it; it has changed meanwhile */
    bool is_cancelled;        /* somebody asks for its end */
    bool is_paused;           /* somebody wants it to wait; its process may still be ending */
    struct hearth_job_log *log;
    struct hearth_job_attempt *attempt; /* NULL: it does not run */
    uint64_t taken_bytes;               /* of memory, by its trainer; measured */
    struct hearth_job_watch watch;
    struct hearth_job_rest rest;
    bool epoch_over;
    double epoch;
    uint64_t not_before_ms; /* the loop's clock */
};

struct hearth_jobs {
    struct hearth_job_work work;
    char *directory, *owner; /* owner: whose jobs we run (job_owner.h) */
    struct hearth_timer *tick;
    struct hearth_job_logs *logs;
    const struct hearth_track_listener *track;
    struct hearth_training_job *first; /* in the order in which they were asked for */
    struct hearth_submission *submissions;
    struct hearth_job_room_seek *seek;   /* room for: */
    struct hearth_training_job *seeking; /* whose turn it is; or NULL */
    uint64_t room_again_ms;              /* the loop's clock: there was none; not asked before */
    json_t *environment, *described;     /* for lineages; described: the lane's, until it is done */
    struct hearth_machine_climate climate;
    struct hearth_lane *climate_lane;
    bool is_measuring;
    unsigned away; /* pieces of work on the store or a lane */
    bool is_started, is_recovering, is_looking, is_stopped;
    uint64_t wishes_again_ms; /* the loop's clock */
};

/* jobs.c */
struct hearth_training_job *hearth_jobs_find(const struct hearth_jobs *jobs, const char *id);
/* Takes in one from its record, as it stands there. */
struct hearth_training_job *hearth_jobs_adopt(struct hearth_jobs *jobs,
                                              const struct hearth_record *record);
/* It is not begun any more, if it was about to be. */
void hearth_jobs_forget_turn(struct hearth_training_job *job);
/* It is over, and the store knows. */
void hearth_jobs_release(struct hearth_training_job *job);
/* Begins what may begin; soon, and not from within. */
void hearth_jobs_go_on(struct hearth_jobs *jobs);

/* job_life.c */
void hearth_job_move(struct hearth_training_job *job, enum hearth_job_state state);
void hearth_job_begin(struct hearth_training_job *job);
/* It cannot be run, and is failed without an attempt. */
void hearth_job_refuse(struct hearth_training_job *job, const struct hearth_error *error);
/* Its attempt was the last server's, which is gone. */
void hearth_job_recover(struct hearth_training_job *job);
void hearth_job_look(struct hearth_training_job *job); /* each tick: limits, rests */

/* job_save.c */
void hearth_job_save(struct hearth_training_job *job);

/* job_submit.c */
void hearth_submissions_stop(struct hearth_jobs *jobs);

#endif
