/* Checks the rows that callers hand to the store (models, versions, aliases …) before a back-end
 * sees them, and replaces texts that were left NULL by their defaults. Pure. Private to src/store.
 */
#ifndef HEARTH_STORE_ROW_CHECK_H
#define HEARTH_STORE_ROW_CHECK_H

#include "store/record.h"
#include "store/store.h"

/* `model` is changed: its NULL texts get their defaults. HEARTH_EINVAL names the member. */
int hearth_model_check(struct hearth_model *model, struct hearth_error *error);
/* The same for a version and its files: paths that stay inside, digests of the right form, no path
 * twice. */
int hearth_version_check(struct hearth_version *version, struct hearth_error *error);
/* HEARTH_EINVAL also for "latest", which no row may be called. */
int hearth_alias_check(const char *alias, struct hearth_error *error);
/* Whether a filter can be understood; only then do back-ends see it. */
int hearth_filter_check(const struct hearth_model_filter *filter, struct hearth_error *error);
/* A claim's texts and its length. HEARTH_EINVAL when one is empty, too long or not UTF-8, or when
 * the lease does not last. */
int hearth_claim_check(const char *work, const char *owner, int64_t lease_ms,
                       struct hearth_error *error);
/* A record: its texts, the length of its body. NULL texts get their defaults. */
int hearth_record_check(struct hearth_record *record, struct hearth_error *error);
/* 64 hexadecimal digits, in lower case as hearth_sha256_valid has it. */
int hearth_sha256_check(const char *sha256, struct hearth_error *error);

#endif
