/* What the three files of the frame codec share. No other file includes it. */
#ifndef HEARTH_WIRE_IPC_PRIVATE_H
#define HEARTH_WIRE_IPC_PRIVATE_H

#include "wire/ipc.h"

/* Ends a frame that we know to be small: no descriptor. */
int ipc_end_small(struct hearth_ipc_writer *writer);

#endif
