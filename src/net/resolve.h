/* What a host's name means: all of its addresses, one after another. Blocks on the resolver; never
 * call it on a loop thread. Any thread. */
#ifndef HEARTH_NET_RESOLVE_H
#define HEARTH_NET_RESOLVE_H

#include <stdbool.h>

struct sockaddr;

/* Whether `takes` is true of every address (4 bytes of IPv4 or 16 of IPv6, in network order). A
 * name without an address has none that is wrong. */
bool hearth_resolve_all(const char *host,
                        bool (*takes)(void *argument, const unsigned char *address,
                                      unsigned length),
                        void *argument);
/* The same of one address; false for one of another family. */
bool hearth_resolve_bytes(const struct sockaddr *address,
                          bool (*takes)(void *argument, const unsigned char *address,
                                        unsigned length),
                          void *argument);

#endif
