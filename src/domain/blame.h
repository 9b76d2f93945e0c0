/* Whose fault an error is. The same code may lie with who asks or with what was installed: a path
 * that is not there is the client's mistake in a request, and the model's fault in a load. Pure. */
#ifndef HEARTH_DOMAIN_BLAME_H
#define HEARTH_DOMAIN_BLAME_H

#include <stdbool.h>

/* Does the code, of a request, say that the request is to be changed? */
bool hearth_blames_request(int code);
/* Of these, does it lie with one input of several, which then can be named? */
bool hearth_blames_input(int code);
/* The code with which a load has failed: never one that blames who asks, whatever it would mean of
 * a request, but HEARTH_EMODEL instead. */
int hearth_blame_load(int code);
/* A worker has ended a request with this code, 0 when it went well: does that show that it lives?
 * Not when the model itself broke at it: then the worker ends next. */
bool hearth_end_proves_life(int code);
/* The code of a file's reading in a process of its own: that the process ended is the file's fault.
 */
int hearth_blame_probe(int code);

#endif
