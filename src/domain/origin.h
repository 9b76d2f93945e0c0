/* Which pages may call a server that listens on a person's machine: the rules for the Host header
 * and for the Origin header. Pure; any thread.
 *
 * A browser lets every page on the internet send requests to this machine. Two headers say where a
 * request comes from, and no page can forge them. Host is the name that the page's address had: a
 * foreign name that was made to point here (DNS rebinding) is refused by it. Origin is the page's
 * own scheme, host and port. */
#ifndef HEARTH_DOMAIN_ORIGIN_H
#define HEARTH_DOMAIN_ORIGIN_H

#include <stdbool.h>

/* An IP literal, localhost, *.localhost or one of the names (a list that ends with NULL, or NULL);
 * each with or without a port. No browser sends an empty authority, so it passes. */
bool hearth_host_allowed(const char *authority, const char *const *allowed_hosts);

/* Whether the list names this origin: by itself, with `*` (any), or with `local`: pages that were
 * served by this machine (a loopback address or localhost, any port) and the web views of installed
 * apps (Obsidian, Tauri, VS Code, Capacitor, Electron). The schemes of the latter cannot be had by
 * a page from the network. "null" is never local: any site gets that origin for a sandboxed frame.
 */
bool hearth_origin_listed(const char *origin, const char *const *cors_origins);

/* Whether the page came from the server itself, as it was asked for. */
bool hearth_origin_is_own(const char *origin, const char *authority, bool tls);

#endif
