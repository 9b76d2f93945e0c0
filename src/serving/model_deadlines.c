#include "serving/model_deadlines.h"

#include "base/error.h"
#include "loop/loop.h"
#include "serving/model_dispatch.h"
#include "serving/model_identity.h"

/* The text is made first: once the request is withdrawn, nothing tells any more where it was. Its
 * followers have deadlines of their own, and the oldest takes its place. */
static void time_out(struct hearth_inference *inference, struct hearth_model_dispatch *dispatch)
{
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_ETIMEOUT, "the request's time ended while %s",
                     inference->flight.stream            ? "it was computed"
                     : hearth_dispatch_is_open(dispatch) ? "it waited in the queue"
                                                         : "the model was being loaded");
    hearth_dispatch_withdraw(dispatch, inference);
    hearth_requests_fail(inference, &error, hearth_dispatch_retry_after_ms(dispatch));
}

static bool is_over(const struct hearth_inference *inference, uint64_t now_ms)
{
    uint64_t deadline_ms = inference->asked.deadline_ms;
    return deadline_ms && deadline_ms <= now_ms;
}

/* A walk over all of them: deadlines, vectors and failures are mostly due together (the texts of
 * one list have one deadline), and a model's requests are bounded by its queue. A heap would have
 * to be kept for each request that never comes near its deadline. */
void hearth_deadlines_tell(struct hearth_model_requests *requests,
                           struct hearth_model_dispatch *dispatch)
{
    uint64_t now_ms = hearth_loop_now_ms(hearth_requests_identity(requests)->loop), next_ms = 0;
    struct hearth_walk walk;
    hearth_requests_walk(requests, &walk);
    for (struct hearth_inference *one; (one = hearth_walk_next(&walk));) {
        uint64_t deadline_ms = one->asked.deadline_ms;
        /* An answer that is there is told, even at the last moment. */
        if (one->share.ready)
            hearth_requests_deliver(one);
        else if (one->waits.failure.code)
            hearth_requests_fail(one, &one->waits.failure, one->waits.retry_after_ms);
        else if (is_over(one, now_ms))
            time_out(one, dispatch);
        else if (deadline_ms && (!next_ms || deadline_ms < next_ms))
            next_ms = deadline_ms;
    }
    hearth_requests_due(requests, next_ms);
    hearth_dispatch_next(dispatch);
    hearth_requests_look_idle(requests);
}
