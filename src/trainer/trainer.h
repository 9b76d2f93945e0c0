/* The training process: told by one HELLO what to do, it tells what it does by events and ends with
 * JOB_DONE or FAILED. The loop's thread answers PING; the job has a thread of its own, and PAUSE,
 * RESUME and STOP reach it between batches. It ends with the gateway. */
#ifndef HEARTH_TRAINER_TRAINER_H
#define HEARTH_TRAINER_TRAINER_H

enum { TRAINER_CHANNEL = 3 }; /* the descriptor that it inherits */

/* The exit status: 0 when the job ended in whatever way, 65 when the gateway broke the protocol. */
int trainer_run(void);

#endif
