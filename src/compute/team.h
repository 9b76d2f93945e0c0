/* Threads that run one function together, with barriers: a forward pass is one such function.
 *
 * Between runs the helpers sleep; within a run they wait by spinning for a while and then sleep
 * too, because a pass has some thirty barriers and waking a thread costs more than most of the work
 * between two of them. The thread that calls `run` is member 0. One run at a time.
 *
 * When there are cores enough, each member keeps to its own share of those that the creator may
 * use; the thread that runs too, from its first run until it destroys the team. */
#ifndef HEARTH_COMPUTE_TEAM_H
#define HEARTH_COMPUTE_TEAM_H

#include <stddef.h>

struct hearth_team;
struct hearth_member;

/* `threads` in all, at least 1. NULL when a thread cannot be started. */
struct hearth_team *hearth_team_create(unsigned threads);
void hearth_team_destroy(struct hearth_team *team); /* NULL is allowed */
unsigned hearth_team_size(const struct hearth_team *team);

/* Every member calls `work`; returns when all have. */
void hearth_team_run(struct hearth_team *team,
                     void (*work)(struct hearth_member *member, void *argument), void *argument);

/* These are called inside `work`, and a barrier by every member as often as by all others. */
unsigned hearth_member_index(const struct hearth_member *member);
unsigned hearth_member_count(const struct hearth_member *member); /* of its team */
/* Waits until every member has come here; what one has written before, all see afterwards. */
void hearth_member_barrier(struct hearth_member *member);
/* Hands out the pieces of work of the present phase, 0, 1, 2 …, each of them to one member only. A
 * barrier begins a new phase, which counts from 0 again. */
size_t hearth_member_take(struct hearth_member *member);
/* The calling member as the only one of a team of its own: what is written for a team then runs on
 * this thread alone and waits for nobody. May be called at any time; each call begins a new phase.
 */
struct hearth_member *hearth_member_alone(struct hearth_member *member);

#endif
