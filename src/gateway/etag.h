/* Validators of answers that one request always gets from one version of a model: the entity tag is
 * a digest of the version, its settings and the request. Pure; any thread. */
#ifndef HEARTH_GATEWAY_ETAG_H
#define HEARTH_GATEWAY_ETAG_H

#include "base/digest.h"
#include "base/json.h"
#include "gateway/catalog.h"

#include <stdbool.h>

#define HEARTH_ETAG_MAX (HEARTH_SHA256_HEX + 2) /* with quotes and a NUL */

/* Of these members of the body (`keys` ends with NULL; an absent one counts as null). False when
 * there can be none: the model is a file that may change, or the request is too large to digest on
 * the loop. */
bool hearth_etag_make(const struct hearth_catalog_entry *entry, const json_t *body,
                      const char *const *keys, char ret_tag[HEARTH_ETAG_MAX]);
/* Is the tag, or a coded variant of it, among those of an If-None-Match header (RFC 9110, 13.1.2)?
 * The header may be NULL. */
bool hearth_etag_matches(const char *if_none_match, const char *tag);

#endif
