/* Remembers that Ctrl-C was pressed, so that long work can ask for it now and then and stop in an
 * orderly way. Any thread. */
#ifndef HEARTH_CLI_INTERRUPT_H
#define HEARTH_CLI_INTERRUPT_H

#include <stdbool.h>

/* From here on SIGINT and SIGTERM are remembered and not obeyed. A second signal before
 * hearth_interrupt_forget ends the process at once: its exit status is 128 plus the signal's
 * number. */
void hearth_interrupt_watch(void);
/* Whether a signal came since hearth_interrupt_forget. */
bool hearth_interrupted(void);
/* Waits for something to read from `descriptor`; false when a signal came, or had come. Main
 * thread. */
bool hearth_interrupt_wait(int descriptor);
/* What the signal was meant to stop has stopped: the next one is a first one again. */
void hearth_interrupt_forget(void);

#endif
