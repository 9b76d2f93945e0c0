/* Who may ask: the Host rule against DNS rebinding, the rule for other origins (CORS), the API key.
 * Pure but for the headers that it sets. Loop thread only. */
#ifndef HEARTH_GATEWAY_GUARD_H
#define HEARTH_GATEWAY_GUARD_H

#include "config/settings.h"
#include "gateway/router.h"
#include "hearth/error.h"
#include "net/exchange.h"

/* An IP literal, localhost, *.localhost or one of the names; each with or without a port. An empty
 * authority is none of a browser's and passes. */
bool hearth_guard_host_allowed(const char *authority, const char *const *allowed_hosts);
/* `origin` is the same as the authority that was asked, or one of the names ("*" is any). */
bool hearth_guard_origin_allowed(const char *origin, const char *authority, bool tls,
                                 const char *const *cors_origins);
/* HEARTH_EINVAL with what to do when the settings would listen beyond this machine without a key.
 */
int hearth_guard_listening(const struct hearth_settings *settings, struct hearth_error *error);

/* Host and origin: HEARTH_EFORBIDDEN, or 0 with the CORS headers set. `*ret_preflight`: the request
 * is a CORS preflight that may be answered. */
int hearth_guard_origin(const struct hearth_settings *settings, struct hearth_exchange *exchange,
                        bool *ret_preflight, struct hearth_error *error);
/* The key: HEARTH_EAUTH, or 0 and who asks: "local" without a key, "key" with it. */
int hearth_guard_key(const struct hearth_settings *settings, struct hearth_exchange *exchange,
                     const char **ret_principal, struct hearth_error *error);

#endif
