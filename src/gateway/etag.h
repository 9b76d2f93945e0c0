/* Entity tags for answers that are always the same: one request to one version of a model always
 * gets the same vectors, so the tag is a digest of the request and of what computes it. A client
 * that has the answer already is told so (304) without computing anything. Pure; any thread. */
#ifndef HEARTH_GATEWAY_ETAG_H
#define HEARTH_GATEWAY_ETAG_H

#include "base/digest.h"
#include "base/json.h"
#include "domain/vector_cache.h"

#include <stdbool.h>

#define HEARTH_ETAG_MAX (HEARTH_SHA256_HEX + 2) /* with quotes and a NUL */

/* Of these members of the body (`keys` ends with NULL; an absent one counts as null). False when
 * the request is too large to digest on the loop. */
bool hearth_etag_digest(const json_t *body, const char *const *keys,
                        char ret_digest[HEARTH_SHA256_HEX]);
/* `maker`: version, settings and files of the model as loaded (hearth_scheduler_maker). */
void hearth_etag_make(const char *digest, const struct hearth_vector_digest *maker,
                      char ret_tag[HEARTH_ETAG_MAX]);
/* Is the tag, or a coded variant of it, among those of an If-None-Match header (RFC 9110, 13.1.2)?
 * The header may be NULL. "*" matches nothing: that there is an answer is not known before it is
 * computed. */
bool hearth_etag_matches(const char *if_none_match, const char *tag);

#endif
