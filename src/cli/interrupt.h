/* Remembers that Ctrl-C was pressed, so that long work can ask for it now and then and stop in an
 * orderly way. Any thread. */
#ifndef HEARTH_CLI_INTERRUPT_H
#define HEARTH_CLI_INTERRUPT_H

#include <stdbool.h>

/* From here on SIGINT and SIGTERM are remembered; a second one before the first was asked about
 * ends the process at once. */
void hearth_interrupt_watch(void);
bool hearth_interrupted(void);
void hearth_interrupt_forget(void);

#endif
