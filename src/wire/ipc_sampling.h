/* How a request is sampled, as fields of its REQUEST frame. Private to src/wire: ipc_request.h has
 * the frame. Not thread-safe. */
#ifndef HEARTH_WIRE_IPC_SAMPLING_H
#define HEARTH_WIRE_IPC_SAMPLING_H

#include "wire/ipc_request.h"

void hearth_ipc_put_sampling(struct hearth_ipc_writer *writer,
                             const struct hearth_sampling *sampling);
/* Takes one field; a tag that is none of these is skipped. Texts and biases stay in the request's
 * copy of the payload. HEARTH_EPARSE. */
int hearth_ipc_get_sampling(const struct hearth_ipc_field *field,
                            struct hearth_ipc_request *request);

#endif
