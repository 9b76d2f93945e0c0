/* Where the server may send what it was asked to tell (callbacks): this machine, and hosts that a
 * setting names. Whoever can send a request could otherwise have the server speak to machines that
 * only the server reaches. So the address is read strictly, and each address that its name stands
 * for is looked at as well. Pure; any thread. */
#ifndef HEARTH_DOMAIN_CALLBACK_TARGET_H
#define HEARTH_DOMAIN_CALLBACK_TARGET_H

#include "hearth/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_callback_target {
    char host[256]; /* without brackets */
    uint16_t port;
    bool is_loopback; /* the host is this machine by its name */
};

/* "http://host[:port][/…]" or https, without a user, of at most 2,048 plain characters. The host
 * must be this machine or one of `hosts` (ends with NULL). HEARTH_EINVAL says what is wrong, in
 * words that fit behind "callback_url ". */
int hearth_callback_target_parse(const char *url, const char *const *hosts,
                                 struct hearth_callback_target *ret_target,
                                 struct hearth_error *error);

/* Whether an address (4 bytes of IPv4 or 16 of IPv6, in network order) may be connected to for this
 * target: one of this machine only where the host is this machine by its name; a private,
 * link-local or otherwise special one (RFC 6890) only if `allows_private`. */
bool hearth_callback_address_allowed(const struct hearth_callback_target *target,
                                     const unsigned char *address, unsigned length,
                                     bool allows_private);

#endif
