#include "base/error.h"
#include "store/store_ops.h"

/* The messages of the verbs, in one place, so that all back-ends say the same. */
int hearth_store_no_model(struct hearth_error *error, const char *name, int64_t id)
{
    if (name)
        return hearth_error_set(error, HEARTH_ENOTFOUND, "there is no model '%.96s'", name);
    return hearth_error_set(error, HEARTH_ENOTFOUND, "there is no model with the id %lld",
                            (long long)id);
}

/* By number where a person named it, by id where a program did. */
int hearth_store_no_version(struct hearth_error *error, int64_t number)
{
    return hearth_error_set(error, HEARTH_ENOTFOUND, "the model has no version %lld",
                            (long long)number);
}

int hearth_store_no_version_id(struct hearth_error *error, int64_t id)
{
    return hearth_error_set(error, HEARTH_ENOTFOUND, "there is no version with the id %lld",
                            (long long)id);
}

int hearth_store_no_alias(struct hearth_error *error, const char *alias)
{
    return hearth_error_set(error, HEARTH_ENOTFOUND, "the model has no alias '%.96s'", alias);
}

/* `expected` is what the writer read, `actual` what the row has by now. */
int hearth_store_stale(struct hearth_error *error, const char *kind, int64_t expected,
                       int64_t actual)
{
    return hearth_error_set(error, HEARTH_ECONFLICT,
                            "the %s was changed by somebody else: it is at revision %lld, not %lld",
                            kind, (long long)actual, (long long)expected);
}

/* The arena's limit is the caller's: a page or a filter makes the answer smaller. */
int hearth_store_arena_full(struct hearth_error *error)
{
    return hearth_error_set(error, HEARTH_ETOOLARGE, "the answer is too large; ask for less");
}

/* Told with the name, since a list of definitions may create many models. */
int hearth_store_name_taken(struct hearth_error *error, const char *name)
{
    return hearth_error_set(error, HEARTH_ECONFLICT, "there is already a model '%s'", name);
}

/* Only where the caller chose the number; those that the store chooses are always new. */
int hearth_store_number_taken(struct hearth_error *error, int64_t number)
{
    return hearth_error_set(error, HEARTH_ECONFLICT, "the model already has a version %lld",
                            (long long)number);
}

/* Told at creation, when the base can still be corrected. */
int hearth_store_no_base(struct hearth_error *error, int64_t base_version_id)
{
    return hearth_error_set(error, HEARTH_ENOTFOUND,
                            "there is no version with the id %lld to be based on",
                            (long long)base_version_id);
}

/* An adapter is of no use without the version that it was made for. */
int hearth_store_is_base(struct hearth_error *error)
{
    return hearth_error_set(error, HEARTH_ECONFLICT,
                            "another version is based on this; delete that first");
}

/* One message for all three, because the statement that was refused cannot tell which it was. */
int hearth_store_alias_changed(struct hearth_error *error, const char *alias)
{
    return hearth_error_set(error, HEARTH_ECONFLICT,
                            "the alias %s was set, changed or deleted by somebody else "
                            "meanwhile",
                            alias);
}

/* Not whose: the owner is a host and a path, which is nobody's business who asks. */
int hearth_store_claimed(struct hearth_error *error, const char *work)
{
    return hearth_error_set(error, HEARTH_EINUSE, "another process is working on %.200s", work);
}

/* The lease has run out, and another has the work now: whatever was done must not be written. */
int hearth_store_lost_claim(struct hearth_error *error, const char *work)
{
    return hearth_error_set(error, HEARTH_ECONFLICT, "the claim on %.200s was lost", work);
}

int hearth_store_no_record(struct hearth_error *error, const char *kind, const char *id)
{
    return hearth_error_set(error, HEARTH_ENOTFOUND, "there is no %.64s '%.96s'", kind, id);
}

int hearth_store_record_taken(struct hearth_error *error, const char *kind, const char *id)
{
    return hearth_error_set(error, HEARTH_ECONFLICT, "there is a %.64s '%.96s' already", kind, id);
}

int hearth_store_record_full(struct hearth_error *error, const char *kind)
{
    return hearth_error_set(error, HEARTH_EQUEUEFULL,
                            "as many of this kind (%.64s) are kept as the settings allow; delete "
                            "some, or wait until they expire",
                            kind);
}
