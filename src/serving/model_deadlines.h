/* What the timer of a model's requests does: tells failures and vectors that could not be told from
 * inside a verb, and ends requests whose time is over. Loop thread only. */
#ifndef HEARTH_SERVING_MODEL_DEADLINES_H
#define HEARTH_SERVING_MODEL_DEADLINES_H

struct hearth_model_dispatch;
struct hearth_model_requests;

/* All that is due; then sends what the workers may have now, and has the timer come again. */
void hearth_deadlines_tell(struct hearth_model_requests *requests,
                           struct hearth_model_dispatch *dispatch);

#endif
