/* Decides who may ask: checks the Host header (against DNS rebinding), the origin of web pages (the
 * rules are in domain/origin.h), and the API key; and sets the headers of CORS. Loop thread
 * only. */
#ifndef HEARTH_GATEWAY_GUARD_H
#define HEARTH_GATEWAY_GUARD_H

#include "config/settings.h"
#include "gateway/router.h"
#include "hearth/error.h"
#include "net/exchange.h"

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
