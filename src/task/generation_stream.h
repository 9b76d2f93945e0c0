/* The stream of a generation: when its head goes out, its comments, its end. Private to task/. */
#ifndef HEARTH_TASK_GENERATION_STREAM_H
#define HEARTH_TASK_GENERATION_STREAM_H

#include "task/generation.h"

/* Opens before the first input is submitted, closes when the generation is freed. */
void hearth_text_stream_open(struct hearth_generation *generation, struct hearth_call *call);
void hearth_text_stream_close(struct hearth_generation *generation);

void hearth_text_stream_loading(struct hearth_generation *generation, float fraction);
/* A worker has prepared the choice's prompt: the status is 200 from here. */
void hearth_text_stream_prepared(struct hearth_choice *choice);
void hearth_text_stream_delta(struct hearth_choice *choice, const struct hearth_event *event);
void hearth_text_stream_progress(struct hearth_choice *choice, const struct hearth_event *event);
void hearth_text_stream_finish(struct hearth_choice *choice);
/* All choices have finished: the call is answered. */
void hearth_text_stream_end(struct hearth_generation *generation);
/* Of a stream that has begun: the error as an event, and the last words. */
void hearth_text_stream_tell_error(struct hearth_generation *generation,
                                   const struct hearth_error *error,
                                   const struct hearth_error_detail *detail);
/* The same, and the call is answered. */
void hearth_text_stream_fail(struct hearth_generation *generation, const struct hearth_error *error,
                             const struct hearth_error_detail *detail);

#endif
