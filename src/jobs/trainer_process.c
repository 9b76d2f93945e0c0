#include "jobs/trainer_process.h"

#include "backend/probe.h"
#include "backend/supervisor.h"
#include "base/error.h"
#include "base/memory.h"
#include "config/settings.h"
#include "loop/loop.h"
#include "wire/ipc_event.h"
#include "wire/ipc_job.h"
#include "wire/ipc_request.h"

#include <string.h>

enum { HANDSHAKE_MS = 30000, END_MS = 10000 };

struct hearth_trainer {
    struct hearth_child *child;
    const struct hearth_trainer_events *events;
    void *argument;
    json_t *result;
    struct hearth_error failure; /* that it named; code 0: none */
};

static int take_event(struct hearth_trainer *trainer, const struct hearth_ipc_frame *frame,
                      struct hearth_error *error)
{
    json_t *event = hearth_ipc_get_json(frame, error);
    if (!event)
        return HEARTH_EPARSE;
    bool has_type = json_is_string(json_object_get(event, "type"));
    if (has_type)
        trainer->events->on_event(trainer->argument, event);
    json_decref(event);
    return has_type ? 0 : hearth_error_set(error, HEARTH_EPARSE, "an event of it has no type");
}

/* A second end would say that the first was none. Its process has nothing more to do, and may end.
 */
static int take_end(struct hearth_trainer *trainer, const struct hearth_ipc_frame *frame,
                    struct hearth_error *error)
{
    if (trainer->result || trainer->failure.code)
        return HEARTH_EPARSE;
    hearth_child_stop(trainer->child, END_MS);
    if (frame->type == HEARTH_IPC_FAILED)
        return hearth_ipc_get_failure(frame, &trainer->failure);
    trainer->result = hearth_ipc_get_json(frame, error);
    return trainer->result ? 0 : HEARTH_EPARSE;
}

static int on_frame(void *argument, const struct hearth_ipc_frame *frame,
                    struct hearth_error *error)
{
    struct hearth_trainer *trainer = argument;
    switch (frame->type) {
    case HEARTH_IPC_PONG:
        return 0;
    case HEARTH_IPC_JOB_EVENT:
        return trainer->result || trainer->failure.code ? HEARTH_EPARSE
                                                        : take_event(trainer, frame, error);
    case HEARTH_IPC_JOB_DONE:
    case HEARTH_IPC_FAILED:
        return take_end(trainer, frame, error);
    default:
        return HEARTH_EPARSE;
    }
}

/* What the trainer said counts more than how its process went. */
static void on_end(void *argument, const struct hearth_child_end *child_end)
{
    struct hearth_trainer *trainer = argument;
    struct hearth_trainer_end end = {.result = trainer->result};
    if (!end.result && trainer->failure.code) {
        end.told = trainer->failure.code != HEARTH_ECANCELED;
        end.error = trainer->failure;
    } else if (!end.result && child_end->error.code) {
        end.error = child_end->error;
    } else if (!end.result) {
        hearth_error_set(&end.error, child_end->asked ? HEARTH_ECANCELED : HEARTH_ECRASHED, "%s",
                         child_end->asked ? "the job was interrupted"
                                          : "the trainer ended without a result");
    }
    trainer->events->on_end(trainer->argument, &end);
}

static int send_order(struct hearth_trainer *trainer, const struct hearth_trainer_options *options,
                      struct hearth_error *error)
{
    struct hearth_buf frame, order;
    hearth_buf_init(&frame, HEARTH_IPC_INLINE_MAX + 4096);
    hearth_buf_init(&order, HEARTH_IPC_INLINE_MAX);
    int rc = hearth_json_dump(&order, options->order);
    const struct hearth_ipc_job job = {
        .version = HEARTH_IPC_VERSION,
        .sandbox = hearth_sandbox_mode_parse(options->settings->sandbox),
        .order = order.bytes,
        .order_length = order.length,
    };
    if (!rc)
        rc = hearth_ipc_put_job(&frame, &job);
    if (rc)
        hearth_error_set(error, rc, "the job's order is too large");
    else
        hearth_child_send(trainer->child, frame.bytes, frame.length, -1);
    hearth_buf_finish(&order);
    hearth_buf_finish(&frame);
    return rc;
}

static void send_bare(struct hearth_trainer *trainer, uint8_t type)
{
    struct hearth_buf frame;
    hearth_buf_init(&frame, 4096);
    if (hearth_ipc_put_bare(&frame, type) == 0)
        hearth_child_send(trainer->child, frame.bytes, frame.length, -1);
    hearth_buf_finish(&frame);
}

int hearth_trainer_start(const struct hearth_trainer_options *options,
                         struct hearth_trainer **ret_trainer, struct hearth_error *error)
{
    static const struct hearth_child_events events = {.on_frame = on_frame, .on_end = on_end};
    struct hearth_trainer *trainer = hearth_calloc(1, sizeof(*trainer));
    trainer->events = options->events;
    trainer->argument = options->argument;
    const struct hearth_child_options child = {
        .kind = HEARTH_PROCESS_TRAINER,
        .path = options->program,
        .subject = options->subject,
        .handshake_timeout_ms = HANDSHAKE_MS,
        .heartbeat_timeout_ms = options->settings->heartbeat_timeout,
        .events = &events,
        .argument = trainer,
    };
    int rc = hearth_child_start(options->loop, &child, &trainer->child, error);
    if (rc == HEARTH_ENOTFOUND) /* the program is, and nothing that a client named */
        rc = error->code = HEARTH_EINTERNAL;
    if (!rc)
        rc = send_order(trainer, options, error);
    if (rc) {
        hearth_trainer_destroy(trainer);
        return rc;
    }
    /* Its first event may be minutes away, while it reads; that it lives it can say at once. */
    send_bare(trainer, HEARTH_IPC_PING);
    *ret_trainer = trainer;
    return 0;
}

void hearth_trainer_stop(struct hearth_trainer *trainer, uint64_t deadline_ms)
{
    hearth_child_stop(trainer->child, deadline_ms);
}

void hearth_trainer_kill(struct hearth_trainer *trainer, const struct hearth_error *error)
{
    hearth_child_kill(trainer->child, error);
}

void hearth_trainer_rest(struct hearth_trainer *trainer, bool rests)
{
    send_bare(trainer, rests ? HEARTH_IPC_PAUSE : HEARTH_IPC_RESUME);
}

pid_t hearth_trainer_pid(const struct hearth_trainer *trainer)
{
    return hearth_child_pid(trainer->child);
}

void hearth_trainer_destroy(struct hearth_trainer *trainer)
{
    if (!trainer)
        return;
    hearth_child_destroy(trainer->child);
    json_decref(trainer->result);
    hearth_free(trainer);
}
