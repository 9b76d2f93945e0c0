/* What is kept of a choice while it is generated: its text, what the model thought, and the tools
 * that it calls. Private to task/. */
#ifndef HEARTH_TASK_GENERATION_COLLECT_H
#define HEARTH_TASK_GENERATION_COLLECT_H

#include "task/generation.h"

void hearth_choice_init(struct hearth_choice *choice, struct hearth_generation *generation,
                        uint32_t index, const void *kept);
void hearth_choice_finish(struct hearth_choice *choice);

/* Before all else: of a call that is not whole, which is told as text. In a stream that has begun
 * to tell it nothing can be taken back; false: there is nothing to tell. */
bool hearth_choice_take_unread(struct hearth_choice *choice, struct hearth_event *event);
/* Before the event is written: a call that begins gets its place, its id and its name. */
void hearth_choice_note_call(struct hearth_choice *choice, const struct hearth_event *event);
/* After it is written; does nothing where an answer streams that need not be repeated. */
void hearth_choice_collect(struct hearth_choice *choice, const struct hearth_event *event);

/* 0, or why something that was collected is not whole. */
int hearth_choice_failure(const struct hearth_choice *choice);

/* Appends the prefix and 24 random hex digits. Ids are told apart by clients that log them, so they
 * are random, not counted: a server that starts anew does not begin them again. */
void hearth_generation_make_id(char *id, size_t size, const char *prefix);

#endif
