#include "jobs/job_room.h"

#include "base/error.h"
#include "base/memory.h"
#include "config/settings.h"
#include "jobs/job_samples.h"
#include "jobs/jobs_private.h"
#include "serving/machine_look.h"
#include "serving/scheduler.h"

#include <string.h>

struct hearth_job_room_seek {
    struct hearth_jobs *jobs;
    uint64_t needs;
    bool evicts, has_evicted, is_cancelled;
    hearth_on_room *on_room;
    void *argument;
    struct hearth_machine_look *look;
};

static double mib(uint64_t bytes)
{
    return (double)bytes / (1024.0 * 1024.0);
}

static void answer(struct hearth_job_room_seek *seek, enum hearth_job_room_answer what,
                   const struct hearth_error *error)
{
    if (!seek->is_cancelled)
        seek->on_room(seek->argument, what, error);
    hearth_free(seek);
}

static void on_looked(void *argument, const struct hearth_machine *machine);

static void look(struct hearth_job_room_seek *seek)
{
    const struct hearth_job_work *work = &seek->jobs->work;
    seek->look = hearth_machine_look(work->loop, work->lane, "off", 1, on_looked, seek);
}

/* The models' memory is back, but one that was asked for meanwhile may have been promised it. */
static void on_evicted(void *argument, const struct hearth_error *error)
{
    struct hearth_job_room_seek *seek = argument;
    (void)error;
    seek->has_evicted = true;
    if (seek->is_cancelled)
        answer(seek, HEARTH_JOB_ROOM_WAIT, NULL);
    else
        look(seek);
}

static void describe(const struct hearth_job_room *room, enum hearth_job_room_answer what,
                     struct hearth_error *ret_error)
{
    hearth_error_set(ret_error, HEARTH_EMEMORY,
                     "the job needs %.0f MiB; %.0f MiB are free, of which %.0f MiB must stay free "
                     "(memory_headroom), models that nobody uses hold %.0f MiB, and other models "
                     "and jobs %.0f MiB%s",
                     mib(room->needs), mib(room->available), mib(room->headroom), mib(room->idle),
                     mib(room->busy),
                     what == HEARTH_JOB_ROOM_NEVER
                         ? "; a smaller batch_size or context, or checkpointing, needs less"
                         : "");
}

static void on_looked(void *argument, const struct hearth_machine *machine)
{
    struct hearth_job_room_seek *seek = argument;
    const struct hearth_settings *settings = seek->jobs->work.settings;
    struct hearth_scheduler *scheduler = seek->jobs->work.scheduler;
    const struct hearth_jobs_memory others = hearth_jobs_memory(seek->jobs);
    struct hearth_error error = {.code = 0};
    struct hearth_job_room room = {
        .needs = seek->needs,
        .available = machine->available.host,
        .headroom = settings->memory_headroom,
        .may_wait = strcmp(settings->training_memory, "wait") == 0,
    };
    uint64_t free_bytes = 0;
    seek->look = NULL;
    uint64_t promised = others.promised + hearth_scheduler_promised(scheduler);
    room.available -= room.available < promised ? room.available : promised;
    hearth_scheduler_room(scheduler, &room.idle, &room.busy);
    room.busy += others.held;
    enum hearth_job_room_answer what = hearth_job_room_ask(&room, &free_bytes);
    describe(&room, what, &error);
    if (what == HEARTH_JOB_ROOM_EVICT && seek->evicts) {
        if (!seek->has_evicted &&
            hearth_scheduler_evict_idle(scheduler, free_bytes, on_evicted, seek) == 0)
            return;
        what = room.may_wait ? HEARTH_JOB_ROOM_WAIT : HEARTH_JOB_ROOM_REFUSE;
    }
    answer(seek, what, what == HEARTH_JOB_ROOM_FITS ? NULL : &error);
}

struct hearth_job_room_seek *hearth_job_room_seek(struct hearth_jobs *jobs, uint64_t needs,
                                                  bool evicts, hearth_on_room *on_room,
                                                  void *argument)
{
    struct hearth_job_room_seek *seek = hearth_calloc(1, sizeof(*seek));
    seek->jobs = jobs;
    seek->needs = needs;
    seek->evicts = evicts;
    seek->on_room = on_room;
    seek->argument = argument;
    look(seek);
    return seek;
}

/* While models unload the scheduler keeps our pointer: then it comes back here. */
void hearth_job_room_cancel(struct hearth_job_room_seek *seek)
{
    if (!seek)
        return;
    if (seek->look) {
        hearth_machine_look_cancel(seek->look);
        hearth_free(seek);
        return;
    }
    seek->is_cancelled = true;
}
