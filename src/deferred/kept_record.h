/* What the record of an asynchronous request says, as JSON: the request's head, how often it was
 * begun, and the answer's head. Pure. Texts lie in the arena. */
#ifndef HEARTH_DEFERRED_KEPT_RECORD_H
#define HEARTH_DEFERRED_KEPT_RECORD_H

#include "base/arena.h"
#include "base/json.h"
#include "deferred/kept_requests.h"
#include "net/answer_record.h"

/* A principal of the store as a text that lives as long as the process. */
const char *hearth_kept_record_principal(const char *principal);

/* Facts of a new one, without what only its connection meant (credentials among it). */
const char *hearth_kept_record_facts(const struct hearth_kept_order *order,
                                     struct hearth_arena *arena);
const char *hearth_kept_record_facts_text(const json_t *facts, struct hearth_arena *arena);
/* The headers that it is run with: those kept, and its id as X-Request-Id. */
const struct hearth_header *hearth_kept_record_headers(const json_t *facts, const char *id,
                                                       struct hearth_arena *arena,
                                                       size_t *ret_count);

/* The facts of one that is begun once more; that has ended; that the server gives up. */
const char *hearth_kept_record_begun(const char *facts, int64_t now_ms, struct hearth_arena *arena);
const char *hearth_kept_record_ended(const char *facts, int64_t now_ms, struct hearth_arena *arena);
const char *hearth_kept_record_given_up(const char *facts, int64_t now_ms,
                                        struct hearth_arena *arena);
uint32_t hearth_kept_record_attempts(const char *facts);
/* Where its end is told, or NULL. */
const char *hearth_kept_record_callback(const struct hearth_record *record,
                                        struct hearth_arena *arena);

/* Writes the head of the answer, or why there is none, into the facts. */
void hearth_kept_record_set_answer(json_t *facts, const struct hearth_answer_record *answer);
void hearth_kept_record_set_error(json_t *facts, int code, const char *message);

/* What a client sees; the caller adds place and progress. */
json_t *hearth_kept_record_json(const struct hearth_record *record);

#endif
